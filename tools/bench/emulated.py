"""A first publication to the local emulator through the real client, compared with the emulator's maximum.

The ceiling is measured with the same requests, prepared beforehand and sent by a bare HTTP client over several numbers
of connections. Both are measured in turn in the same run, each on its own table, and the best of each counts. The share
of the time that the emulator's one thread is busy does not depend on the load of the machine.
`python -m tools.bench.emulated` measures this alone.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.awsrequest import AWSPreparedRequest
from quiforme.aws.documents import BULK, DynamoRegistry

from tools.bench import project
from tools.local_stack.emulator import LOCAL, REGION, start, stop
from tools.local_stack.template import of_type

ITEMS = 50_000
_ROUNDS = 2
_CONNECTIONS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Published:
    """Items per second: the project's rate, and the emulator's maximum by number of connections."""

    project: float
    ceiling: dict[int, float]
    busy: float
    """The emulator's processor time divided by the time that the project's writing took."""

    @property
    def ratio(self) -> float:
        """The project's share of the ceiling."""
        return self.project / max(self.ceiling.values())


def measure() -> Published:
    """Start an emulator, measure both in turn, stop it."""
    home = LOCAL / "bench-emulator"
    endpoint = start(home)
    try:
        prepared = _prepared(endpoint)
        ceiling: dict[int, float] = {}
        ours = busy = 0.0
        for _ in range(_ROUNDS):
            for connections in _CONNECTIONS:
                with _table(endpoint, "ceiling"):
                    seconds = _seconds(lambda: _send(endpoint, prepared, connections))  # noqa: B023  # called at once
                ceiling[connections] = max(ceiling.get(connections, 0.0), ITEMS / seconds)
            with _table(endpoint, "project"):
                registry = _registry(endpoint, "project")
                before = _processor_seconds(home)
                seconds = _seconds(lambda: registry.write(1, project._items(ITEMS)))  # noqa: B023  # called at once
                share = (_processor_seconds(home) - before) / seconds
            ours, busy = max((ours, busy), (ITEMS / seconds, share))
        return Published(ours, ceiling, busy)
    finally:
        stop(home)


def report(published: Published) -> list[str]:
    """The measure as text."""
    ceiling = ", ".join(f"{number}: {rate:,.0f}" for number, rate in published.ceiling.items())
    return [
        "\n## A first publication to the local emulator (target: 0.8 of the emulator's maximum)\n",
        f"{ITEMS:,} documents of 1.6 KB at **{published.project:,.0f} documents/s**, "
        f"**{published.ratio:.2f}** of the ceiling; the emulator was busy **{published.busy:.2f}** of the time. "
        f"The ceiling, in requests prepared beforehand, by number of connections: {ceiling}.",
    ]


def _client(endpoint: str) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=BULK,
    )


def _registry(endpoint: str, table: str) -> DynamoRegistry:
    s3: Any = None  # no document here is too big for an item
    return DynamoRegistry(_client(endpoint), s3, documents_table=table, days_table="", state_table="", bucket="")


@contextmanager
def _table(endpoint: str, name: str) -> Iterator[None]:
    """An empty table with the template's keys."""
    properties = of_type("AWS::DynamoDB::Table")["Documents"]
    wanted = {key: properties[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
    client = _client(endpoint)
    client.create_table(TableName=name, **wanted)
    try:
        yield
    finally:
        client.delete_table(TableName=name)


def _prepared(endpoint: str) -> list[tuple[bytes, dict[str, str]]]:
    """The requests of the real client, intercepted before they are sent: body and headers."""
    caught: list[tuple[bytes, dict[str, str]]] = []

    def catch(request: AWSPreparedRequest, **_: object) -> Any:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        caught.append((bytes(request.body), headers))  # type: ignore[arg-type]  # a batch is never a stream
        return project.answer(request)

    registry = _registry(endpoint, "ceiling")
    registry._dynamodb.meta.events.register("before-send.dynamodb.BatchWriteItem", catch)
    registry.write(1, project._items(ITEMS))
    return caught


def _send(endpoint: str, prepared: Iterable[tuple[bytes, dict[str, str]]], connections: int) -> None:
    """Send all requests and read every answer."""
    pool = urllib3.connection_from_url(endpoint, maxsize=connections)

    def one(request: tuple[bytes, dict[str, str]]) -> None:
        body, headers = request
        answer = pool.request("POST", "/", body=body, headers=headers)
        if answer.status != 200 or b'"UnprocessedItems": {}' not in answer.data.replace(b'":{', b'": {'):
            raise RuntimeError(f"the emulator answers {answer.status}: {answer.data[:200]!r}")

    with pool, ThreadPoolExecutor(connections) as threads:
        for _ in threads.map(one, prepared):
            pass


def _processor_seconds(home: Path) -> float:
    """The processor time of the emulator's process."""
    pid = (home / "emulator.pid").read_text()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    print("\n".join(report(measure())))

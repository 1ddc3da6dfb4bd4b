"""Batches: a few in flight; of those for DynamoDB, what is left unwritten tried again until a deadline."""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchWriteItemOutputTypeDef

T = TypeVar("T")

_BATCH = 25
_WRITERS = 4
_AHEAD = 4
"""Things drawn for each one that is being done: what waits takes memory."""
_DEADLINE_S = 120.0
"""How long one batch is tried again before the run fails."""


class StoreBusy(Exception):
    """DynamoDB did not take a batch before the deadline."""


def write_batches(
    client: "DynamoDBClient",
    table: str,
    requests: Iterable[dict[str, Any]],
    answered: Callable[["BatchWriteItemOutputTypeDef"], None] = lambda _: None,
) -> None:
    """Carry out put and delete requests of distinct keys, in no order.

    Args:
        client: DynamoDB.
        table: The table's name.
        requests: As BatchWriteItem takes them.
        answered: Is given each answer, several at a time.

    Raises:
        StoreBusy: A batch was not taken before its deadline.

    """

    def write(batch: list[dict[str, Any]]) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        pause = 0.05
        while batch:
            answer = client.batch_write_item(
                RequestItems={table: batch},  # type: ignore[dict-item]  # plain dicts, as documented
                ReturnConsumedCapacity="TOTAL",
            )
            answered(answer)
            batch = list(answer["UnprocessedItems"].get(table, []))  # type: ignore[arg-type]
            if batch:
                if time.monotonic() > deadline:
                    raise StoreBusy(f"{len(batch)} items still unwritten after {_DEADLINE_S:.0f} s")
                time.sleep(random.uniform(0, pause))  # noqa: S311  # jitter, not a secret
                pause = min(pause * 2, 5.0)

    for_each(write, _chunks(requests, _BATCH), at_once=_WRITERS)


def for_each(do: Callable[[T], object], things: Iterable[T], *, at_once: int) -> None:
    """Do something with each thing, a few at once; draw them a little ahead, so that nobody waits between two of them.

    What `do` raises goes through, and nothing more is begun.
    """
    ahead: deque[Future[object]] = deque()
    pool = ThreadPoolExecutor(at_once)
    try:
        for thing in things:
            ahead.append(pool.submit(do, thing))
            if len(ahead) == _AHEAD * at_once:
                ahead.popleft().result()
        for begun in ahead:
            begun.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(things: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(things)
    while chunk := list(islice(iterator, size)):
        yield chunk

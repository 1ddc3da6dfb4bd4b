"""Batches sent in parallel; unprocessed items of DynamoDB batches are retried until a deadline."""

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
"""Batches prepared for each one in flight; bounded, because they take memory."""
_DEADLINE_S = 120.0
"""How long one batch is retried before the run fails."""


class StoreBusy(Exception):
    """DynamoDB did not accept a batch before the deadline."""


def write_batches(
    client: "DynamoDBClient",
    table: str,
    requests: Iterable[dict[str, Any]],
    answered: Callable[["BatchWriteItemOutputTypeDef"], None] = lambda _: None,
) -> None:
    """Carry out put and delete requests with distinct keys, in any order.

    Args:
        client: DynamoDB.
        table: The table's name.
        requests: In the form of BatchWriteItem.
        answered: Called with each answer, from several threads.

    Raises:
        StoreBusy: A batch was not accepted before its deadline.

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
    """Call `do` with each thing, several at once; the next ones are prepared ahead, so that no thread waits for them.

    The first exception of `do` is raised, and no further call starts.
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

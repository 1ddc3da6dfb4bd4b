"""A lease in DynamoDB: one run at a time, and one that died is not waited for longer than it could have lived."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_S = 0.5


class Busy(Exception):
    """Another run is at work."""


@contextmanager
def lease(
    client: "DynamoDBClient",
    table: str,
    name: str,
    *,
    owner: str,
    remaining_ms: Callable[[], int],
    wait: bool,
) -> Iterator[None]:
    """Hold the lease `name` while the block runs.

    It lasts for as long as this invocation may last. The owner is the request's id, which Lambda keeps when
    it tries a request again: a retry takes its own lease over at once.

    Args:
        client: DynamoDB.
        table: The state's table.
        name: What is leased.
        owner: The request's id.
        remaining_ms: How long this invocation may still run, in milliseconds.
        wait: Whether to wait for another holder, or to fail at once.

    Raises:
        Busy: Another holder is at work, and it is not waited for, or not any longer.

    """
    while not _take(client, table, name, owner, lasting_s=remaining_ms() / 1000):
        # What is left must be worth starting with.
        if not wait or remaining_ms() < 10_000:
            raise Busy(f"another run holds the lease {name!r}")
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        client.delete_item(
            TableName=table,
            Key={"id": {"S": f"lease/{name}"}},
            ConditionExpression="attribute_not_exists(id) OR #owner = :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":me": {"S": owner}},
        )


def _take(client: "DynamoDBClient", table: str, name: str, owner: str, *, lasting_s: float) -> bool:
    now = time.time()
    try:
        client.put_item(
            TableName=table,
            Item={
                "id": {"S": f"lease/{name}"},
                "owner": {"S": owner},
                "until": {"N": f"{now + lasting_s:.3f}"},
            },
            ConditionExpression="attribute_not_exists(id) OR #until < :now OR #owner = :me",
            ExpressionAttributeNames={"#until": "until", "#owner": "owner"},
            ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":me": {"S": owner}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True

"""A lease in DynamoDB: one run at a time, and one that died is not waited for longer than it could have lived."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_S = 0.5


class Busy(Exception):
    """Another run is at work; `purpose` is what it is for."""

    def __init__(self, name: str, purpose: str) -> None:
        """Take what is leased, and what its holder does."""
        super().__init__(f"another run holds the lease {name!r}, for {purpose}")
        self.purpose = purpose


@contextmanager
def lease(
    client: "DynamoDBClient",
    table: str,
    name: str,
    *,
    owner: str,
    purpose: str,
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
        purpose: What it is held for, told to those who are kept out.
        remaining_ms: How long this invocation may still run, in milliseconds.
        wait: Whether to wait for another holder, or to fail at once.

    Raises:
        Busy: Another holder is at work, and it is not waited for, or not any longer.

    """
    while held_for := _take(client, table, name, owner, purpose, lasting_s=remaining_ms() / 1000):
        # What is left must be worth starting with.
        if not wait or remaining_ms() < 10_000:
            raise Busy(name, held_for)
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


def _take(client: "DynamoDBClient", table: str, name: str, owner: str, purpose: str, *, lasting_s: float) -> str | None:
    """Take the lease; None, or what its present holder holds it for."""
    now = time.time()
    try:
        client.put_item(
            TableName=table,
            Item={
                "id": {"S": f"lease/{name}"},
                "owner": {"S": owner},
                "purpose": {"S": purpose},
                "until": {"N": f"{now + lasting_s:.3f}"},
            },
            ConditionExpression="attribute_not_exists(id) OR #until < :now OR #owner = :me",
            ExpressionAttributeNames={"#until": "until", "#owner": "owner"},
            ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":me": {"S": owner}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except client.exceptions.ConditionalCheckFailedException as error:
        holder: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]  # the stubs lack it
        return str(holder.get("purpose", {}).get("S", "another run"))
    return None

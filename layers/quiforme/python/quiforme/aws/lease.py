"""A lease in DynamoDB. It expires when its holder's invocation must have ended, so a dead run blocks no other for longer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from quiforme.jobs.lease import Busy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_S = 0.5
_WORTH_STARTING_MS = 10_000
"""With less time left than this, waiting for another holder is pointless."""


class DynamoLease:
    """One lease, for one invocation.

    Lambda keeps the request's id when it retries a request, so the retry of a run that died takes the run's own lease
    over at once.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        name: str,
        *,
        owner: str,
        remaining_ms: Callable[[], int],
        wait: bool,
    ) -> None:
        """Describe the lease.

        Args:
            client: DynamoDB.
            table: The name of the table of pointers and leases.
            name: What is leased.
            owner: The request's id.
            remaining_ms: How long this invocation may still run, in milliseconds.
            wait: Whether to wait for another holder, or to fail at once.

        """
        self._client = client
        self._table = table
        self._name = name
        self._owner = owner
        self._remaining_ms = remaining_ms
        self._wait = wait

    @contextmanager
    def hold(self, purpose: str) -> Iterator[None]:
        """Hold the lease while the block runs.

        Args:
            purpose: What it is held for, shown to the runs that are refused.

        Raises:
            Busy: Another run holds it, and this one does not wait, or has no time left to wait.

        """
        while other := self._take(purpose):
            if not self._wait or self._remaining_ms() < _WORTH_STARTING_MS:
                raise Busy(self._name, other)
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            self._client.delete_item(
                TableName=self._table,
                Key=self._key,
                ConditionExpression="attribute_not_exists(id) OR #owner = :me",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":me": {"S": self._owner}},
            )

    @property
    def _key(self) -> dict[str, Any]:
        return {"id": {"S": f"lease/{self._name}"}}

    def _take(self, purpose: str) -> str | None:
        """Take the lease; None, or the purpose of its present holder."""
        now = time.time()
        until = now + self._remaining_ms() / 1000
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    **self._key,
                    "owner": {"S": self._owner},
                    "purpose": {"S": purpose},
                    "until": {"N": f"{until:.3f}"},
                },
                ConditionExpression="attribute_not_exists(id) OR #until < :now OR #owner = :me",
                ExpressionAttributeNames={"#until": "until", "#owner": "owner"},
                ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":me": {"S": self._owner}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            holder: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]  # the stubs lack it
            return str(holder.get("purpose", {}).get("S", "another run"))
        return None

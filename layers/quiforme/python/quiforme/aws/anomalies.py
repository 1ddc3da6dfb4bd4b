"""The ledger's pointer in DynamoDB, and the SNS topic that consumers subscribe to."""

import json
import random
import re
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from quiforme.anomalies.ports import LedgerState
from quiforme.aws.batches import for_each
from quiforme.registry.ports import Conflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import PublishBatchRequestEntryTypeDef

_LEDGER = {"id": {"S": "ledger"}}
_BATCH = 10
_BATCH_BYTES = 240_000
"""SNS accepts 256 KB a batch, message attributes included."""
_AT_ONCE = 8
"""Batches sent at once. The first day has thousands of batches: one at a time, they could exceed the time limit."""
_DEADLINE_S = 120.0
_NONCHARACTERS = re.compile("[\ufffe\uffff]")
"""SQS refuses texts with these, after the topic has accepted the message: they are sent as JSON escapes."""


class DynamoLedgerPointer:
    """The pointer, an item of the table of pointers and leases."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def get(self) -> LedgerState | None:
        """The current state; None before the first reconciliation."""
        item = self._client.get_item(TableName=self._table, Key=_LEDGER, ConsistentRead=True).get("Item")
        return LedgerState.from_json(item["state"]["S"]) if item else None

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        """Make `state` the current one.

        Raises:
            Conflict: The current state is not `replacing`.

        """
        condition: dict[str, Any] = (
            {
                "ConditionExpression": "#state = :previous",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":previous": {"S": replacing.to_json()}},
            }
            if replacing
            else {"ConditionExpression": "attribute_not_exists(id)"}
        )
        try:
            self._client.put_item(TableName=self._table, Item={**_LEDGER, "state": {"S": state.to_json()}}, **condition)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            # The SDK retries a write whose answer was lost, and finds its own effect.
            if self.get() != state:
                raise Conflict("another reconciliation recorded meanwhile") from error


class NotSent(Exception):
    """The topic did not accept some events before the deadline."""


class SnsOutbox:
    """The topic of the anomalies."""

    def __init__(self, client: "SNSClient", topic: str) -> None:
        """Take the client and the topic's ARN."""
        self._client = client
        self._topic = topic

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        """Publish every event; entries that fail are sent again after a pause.

        Raises:
            NotSent: An entry is invalid, or still failed at the deadline. The events before it are published, and perhaps
                some after it.

        """
        for_each(self._publish, _batches(events), at_once=_AT_ONCE)

    def _publish(self, entries: list["PublishBatchRequestEntryTypeDef"]) -> None:
        deadline = time.monotonic() + _DEADLINE_S
        pause = 0.1
        while True:
            # A 200 may contain failures, which the SDK does not retry.
            answer = self._client.publish_batch(TopicArn=self._topic, PublishBatchRequestEntries=entries)
            failed = {failure["Id"]: failure for failure in answer.get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
            worst = max(failed.values(), key=lambda failure: failure["SenderFault"])
            if worst["SenderFault"] or time.monotonic() > deadline:
                raise NotSent(f"{len(entries)} events refused: {worst['Code']} {worst.get('Message', '')}")
            time.sleep(random.uniform(0, pause))  # noqa: S311  # jitter, not a secret
            pause = min(pause * 2, 5.0)


def _batches(events: Iterable[dict[str, Any]]) -> Iterator[list["PublishBatchRequestEntryTypeDef"]]:
    batch: list[PublishBatchRequestEntryTypeDef] = []
    size = 0
    for event in events:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        body = _NONCHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
        length = len(body.encode()) + 500
        if batch and (len(batch) == _BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append({"Id": str(len(batch)), "Message": body, "MessageAttributes": _attributes(event)})
        size += length
    if batch:
        yield batch


def _attributes(event: dict[str, Any]) -> dict[str, Any]:
    data = event["data"]
    values = {
        "code": data["code"],
        "severite": data["severite"],
        "region": data.get("region"),
        "evenement": event["type"].split(".")[3],
    }
    # SNS refuses empty attributes: an unknown region is left out, and alerts have none.
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items() if value}

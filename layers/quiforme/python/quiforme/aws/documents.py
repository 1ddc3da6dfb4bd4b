"""The registry in DynamoDB: items with the key (id, generation), and the pointer that publishes them.

A document larger than a DynamoDB item (400 KB) is an S3 object, and its item holds the object's key. The attribute names
`etat`, `jour`, `nd` (not to be disclosed), `identite` and `objet` are stored, so they stay in French.
"""

import gzip
import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from pydantic_core import to_json

from quiforme.aws.batches import write_batches
from quiforme.registry.ports import Conflict, Held, Intent, Item, Publication, Spent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchWriteItemOutputTypeDef
    from mypy_boto3_s3 import S3Client

BULK = Config(parameter_validation=False, user_agent="quiforme", retries={"mode": "standard", "max_attempts": 8})
"""For the client that writes documents: validating the parameters, which this module builds itself, takes half the time of
a batch, and the long user agent a tenth."""
POINTER = {"id": {"S": "publication"}}
_INTENT = {"id": {"S": "intent"}}
LARGEST_INLINE = 350_000
"""Bytes of texts that an item holds itself, which leaves room for its other attributes."""


class DynamoRegistry:
    """The tables of documents, of days and of pointers, and the bucket of large documents."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        s3: "S3Client",
        *,
        documents_table: str,
        days_table: str,
        state_table: str,
        bucket: str,
    ) -> None:
        """Take the names of the tables and of the bucket."""
        self._dynamodb = dynamodb
        self._s3 = s3
        self._documents = documents_table
        self._days = days_table
        self._state = state_table
        self._bucket = bucket
        self._spent = Spent()
        self._counting = Lock()
        events = dynamodb.meta.events
        events.register("provide-client-params.dynamodb.BatchWriteItem", _first_only, unique_id="quiforme-first-only")  # type: ignore[arg-type]  # its result replaces the parameters
        events.register("before-call.dynamodb.BatchWriteItem", _plain_body, unique_id="quiforme-plain-body")

    @property
    def spent(self) -> Spent:
        """The cost of the writes and deletions so far."""
        return self._spent

    def current(self) -> Publication | None:
        """The pointer; None before the first publication."""
        return read_pointer(self._dynamodb, self._state)

    def publish(
        self, publication: Publication, *, replacing: Publication | None, day: date, released: Held | None = None
    ) -> None:
        """Move the pointer and enter it under a day, both or neither. What was held beside the pointer goes with it.

        Raises:
            Conflict: The pointer is not `replacing`.

        """
        condition: dict[str, Any] = (
            {
                "ConditionExpression": "publication = :previous",
                "ExpressionAttributeValues": {":previous": {"S": replacing.to_json()}},
            }
            if replacing
            else {"ConditionExpression": "attribute_not_exists(id)"}
        )
        entry = {**_pointer(publication, None), "day": {"S": day.isoformat()}}
        try:
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": self._state, "Item": _pointer(publication, released), **condition}},  # type: ignore[typeddict-item]  # one of the two above
                    {"Put": {"TableName": self._days, "Item": entry}},
                ]
            )
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" not in reasons:
                raise
            # The SDK retries a write whose answer was lost, and finds its own effect.
            if self.current() != publication:
                raise Conflict("another run published meanwhile") from error

    def held(self) -> Held | None:
        """What is held beside the pointer; None when nothing is."""
        item = self._dynamodb.get_item(TableName=self._state, Key=POINTER, ConsistentRead=True).get("Item")
        return Held.from_json(item["held"]["S"]) if item and "held" in item else None

    def hold(self, held: Held | None, *, beside: Publication) -> None:
        """Hold a publication beside the pointer, or none.

        Raises:
            Conflict: The pointer is not `beside`.

        """
        try:
            self._dynamodb.put_item(
                TableName=self._state,
                Item=_pointer(beside, held),
                ConditionExpression="publication = :current",
                ExpressionAttributeValues={":current": {"S": beside.to_json()}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict("another run published meanwhile") from error

    def intent(self) -> Intent | None:
        """The items being written; None when there are none."""
        item = self._dynamodb.get_item(TableName=self._state, Key=_INTENT, ConsistentRead=True).get("Item")
        return Intent(int(item["generation"]["N"]), item["ids"]["S"]) if item else None

    def set_intent(self, intent: Intent) -> None:
        """Record which items are about to be written."""
        self._dynamodb.put_item(
            TableName=self._state,
            Item={**_INTENT, "generation": {"N": str(intent.generation)}, "ids": {"S": intent.ids_key}},
        )

    def clear_intent(self) -> None:
        """Record that the writing is over."""
        self._dynamodb.delete_item(TableName=self._state, Key=_INTENT)

    def write(self, generation: int, items: Iterable[Item]) -> None:
        """Write items, several batches at a time."""
        self._batches({"PutRequest": {"Item": self._item(generation, item)}} for item in items)

    def erase(self, keys: Iterable[tuple[str, int]]) -> None:
        """Delete items."""
        self._batches({"DeleteRequest": {"Key": _key(identifier, generation)}} for identifier, generation in keys)

    def objects(self, identifier: str) -> set[str]:
        """The storage keys of the large documents of an identifier."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._documents,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": identifier}},
            ProjectionExpression="objet",
            ConsistentRead=True,
        )
        return {item["objet"]["S"] for page in pages for item in page["Items"] if item}

    def _item(self, generation: int, item: Item) -> dict[str, Any]:
        attributes: dict[str, Any] = {**_key(item.id, generation), "etat": {"S": item.etat}, "jour": {"S": item.jour}}
        if item.non_diffusible:
            attributes["nd"] = {"BOOL": True}
        texts = {name: text for name in ("data", "details", "identite") if (text := getattr(item, name))}
        if _fits(texts.values()):
            return attributes | {name: {"S": text} for name, text in texts.items()}
        content = json.dumps(texts, ensure_ascii=False).encode()
        key = f"documents/{item.id}/{hashlib.sha256(content).hexdigest()}.json.gz"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=gzip.compress(content, mtime=0))
        return {**attributes, "objet": {"S": key}}

    def _batches(self, requests: Iterable[dict[str, Any]]) -> None:
        write_batches(self._dynamodb, self._documents, requests, self._count)

    def _count(self, answer: "BatchWriteItemOutputTypeDef") -> None:
        units = sum(table["CapacityUnits"] for table in answer.get("ConsumedCapacity", []))
        with self._counting:
            self._spent = Spent(self._spent.requests + 1, self._spent.write_units + units)


def _first_only(params: dict[str, Any], context: dict[str, Any], **_: object) -> dict[str, Any]:
    """Show botocore the first item only: its serializer visits every value of every item, slowly."""
    context["batch"] = params
    return {**params, "RequestItems": {table: items[:1] for table, items in params["RequestItems"].items()}}


def _plain_body(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    """Send the whole batch, which `_first_only` kept."""
    params["body"] = to_json(context["batch"])  # several times quicker than the standard library


def _fits(texts: Collection[str]) -> bool:
    """Whether an item can hold the texts. A character takes four bytes at most, so short texts need not be encoded."""
    if 4 * sum(map(len, texts)) <= LARGEST_INLINE:
        return True
    return sum(len(text.encode()) for text in texts) <= LARGEST_INLINE


def read_pointer(client: "DynamoDBClient", table: str) -> Publication | None:
    """The pointer, in the table of pointers and leases; None when nothing was ever published."""
    item = client.get_item(TableName=table, Key=POINTER, ConsistentRead=True).get("Item")
    return Publication.from_json(item["publication"]["S"]) if item else None


def _pointer(publication: Publication, held: Held | None) -> dict[str, Any]:
    """The pointer's item. What is held is a part of it, so that it goes when the pointer moves, and is read with it."""
    item = POINTER | {"publication": {"S": publication.to_json()}}
    return item | {"held": {"S": held.to_json()}} if held else item


def _key(identifier: str, generation: int) -> dict[str, Any]:
    return {"id": {"S": identifier}, "generation": {"N": str(generation)}}

"""The registry in DynamoDB, as the look-up reads it: one query a document, and a pointer cached for two seconds."""

import gzip
import json
import time
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from quiforme.aws.clients import client
from quiforme.registry.ports import Held, Item, Publication

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

POINTER_AGE_S = 2.0
"""How long the pointer is cached, in seconds: a publication must be visible within ten."""

FAST = Config(
    connect_timeout=1,
    read_timeout=2,
    max_pool_connections=50,
    parameter_validation=False,  # the adapters build the parameters themselves
    retries={"mode": "standard", "max_attempts": 3},
)
"""A caller is waiting: a 504 soon is better than no answer."""


class DynamoReader:
    """Reads published documents."""

    def __init__(
        self, client: "DynamoDBClient", *, documents_table: str, days_table: str, state_table: str, bucket: str
    ) -> None:
        """Take the client and the names."""
        self._client = client
        self._documents = documents_table
        self._days = days_table
        self._state = state_table
        self._bucket = bucket
        self._current: Publication | None = None
        self._held = ""
        self._read_at = float("-inf")
        self._clock: Callable[[], float] = time.monotonic

    @cached_property
    def _s3(self) -> "S3Client":
        # Made at first use: few documents are too large for an item.
        s3: S3Client = client("s3", FAST)
        return s3

    def current(self) -> Publication | None:
        """The pointer, at most two seconds old; None before the first publication."""
        if self._current is None or self._clock() - self._read_at > POINTER_AGE_S:
            return self.check()
        return self._current

    def check(self) -> Publication | None:
        """The pointer, read from the store now."""
        now = self._clock()
        answer = self._client.get_item(TableName=self._state, Key={"id": {"S": "publication"}}, ConsistentRead=True)
        item = answer.get("Item")
        self._current = Publication.from_json(item["publication"]["S"]) if item else None
        self._held = item["held"]["S"] if item and "held" in item else ""
        self._read_at = now
        return self._current

    def held(self) -> Held | None:
        """What is held, as it was read with the pointer that `current` gave last; None when nothing is."""
        return Held.from_json(self._held) if self._held else None

    def read(self, identifier: str, generation: int) -> Item | None:
        """The newest item of an identifier that is not newer than a generation; None if there is none."""
        newest = self.versions(identifier, generation, 1)
        return newest[0] if newest else None

    def versions(self, identifier: str, generation: int, limit: int) -> list[Item]:
        """The items of an identifier that are not newer than a generation, newest first, at most `limit`."""
        items: list[Item] = []
        query: dict[str, Any] = {
            "TableName": self._documents,
            "KeyConditionExpression": "id = :id AND generation <= :generation",
            "ExpressionAttributeValues": {":id": {"S": identifier}, ":generation": {"N": str(generation)}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        # DynamoDB ends a page at 1 MB, below the limit if need be.
        while len(items) < limit:
            answer = self._client.query(**query, Limit=limit - len(items))
            items += [self._item(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items

    def publication_on(self, day: date) -> Publication | None:
        """The pointer at the end of a day; None before the first publication."""
        answer = self._client.query(
            TableName=self._days,
            KeyConditionExpression="id = :id AND #day <= :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues={":id": {"S": "publication"}, ":day": {"S": day.isoformat()}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        return Publication.from_json(answer["Items"][0]["publication"]["S"]) if answer["Items"] else None

    def _item(self, item: dict[str, Any]) -> Item:
        content: dict[str, str] = {}
        if "objet" in item:
            packed = self._s3.get_object(Bucket=self._bucket, Key=item["objet"]["S"])["Body"].read()
            content = json.loads(gzip.decompress(packed))
        else:
            content = {name: item[name]["S"] for name in ("data", "details", "identite") if name in item}
        return Item(
            id=item["id"]["S"],
            etat=item["etat"]["S"],
            jour=item["jour"]["S"],
            generation=int(item["generation"]["N"]),
            non_diffusible=item.get("nd", {}).get("BOOL", False),
            **content,
        )


class DynamoCounter:
    """Counts calls in the access table, whose items expire after their window."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def count(self, jti: str, window_end: int) -> int:
        """Count one call; returns the number of calls of this window so far."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"id": {"S": f"calls/{jti}/{window_end}"}},
            UpdateExpression="ADD calls :one SET expires_at = :expires",
            ExpressionAttributeValues={":one": {"N": "1"}, ":expires": {"N": str(window_end + 60)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["calls"]["N"])

"""DynamoDB as the look-up reads it: one query a document, and a pointer remembered for two seconds."""

import gzip
import json
import time
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from quiforme.registry.ports import Item, Publication

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

POINTER_AGE_S = 2.0
"""A publication is to be visible within ten seconds; this leaves the rest to everything else."""

FAST = Config(
    connect_timeout=1,
    read_timeout=2,
    max_pool_connections=50,
    parameter_validation=False,  # of what this module puts together itself
    retries={"mode": "standard", "max_attempts": 3},
)
"""A caller waits: better a clear 504 than a hang."""


class DynamoReader:
    """Reads what the ingestion published."""

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
        self._read_at = float("-inf")
        self._clock: Callable[[], float] = time.monotonic

    @cached_property
    def _s3(self) -> "S3Client":
        # Few documents are too big for an item, so most processes never need this client.
        return boto3.client("s3", config=FAST)

    def current(self) -> Publication | None:
        """The pointer."""
        if self._current is None or self._clock() - self._read_at > POINTER_AGE_S:
            return self.check()
        return self._current

    def check(self) -> Publication | None:
        """The pointer, read now."""
        now = self._clock()
        answer = self._client.get_item(TableName=self._state, Key={"id": {"S": "publication"}}, ConsistentRead=True)
        item = answer.get("Item")
        self._current = Publication.from_json(item["publication"]["S"]) if item else None
        self._read_at = now
        return self._current

    def read(self, identifier: str, generation: int) -> Item | None:
        """The newest item of an identifier that is not newer than the generation."""
        newest = self.versions(identifier, generation, 1)
        return newest[0] if newest else None

    def versions(self, identifier: str, generation: int, limit: int) -> list[Item]:
        """An identifier's items from a generation back, newest first."""
        items: list[Item] = []
        query: dict[str, Any] = {
            "TableName": self._documents,
            "KeyConditionExpression": "id = :id AND generation <= :generation",
            "ExpressionAttributeValues": {":id": {"S": identifier}, ":generation": {"N": str(generation)}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        # An answer of DynamoDB ends at 1 MB, whatever it was asked for.
        while len(items) < limit:
            answer = self._client.query(**query, Limit=limit - len(items))
            items += [self._item(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items

    def publication_on(self, day: date) -> Publication | None:
        """The pointer as it stood at the end of a day."""
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
    """Counts calls in the access table; windows past are expired by the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def count(self, jti: str, window_end: int) -> int:
        """Count one call more."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"id": {"S": f"calls/{jti}/{window_end}"}},
            UpdateExpression="ADD calls :one SET expires_at = :expires",
            ExpressionAttributeValues={":one": {"N": "1"}, ":expires": {"N": str(window_end + 60)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["calls"]["N"])

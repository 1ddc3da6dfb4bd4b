"""DynamoDB as the look-up reads it: one query a document, and a pointer remembered for two seconds."""

import gzip
import json
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from quiforme.registry.ports import Item, Publication

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

POINTER_AGE_S = 2.0
"""A publication is to be visible within ten seconds; this leaves the rest to everything else."""

FAST = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 3})
"""A caller waits: better a clear 504 than a hang."""


class DynamoReader:
    """Reads what the ingestion published."""

    def __init__(self, client: "DynamoDBClient", *, documents_table: str, state_table: str, bucket: str) -> None:
        """Take the client and the names."""
        self._client = client
        self._documents = documents_table
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
        now = self._clock()
        if self._current is None or now - self._read_at > POINTER_AGE_S:
            answer = self._client.get_item(TableName=self._state, Key={"id": {"S": "publication"}}, ConsistentRead=True)
            item = answer.get("Item")
            self._current = Publication.from_json(item["publication"]["S"]) if item else None
            self._read_at = now
        return self._current

    def read(self, siret: str, generation: int) -> Item | None:
        """The newest item of a SIRET that is not newer than the generation."""
        answer = self._client.query(
            TableName=self._documents,
            KeyConditionExpression="siret = :siret AND generation <= :generation",
            ExpressionAttributeValues={":siret": {"S": siret}, ":generation": {"N": str(generation)}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        if not answer["Items"]:
            return None
        item = answer["Items"][0]
        if "objet" in item:
            packed = self._s3.get_object(Bucket=self._bucket, Key=item["objet"]["S"])["Body"].read()
            content = json.loads(gzip.decompress(packed))
            return Item(siret, item["etat"]["S"], content["data"], content["details"])
        if "data" not in item:
            return Item(siret, item["etat"]["S"])
        return Item(siret, item["etat"]["S"], item["data"]["S"], item["details"]["S"])


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

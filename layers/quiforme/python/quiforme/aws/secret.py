"""A secret of Secrets Manager that callers have to know, and that ops may change at any time."""

import hmac
import time
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from quiforme.aws.reader import FAST

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_REMEMBERED_S = 240.0
"""A secret that ops withdrew opens nothing after five minutes."""
_PATIENCE_S = 10.0
"""A secret that was just put there is looked for at most this often, however many wrong ones are tried."""
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""The one before stays good, so that callers may change over when they like; putting two in a row withdraws it."""


class RotatingSecret:
    """The secret's current value, and the one before it."""

    def __init__(self, secret_id: str) -> None:
        """Take its name or ARN."""
        self._secret_id = secret_id
        self._values: tuple[bytes, ...] = ()
        self._read_at = float("-inf")

    @cached_property
    def _client(self) -> "SecretsManagerClient":
        # Most processes never serve the connector.
        return boto3.client("secretsmanager", config=FAST)

    def accepts(self, candidate: str) -> bool:
        """Whether a candidate is one of the two, compared in constant time."""
        if self._age() > _REMEMBERED_S:
            self._read()
        if self._matches(candidate):
            return True
        if self._age() > _PATIENCE_S:
            self._read()
            return self._matches(candidate)
        return False

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    def _matches(self, candidate: str) -> bool:
        given = candidate.encode("utf-8", "surrogatepass")  # whatever a header holds is compared
        matches = [hmac.compare_digest(given, value) for value in self._values]  # each of them, whichever matches first
        return any(matches)

    def _read(self) -> None:
        values = [value for stage in _STAGES if (value := self._value(stage))]
        self._values, self._read_at = tuple(values), time.monotonic()

    def _value(self, stage: str) -> bytes | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        except ClientError as error:
            if stage == "AWSPREVIOUS" and error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None  # it was never changed
            raise
        return answer["SecretString"].encode()

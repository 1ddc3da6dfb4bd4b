"""A shared secret in Secrets Manager, which ops may change at any time."""

import hmac
import time
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from quiforme.aws.clients import client
from quiforme.aws.reader import FAST

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CACHED_S = 240.0
"""How long values are cached, in seconds: a withdrawn secret must be refused after five minutes."""
_RETRY_S = 10.0
"""After a wrong secret the values are read again, in case of a new one, but at most every so many seconds."""
_STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""The previous value stays valid, so that callers can change over; changing the secret twice withdraws it."""


class RotatingSecret:
    """The current and the previous value of a secret."""

    def __init__(self, secret_id: str) -> None:
        """Take the secret's name or ARN."""
        self._secret_id = secret_id
        self._values: tuple[bytes, ...] = ()
        self._read_at = float("-inf")

    @cached_property
    def _client(self) -> "SecretsManagerClient":
        # Made at first use: most processes never serve the connector.
        made: SecretsManagerClient = client("secretsmanager", FAST)
        return made

    def accepts(self, candidate: str) -> bool:
        """Whether a text is one of the two values, compared in constant time."""
        if self._age() > _CACHED_S:
            self._read()
        if self._matches(candidate):
            return True
        if self._age() > _RETRY_S:
            self._read()
            return self._matches(candidate)
        return False

    def _age(self) -> float:
        return time.monotonic() - self._read_at

    def _matches(self, candidate: str) -> bool:
        given = candidate.encode("utf-8", "surrogatepass")  # a header may hold any text
        # Every value is compared, even after a match, so that the time taken reveals nothing.
        matches = [hmac.compare_digest(given, value) for value in self._values]
        return any(matches)

    def _read(self) -> None:
        values = [value for stage in _STAGES if (value := self._value(stage))]
        self._values, self._read_at = tuple(values), time.monotonic()

    def _value(self, stage: str) -> bytes | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage=stage)
        except ClientError as error:
            if stage == "AWSPREVIOUS" and error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None  # the secret was never changed
            raise
        return answer["SecretString"].encode()

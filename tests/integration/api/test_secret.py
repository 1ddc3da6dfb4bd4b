"""The connector's secret, which ops change while callers go on calling."""

from collections.abc import Iterator
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from quiforme.aws.secret import RotatingSecret


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Seconds, to be moved on; and a Secrets Manager that holds `one`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    now = [1_000.0]
    with mock_aws(), patch("quiforme.aws.secret.time.monotonic", lambda: now[0]):
        boto3.client("secretsmanager").create_secret(Name="connector", SecretString="one")
        yield now


def put(value: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="connector", SecretString=value)


def test_a_change_shuts_nobody_out(clock: list[float]) -> None:
    known = RotatingSecret("connector")
    assert known.accepts("one")
    assert not known.accepts("two")
    put("two")
    assert not known.accepts("two"), "it was looked for a moment ago"
    clock[0] += 11
    assert known.accepts("two")
    assert known.accepts("one"), "the one before stays good"


def test_what_was_withdrawn_opens_nothing_after_five_minutes(clock: list[float]) -> None:
    known = RotatingSecret("connector")
    assert known.accepts("one")
    put("two")
    put("three")
    clock[0] += 300
    assert not known.accepts("one")
    assert known.accepts("two")


def test_wrong_ones_do_not_have_it_read_each_time(clock: list[float]) -> None:
    known = RotatingSecret("connector")
    assert clock[0]
    with patch.object(known, "_read", wraps=known._read) as read:
        assert not any(known.accepts(wrong) for wrong in ("", "x", "one ", "ONE", "é", "\ud800") for _ in range(50))
    assert read.call_count == 1


def test_a_secret_that_cannot_be_read_lets_nobody_in(clock: list[float]) -> None:
    assert clock[0]
    with pytest.raises(ClientError):
        RotatingSecret("another").accepts("one")

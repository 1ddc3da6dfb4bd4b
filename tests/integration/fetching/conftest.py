"""A server that misbehaves, and a client whose pauses take no time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from quiforme.fetching.http import Http

from tests.integration.fetching.server import Server, serving


@dataclass
class Time:
    """A clock that moves only while the client sleeps."""

    start: datetime = datetime(2026, 8, 26, 5, 0, tzinfo=UTC)
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return sum(self.pauses)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.clock())

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def client(self, *, budget_s: float = 900, request_budget_s: float = 300) -> Http:
        return Http(
            budget_s=budget_s,
            request_budget_s=request_budget_s,
            clock=self.clock,
            now=self.now,
            sleep=self.sleep,
        )


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def http(time: Time) -> Http:
    return time.client()

"""What the reconciliation needs from outside: the ledger's pointer, the outbox, the follow-up."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The pointer to the current ledger.

    The names of the attributes are the keys of the stored JSON. They cannot change without a migration: the pointer moves
    on the condition that the stored text equals `to_json()` of the state that was read.

    Attributes:
        ledger: The storage key of the ledger's Parquet file.
        news: The storage key of the run's events, one JSON object a line (`AnomalyEvent`, or an alert).
        statistics: The storage key of the statistics of the ledger.
        told: Whether all of this is published: recorded in the follow-up, and sent to consumers where announced.
        snapshot: The storage key of the manifest reconciled last.
        evaluated: The codes of the rules evaluated so far by any run, sorted.

    """

    ledger: str
    news: str
    statistics: str
    told: bool
    snapshot: str
    evaluated: tuple[str, ...]

    def to_json(self) -> str:
        """The stored text; the same state always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "LedgerState":
        """Parse the stored text."""
        content = json.loads(text)
        return cls(**{**content, "evaluated": tuple(content["evaluated"])})


def event_id(anomaly: str, sequence: int) -> str:
    """The identifier of an event: the anomaly's, and the number of the event in the anomaly's life."""
    return f"{anomaly}:{sequence}"


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """One event in the life of an anomaly.

    Attributes:
        event: The CloudEvent.
        announced: Whether it is sent to consumers.
        day: The run's day, ISO 8601.
        status: The state of the anomaly after it, `ouverte` or `resolue`.
        announcement: Whether the occurrence was announced to consumers (`annonce` in ledger.sql).
        digest: The digest of the evidence.

    """

    event: dict[str, Any]
    announced: bool
    day: str
    status: str
    announcement: str
    digest: str

    @property
    def anomaly(self) -> str:
        """The anomaly's identifier."""
        return str(self.event["data"]["id"])

    @property
    def sequence(self) -> int:
        """The number of the event in the anomaly's life, from 1."""
        return int(self.event["id"].rpartition(":")[2])


class LedgerPointer(Protocol):
    """The pointer to the current ledger."""

    def get(self) -> LedgerState | None:
        """The current state; None before the first reconciliation."""

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        """Make `state` the current one.

        Raises:
            Conflict: The current state is not `replacing`.

        """


class Outbox(Protocol):
    """The way to the consumers."""

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        """Send every event at least once; raises when one cannot be sent."""


class FollowUpWriter(Protocol):
    """Where agents follow anomalies up, as the reconciliation uses it."""

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        """Record events; recording one again changes nothing."""

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        """Replace the statistics."""

    def dismissed(self) -> Iterable[tuple[str, str]]:
        """The anomalies that agents dismissed, each with the digest of the evidence that they saw."""

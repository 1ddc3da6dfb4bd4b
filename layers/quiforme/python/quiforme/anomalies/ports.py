"""What the reconciliation asks of the world."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The pointer to the ledger in force.

    Attributes:
        ledger: The storage key of its Parquet file.
        news: The storage key of what the run that made it found new, a line of JSON each (`AnomalyEvent`).
        statistics: The storage key of the statistics over it.
        told: Whether all of that is known to be in the follow-up and, where it is to be announced, with the consumers.
        snapshot: The storage key of the manifest reconciled last.
        evaluated: The codes of the rules that were ever evaluated, in order.

    """

    ledger: str
    news: str
    statistics: str
    told: bool
    snapshot: str
    evaluated: tuple[str, ...]

    def to_json(self) -> str:
        """As it is stored: the same state always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "LedgerState":
        """As it was stored."""
        content = json.loads(text)
        return cls(**{**content, "evaluated": tuple(content["evaluated"])})


def event_id(anomaly: str, sequence: int) -> str:
    """The identifier of what happened to an anomaly, the sequence-th thing since it is known."""
    return f"{anomaly}:{sequence}"


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """What happened to one anomaly.

    Attributes:
        event: The CloudEvent that says so.
        announced: Whether consumers are told.
        day: When it happened.
        status: `ouverte` or `resolue`, since then.
        announcement: Whether consumers know of the occurrence (`annonce` in registre.sql).
        digest: Of its evidence.

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
        """Counts what happened to it."""
        return int(self.event["id"].rpartition(":")[2])


class LedgerPointer(Protocol):
    """Holds the pointer."""

    def get(self) -> LedgerState | None:
        """The pointer; None before the first reconciliation."""

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        """Move it; raises Conflict when it does not stand at `replacing`."""


class Outbox(Protocol):
    """The way to the consumers."""

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        """Send every event at least once; raises when one cannot be sent."""


class FollowUpWriter(Protocol):
    """Where agents follow anomalies up, as the reconciliation sees it."""

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        """Enter what happened; entering it again changes nothing."""

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        """Enter the statistics, in the place of those before."""

    def dismissed(self) -> Iterable[tuple[str, str]]:
        """The anomalies that agents dismissed, each with the digest of the evidence that they judged."""

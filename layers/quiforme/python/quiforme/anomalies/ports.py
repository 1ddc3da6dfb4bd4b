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
        events: The storage key of the events of the reconciliation that made it.
        sent: Whether all of them are known to be in the queue.
        snapshot: The storage key of the manifest reconciled last.

    """

    ledger: str
    events: str
    sent: bool
    snapshot: str

    def to_json(self) -> str:
        """As it is stored: the same state always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "LedgerState":
        """As it was stored."""
        return cls(**json.loads(text))


class LedgerPointer(Protocol):
    """Holds the pointer."""

    def get(self) -> LedgerState | None:
        """The pointer; None before the first reconciliation."""

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        """Move it; raises Conflict when it does not stand at `replacing`."""


class Outbox(Protocol):
    """The queue that consumers read."""

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        """Send every event at least once; raises when one cannot be sent."""

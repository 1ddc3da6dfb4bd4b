"""What the registry asks of the world: a table of versioned items and the pointer that publishes them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Publication:
    """The pointer: what every reader sees, moved at once.

    Attributes:
        generation: The newest generation of items to read.
        newest: The highest generation ever published; above `generation` only after a roll-back.
        day: The day of the last run, ISO.
        generation_day: The day of the run that made the generation, ISO.
        snapshot: The storage key of the manifest the documents were built from.
        sources: The day of the data used, ISO, by source.

    """

    generation: int
    newest: int
    day: str
    generation_day: str
    snapshot: str
    sources: dict[str, str]

    def to_json(self) -> str:
        """As it is stored: the same publication always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Publication":
        """As it was stored."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Item:
    """What one SIRET answers from a generation on.

    Attributes:
        siret: The SIRET.
        etat: `document`, `hors_perimetre` or `retire`.
        data: The document as JSON text; empty unless there is one.
        details: What goes to `meta` beside it, as JSON text; empty likewise.

    """

    siret: str
    etat: str
    data: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """Items being written that no reader sees yet.

    Attributes:
        generation: Under which generation they are written.
        sirets_key: The storage key of the list of their SIRETs.

    """

    generation: int
    sirets_key: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What writing and erasing cost so far.

    Attributes:
        requests: Batches sent.
        write_units: DynamoDB's unit of billing.

    """

    requests: int = 0
    write_units: float = 0.0


class Conflict(Exception):
    """The pointer is not where this run found it: another one published meanwhile."""


class Registry(Protocol):
    """Holds items by (SIRET, generation)."""

    def current(self) -> Publication | None:
        """The pointer; None when nothing was ever published."""

    def write(self, generation: int, items: Iterable[Item]) -> None:
        """Write items of a generation that no reader sees yet."""

    def erase(self, keys: Iterable[tuple[str, int]]) -> None:
        """Remove items that no reader sees, by SIRET and generation."""

    def objects(self, siret: str) -> set[str]:
        """The storage keys of the documents of a SIRET that its items, of whatever generation, do not hold themselves."""

    @property
    def spent(self) -> Spent:
        """What the writes and erasures of this run cost."""

    def publish(self, publication: Publication, *, replacing: Publication | None) -> None:
        """Move the pointer.

        Raises:
            Conflict: It does not stand at `replacing`.

        """

    def intent(self) -> Intent | None:
        """What is being written."""

    def set_intent(self, intent: Intent) -> None:
        """Say what is about to be written."""

    def clear_intent(self) -> None:
        """Nothing is being written any more."""

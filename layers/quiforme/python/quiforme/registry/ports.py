"""What the registry asks of the world: a table of versioned items and the pointer that publishes them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Protocol

EXPORTS = "exports/"
"""The prefix of the files that hold every document."""


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
        states: What became of each source in the last run: accepted, unchanged, refused, absent or missing.
        withdrawn: The generations that ops had gone back from when a run published anew: first, last, the ISO day of that run.

    """

    generation: int
    newest: int
    day: str
    generation_day: str
    snapshot: str
    sources: dict[str, str]
    states: dict[str, str]
    withdrawn: list[list[Any]] = field(default_factory=list)

    def since(self, item: "Item") -> tuple[int, str]:
        """Since which generation and day an item is what readers see.

        What a withdrawn generation wrote and the run after it left alone stands since that run only.
        """
        generation, day = item.generation, item.jour
        for first, last, published in self.withdrawn:
            if first <= generation <= last:
                generation, day = last + 1, published
        return generation, day

    def to_json(self) -> str:
        """As it is stored: the same publication always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Publication":
        """As it was stored."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Item:
    """What one identifier answers from a generation on.

    Attributes:
        id: A SIRET, or `kind/identifier` for the list of the SIRETs behind it.
        etat: `document`, `hors_perimetre`, `index`, or `retire` (nothing any more).
        jour: The day of the run that wrote it, ISO.
        data: The document, or the list, as JSON text; empty when there is none.
        details: What goes to `meta` beside a document, as JSON text; empty likewise.
        identite: The establishment's denomination and address, as JSON text; empty likewise.
        non_diffusible: Whether they are for the eyes of a few only.
        generation: Under which it was written.

    """

    id: str
    etat: str
    jour: str
    data: str = ""
    details: str = ""
    identite: str = ""
    non_diffusible: bool = False
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """Items being written that no reader sees yet.

    Attributes:
        generation: Under which generation they are written.
        ids_key: The storage key of the list of their identifiers.

    """

    generation: int
    ids_key: str


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


def exports_prefix(generation: int) -> str:
    """Where the exports of a generation lie."""
    return f"{EXPORTS}{generation:08d}/"


class Registry(Protocol):
    """Holds items by (identifier, generation)."""

    def current(self) -> Publication | None:
        """The pointer; None when nothing was ever published."""

    def write(self, generation: int, items: Iterable[Item]) -> None:
        """Write items of a generation that no reader sees yet."""

    def erase(self, keys: Iterable[tuple[str, int]]) -> None:
        """Remove items that no reader sees, by identifier and generation."""

    def objects(self, identifier: str) -> set[str]:
        """The storage keys of what the items of an identifier, of whatever generation, do not hold themselves."""

    @property
    def spent(self) -> Spent:
        """What the writes and erasures of this run cost."""

    def publish(self, publication: Publication, *, replacing: Publication | None, day: date) -> None:
        """Move the pointer, and remember it as where it stood on a day; both or neither.

        Raises:
            Conflict: It does not stand at `replacing`.

        """

    def intent(self) -> Intent | None:
        """What is being written."""

    def set_intent(self, intent: Intent) -> None:
        """Say what is about to be written."""

    def clear_intent(self) -> None:
        """Nothing is being written any more."""

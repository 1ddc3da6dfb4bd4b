"""The ports of the registry: a table of versioned items, and the pointer that publishes them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Protocol

EXPORTS = "exports/"
"""The storage prefix of the exports."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The pointer: what every reader sees. Stored as JSON under these names.

    Attributes:
        generation: Readers see the items up to this generation.
        newest: The highest generation ever published; higher than `generation` only after a roll-back.
        day: The day of the last run, ISO.
        generation_day: The day of the run that made the generation, ISO.
        snapshot: The storage key of the manifest that the documents were built from.
        sources: The ISO day of the data used, by source.
        states: The outcome of each source in the last run: accepted, unchanged, refused, absent or missing.
        withdrawn: The generations that ops had rolled back when a later run published: [first, last, ISO day of that run].

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
        """Return the generation and the ISO day since which readers see an item.

        An item of a withdrawn generation that the next run did not change is visible since that run only.
        """
        generation, day = item.generation, item.jour
        for first, last, published in self.withdrawn:
            if first <= generation <= last:
                generation, day = last + 1, published
        return generation, day

    def to_json(self) -> str:
        """Serialize; the same publication always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Publication":
        """Deserialize."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Losses:
    """What the documents in force would lose by a publication, and the limits that it is judged by.

    Attributes:
        in_force: How many documents are in force.
        losing: How many of them would lose something.
        kinds: How many would lose each thing, by the kind of loss (pipeline/documents/8_losses.sql).
        examples: Up to ten of their SIRETs, each with the kinds of its losses.
        percent: The share of the documents in force that may lose something, in per cent.
        least: A publication by which fewer documents than this lose something is never held.

    """

    in_force: int
    losing: int
    kinds: dict[str, int]
    examples: dict[str, list[str]]
    percent: int
    least: int

    @property
    def too_many(self) -> bool:
        """Whether the publication is to be held."""
        return self.losing >= self.least and 100 * self.losing > self.percent * self.in_force

    @property
    def share(self) -> float:
        """The share of the documents in force that would lose something, in per cent."""
        return round(100 * self.losing / self.in_force, 2)


@dataclass(frozen=True, slots=True)
class Held:
    """A publication that waits for ops: everything is written, and no reader sees it. Stored as JSON under these names.

    Attributes:
        publication: What ops release or drop.
        scheduled_time: That of its run, ISO.
        losses: Why it is held.
        decision: `released` or `dropped`; empty until ops decide.

    """

    publication: Publication
    scheduled_time: str
    losses: Losses
    decision: str = ""

    def to_json(self) -> str:
        """Serialize."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Held":
        """Deserialize."""
        stored = json.loads(text)
        publication, losses = Publication(**stored["publication"]), Losses(**stored["losses"])
        return cls(publication, stored["scheduled_time"], losses, stored["decision"])


@dataclass(frozen=True, slots=True)
class Item:
    """What one identifier answers from a generation on. The attributes of stored items have these names.

    Attributes:
        id: A SIRET, or `kind/identifier` for the list of the SIRETs that carry the identifier.
        etat: `document`, `hors_perimetre`, `index`, or `retire` (a tombstone).
        jour: The day of the run that wrote it, ISO.
        data: The document, or the list, as JSON text; empty when there is none.
        details: What `meta` says beside a document, as JSON text; empty when there is no document.
        identite: The establishment's names and addresses, as JSON text; empty when there is no document. An item stored by
            an earlier version has the denomination and the address only.
        non_diffusible: Whether these are disclosed only to tokens with the scope `non_diffusibles`.
        generation: The generation that it belongs to.

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
    """The items that an unpublished run is writing.

    Attributes:
        generation: The generation that they belong to.
        ids_key: The storage key of the list of their identifiers.

    """

    generation: int
    ids_key: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What the writes and erasures cost so far.

    Attributes:
        requests: Batches sent.
        write_units: Write request units, by which DynamoDB bills.

    """

    requests: int = 0
    write_units: float = 0.0


class Conflict(Exception):
    """The pointer has moved since this run started: another run published meanwhile."""


def exports_prefix(generation: int) -> str:
    """Return the storage prefix of the exports of a generation."""
    return f"{EXPORTS}{generation:08d}/"


class Registry(Protocol):
    """Stores items by (identifier, generation)."""

    def current(self) -> Publication | None:
        """Read the pointer; None when nothing was ever published."""

    def write(self, generation: int, items: Iterable[Item]) -> None:
        """Write items of a generation that no reader sees yet."""

    def erase(self, keys: Iterable[tuple[str, int]]) -> None:
        """Delete items that no reader sees, by identifier and generation."""

    def objects(self, identifier: str) -> set[str]:
        """List the storage keys of the documents too big for an item, for all items of an identifier."""

    @property
    def spent(self) -> Spent:
        """What the writes and erasures of this run cost."""

    def publish(
        self, publication: Publication, *, replacing: Publication | None, day: date, released: Held | None = None
    ) -> None:
        """Move the pointer, and record it as the pointer of a day; both or neither.

        What was held beside the pointer is gone; `released`, if it is given, takes its place.

        Raises:
            Conflict: The pointer is not `replacing`.

        """

    def held(self) -> Held | None:
        """Read what is held beside the pointer, decided or not."""

    def hold(self, held: Held | None, *, beside: Publication) -> None:
        """Hold a publication beside the pointer, in the place of any other; None to hold none.

        Raises:
            Conflict: The pointer is not `beside`.

        """

    def intent(self) -> Intent | None:
        """Read the intent, if there is one."""

    def set_intent(self, intent: Intent) -> None:
        """Record what is about to be written."""

    def clear_intent(self) -> None:
        """Delete the intent."""

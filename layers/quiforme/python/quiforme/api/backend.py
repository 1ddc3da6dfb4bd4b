"""What the look-up asks of the backend."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from quiforme.access.caller import Counter
from quiforme.anomalies.follow_up import FollowUpStore
from quiforme.registry.ports import Item, Publication


class DocumentReader(Protocol):
    """The registry, as the look-up sees it."""

    def current(self) -> Publication | None:
        """The pointer, at most a few seconds old."""

    def read(self, identifier: str, generation: int) -> Item | None:
        """What an identifier answers as of a generation."""

    def versions(self, identifier: str, generation: int, limit: int) -> list[Item]:
        """What it answered from that generation back, newest first, at most so many."""

    def publication_on(self, day: date) -> Publication | None:
        """The pointer as it stood at the end of a day; None before the first publication."""

    def check(self) -> Publication | None:
        """The pointer as it stands in the store now, whatever is remembered of it."""


class SharedSecret(Protocol):
    """A shared secret that ops may change at any time."""

    def accepts(self, candidate: str) -> bool:
        """Whether it is the secret, or the one before it."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file that holds every document.

    Attributes:
        name: Of the file.
        size: Bytes.
        url: Opens it, without a token, for a few minutes.

    """

    name: str
    size: int
    url: str


class ExportStore(Protocol):
    """Where the exports lie."""

    def exports(self, generation: int, *, seconds: int) -> list[Export]:
        """Those of a generation, each with a link that opens it for so long."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What the look-up works with.

    Attributes:
        reader: Published documents.
        counter: Counts calls by token.
        connector: The secret of API Entreprise's connector.
        shelf: The exports.
        dossiers: The follow-up of anomalies.
        history_days: For how many days what a document said before is kept.
        now: Unix seconds.

    """

    reader: DocumentReader
    counter: Counter
    connector: SharedSecret
    shelf: ExportStore
    dossiers: FollowUpStore
    history_days: int
    now: Callable[[], float]

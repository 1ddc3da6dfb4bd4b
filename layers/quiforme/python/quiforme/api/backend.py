"""The ports of the look-up: what it asks of its stores."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from quiforme.access.caller import Counter
from quiforme.anomalies.follow_up import FollowUpStore
from quiforme.registry.ports import Held, Item, Publication


class DocumentReader(Protocol):
    """Reads the registry."""

    def current(self) -> Publication | None:
        """The pointer, at most a few seconds old; None before the first publication."""

    def held(self) -> Held | None:
        """What is held, as it was read with the pointer that `current` gave last; None when nothing is."""

    def read(self, identifier: str, generation: int) -> Item | None:
        """The newest item of an identifier that is not newer than a generation; None if there is none."""

    def versions(self, identifier: str, generation: int, limit: int) -> list[Item]:
        """The items of an identifier that are not newer than a generation, newest first, at most `limit`."""

    def publication_on(self, day: date) -> Publication | None:
        """The pointer at the end of a day; None before the first publication."""

    def check(self) -> Publication | None:
        """The pointer, read from the store now and not from any cache."""


class SharedSecret(Protocol):
    """A shared secret that ops may change at any time."""

    def accepts(self, candidate: str) -> bool:
        """Whether a text is the current secret or the previous one."""


@dataclass(frozen=True, slots=True)
class Export:
    """One file that holds every document.

    Attributes:
        name: The file's name.
        size: Bytes.
        url: A link that opens it without a token, for a few minutes.

    """

    name: str
    size: int
    url: str


class ExportStore(Protocol):
    """Holds the exports."""

    def of_generation(self, generation: int, *, seconds: int) -> list[Export]:
        """The exports of a generation, each with a link that expires after so many seconds."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What the look-up works with.

    Attributes:
        reader: Published documents.
        counter: Counts calls by token.
        connector: The secret of API Entreprise's connector.
        exports: Files that hold every document.
        follow_up: Anomalies and their follow-up.
        history_days: How long replaced documents are kept, in days.
        now: Unix seconds.

    """

    reader: DocumentReader
    counter: Counter
    connector: SharedSecret
    exports: ExportStore
    follow_up: FollowUpStore
    history_days: int
    now: Callable[[], float]

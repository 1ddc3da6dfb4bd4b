"""What the snapshot asks of the world: where each source's newest file is, and a storage that keeps what it makes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from quiforme.refusals import Refused
from quiforme.sources.catalogue import Source


@dataclass(frozen=True, slots=True)
class Version:
    """Which file it was, to know it again without reading it.

    Attributes:
        file: The producer's file name.
        tag: Differs when the content does: an ETag, a Last-Modified, or a digest.

    """

    file: str
    tag: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The newest file of a source.

    Attributes:
        version: Which file it is.
        day: The day of the data.
        fetched: Whether it was copied; not when it is the version already known.
        sha256: The digest of its content, hexadecimal, when it was worked out on the way.

    """

    version: Version
    day: date
    fetched: bool
    sha256: str | None = None


class Origin(Protocol):
    """Where a source's files come from: a drop that ops fill, or the producer itself."""

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        """Copy the source's newest file to `target`, whole, unless it is the version `known`.

        Returns:
            What was found; None when there is no file at all.

        Raises:
            Unfetchable: It cannot be had whole.

        """


class Unfetchable(Refused):
    """A file could not be fetched whole."""


class Storage(Protocol):
    """Keeps objects under keys; what a reader may have seen is never changed."""

    def keys(self, prefix: str) -> list[str]:
        """The keys that start with a prefix, ascending."""

    def get(self, key: str, target: Path) -> None:
        """Copy an object to a file."""

    def put(self, key: str, source: Path) -> None:
        """Keep a file under a key."""

    def read(self, key: str) -> bytes:
        """An object's content."""

    def write(self, key: str, content: bytes) -> None:
        """Keep content under a key."""

    def delete(self, keys: Iterable[str]) -> None:
        """Keep these objects no longer; one that is not there is no error."""

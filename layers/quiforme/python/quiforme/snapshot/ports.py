"""The ports of the snapshot: the origins of the sources, and the storage."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from quiforme.refusals import Refused
from quiforme.sources.catalogue import Source


@dataclass(frozen=True, slots=True)
class Version:
    """Identifies a file without reading it.

    Attributes:
        file: The producer's file name.
        tag: Changes with the content: an ETag, a Last-Modified, or a digest.

    """

    file: str
    tag: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The newest file of a source.

    Attributes:
        version: Which file it is.
        day: The day of the data.
        fetched: Whether it was copied; false when its version is already known.
        sha256: Hexadecimal digest of its content, if it was computed while fetching.

    """

    version: Version
    day: date
    fetched: bool
    sha256: str | None = None


class Origin(Protocol):
    """Where a source's files come from: a drop that ops fill, or the producer itself."""

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        """Copy the source's newest file to `target`, unless it is the version `known`.

        Returns:
            The newest file; None when there is no file.

        Raises:
            Unfetchable: It cannot be fetched completely.

        """


class Unfetchable(Refused):
    """A file could not be fetched completely."""


class Storage(Protocol):
    """Stores objects under keys. An object is never changed once a reader may have seen it."""

    def keys(self, prefix: str) -> list[str]:
        """List the keys that start with a prefix, ascending."""

    def get(self, key: str, target: Path) -> None:
        """Copy an object to a file."""

    def put(self, key: str, source: Path) -> None:
        """Store a file under a key."""

    def read(self, key: str) -> bytes:
        """Return an object's content."""

    def write(self, key: str, content: bytes) -> None:
        """Store content under a key."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; a missing one is no error."""

"""What the snapshot asks of the world: a drop of files, and a storage that keeps what it makes."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DropFile:
    """A file of the drop.

    Attributes:
        name: Its name, without the folder.
        etag: Differs when the content does.
        modified_day: The day it was put there, UTC.

    """

    name: str
    etag: str
    modified_day: date


class Drop(Protocol):
    """Where ops or the producers put the files."""

    def files(self) -> list[DropFile]:
        """All of them, in any order."""

    def declared_day(self, file: DropFile) -> date | None:
        """The day of the data that whoever put the file there declared, if any."""

    def fetch(self, file: DropFile, target: Path) -> None:
        """Copy a file to `target`, whole.

        Raises:
            Unfetchable: It cannot be had whole.

        """


class Unfetchable(Exception):
    """A file of the drop could not be fetched whole."""


class Storage(Protocol):
    """Keeps objects under keys; an object is never changed once written."""

    def get(self, key: str, target: Path) -> None:
        """Copy an object to a file."""

    def put(self, key: str, source: Path) -> None:
        """Keep a file under a key."""

    def read(self, key: str) -> bytes:
        """An object's content."""

    def write(self, key: str, content: bytes) -> None:
        """Keep content under a key."""

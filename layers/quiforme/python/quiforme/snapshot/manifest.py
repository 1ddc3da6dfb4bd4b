"""What a run used and what it made, written down: everything the next run and the reconciliation need."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value object that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(Frozen):
    """A file that was accepted on some day.

    Attributes:
        day: The run's day.
        rows: Rows read.

    """

    day: date
    rows: int


class SourceInUse(Frozen):
    """The accepted file of one source.

    Attributes:
        file: The producer's file name.
        tag: Tells its content from another without reading it (snapshot.ports.Version).
        sha256: The file's digest, hexadecimal.
        day: The day of the data.
        rows_read: Rows read.
        rows_set_aside: Rows that could not be read.
        set_aside_key: Where these are kept, a JSON object a line, if there are any.
        tables: The storage keys of its tables (Parquet), by name.
        accepted: The files accepted over the last 30 days, the baseline of the guard on volume.

    """

    file: str
    tag: str
    sha256: str
    day: date
    rows_read: int
    rows_set_aside: int
    set_aside_key: str | None
    tables: dict[str, str]
    accepted: list[Accepted]


class Manifest(Frozen):
    """One snapshot.

    Attributes:
        id: Its name in storage.
        scheduled_time: Of the run that made it, UTC.
        day: The run's day, Europe/Paris.
        previous: The storage key of the manifest before it.
        sources: The sources in use, by name; a source that was never accepted is missing.
        tables: The storage keys of the tables it keeps (see documents/etat.sql), by name.

    """

    id: str
    scheduled_time: datetime
    day: date
    previous: str | None
    sources: dict[str, SourceInUse]
    tables: dict[str, str]

    @property
    def key(self) -> str:
        """Its own storage key."""
        return manifest_key(self.id)


def manifest_key(snapshot_id: str) -> str:
    """The storage key of a snapshot's manifest."""
    return f"snapshots/{snapshot_id}/manifest.json"

"""The manifest of a snapshot: what a run used and made, for the next run and the reconciliation.

It is stored as JSON: the names of the fields, and of the tables, are stored names.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from quiforme.refusals import Refusal
from quiforme.snapshot.ports import Storage


class Frozen(BaseModel):
    """An immutable model that rejects unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(Frozen):
    """An accepted file, as the guard on volume remembers it.

    Attributes:
        day: The run's day.
        rows: Rows read.

    """

    day: date
    rows: int


class SetAsideRow(Frozen):
    """An unreadable row, without its text.

    Attributes:
        line: Its place in the file: the line, or the rank of the fiche.
        reason: Why it is unreadable.
        identifier: What can still be read of its identifier; None in manifests that an earlier version stored.
        raw: The start of its text, when it has no identifier.

    """

    line: int
    reason: str
    identifier: str | None = None
    raw: str | None = None


class ColumnInUse(Frozen):
    """What was counted in one column of an accepted file.

    Attributes:
        filled: Cells that are not empty.
        malformed: Those of them that do not have the producer's form.
        cells: How many cells there are; None when there is one for each row read.

    """

    filled: int
    malformed: int
    cells: int | None = None


class SourceInUse(Frozen):
    """The accepted file of one source.

    Attributes:
        file: The producer's file name.
        tag: Identifies its content without reading it (snapshot.ports.Version).
        sha256: Hexadecimal digest of the file.
        day: The day of the data.
        rows_read: How many rows were read.
        rows_set_aside: How many rows are unreadable.
        set_aside_first: The first ten of these.
        set_aside_key: The storage key of all of these (NDJSON); None when there are none.
        tables: The storage keys of its tables (Parquet), by name.
        accepted: The files accepted in the last 30 days, the baseline of the guard on volume.
        reader: The version of the reader that made the tables (Source.reader); 0 in manifests of earlier versions.
        columns: What was counted of the form of the values, by the producer's name of the column.

    """

    file: str
    tag: str
    sha256: str
    day: date
    rows_read: int
    rows_set_aside: int
    set_aside_first: tuple[SetAsideRow, ...]
    set_aside_key: str | None
    tables: dict[str, str]
    accepted: tuple[Accepted, ...]
    reader: int = 0
    columns: dict[str, ColumnInUse] = {}


class RefusedCounts(Frozen):
    """What was counted in a file that was read before it was refused.

    Attributes:
        rows_read: How many rows were read.
        rows_set_aside: How many rows are unreadable.
        set_aside_key: The storage key of all of these (NDJSON); None when there are none.
        columns: What was counted of the form of the values, by the producer's name of the column.

    """

    rows_read: int
    rows_set_aside: int
    set_aside_key: str | None
    columns: dict[str, ColumnInUse] = {}


class SourceOutcome(Frozen):
    """The outcome of collecting one source.

    Attributes:
        state: `accepted`: a new file. `unchanged`: the file already in use. `refused` or `absent`: the file in use
            stays in use, if there is one. `missing`: absent, and no file was ever accepted.
        in_use: The file in use.
        file: The name of the refused file, if known.
        reason: Why it was refused, for ops.
        refusal: The same as a code with its facts; None in manifests that an earlier version stored.
        kept: The storage key of the refused file, for ops, if it could be fetched.
        counts: What was counted in the refused file; None when it could not be read, and in manifests that an earlier
            version stored.

    """

    state: Literal["accepted", "unchanged", "refused", "absent", "missing"]
    in_use: SourceInUse | None
    file: str | None = None
    reason: str | None = None
    refusal: Refusal | None = None
    kept: str | None = None
    counts: RefusedCounts | None = None

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys of the tables of the file in use, and of the unreadable rows of this and the refused file."""
        tables = self.in_use.tables.values() if self.in_use else ()
        set_aside = (counted.set_aside_key for counted in (self.in_use, self.counts) if counted)
        return frozenset((*tables, *filter(None, set_aside)))


class Enrichment(Frozen):
    """The result of the optional services (enrichment.services.EnrichmentResult).

    Attributes:
        sirene_complete_up_to: The last day of which all of INSEE's updates are known.
        answered: Whether a service gave data in this run.
        summary: The part of the run's summary about each service.

    """

    sirene_complete_up_to: date | None
    answered: bool
    summary: dict[str, Any]


class DocumentSettings(Frozen):
    """The deployment parameters that the documents depend on.

    Attributes:
        retention_days: How long an inactive NDA stays on documents, in days.
        exclusions: The marks of the education directory that put a SIRET out of perimeter.

    """

    retention_days: int
    exclusions: tuple[str, ...]


class Manifest(Frozen):
    """One snapshot.

    Attributes:
        id: The identifier of the run that made it.
        scheduled_time: The run's scheduled time, UTC.
        day: The run's day, Europe/Paris.
        previous: The storage key of the previous manifest.
        settings: The deployment parameters.
        outcomes: The outcome of each source, by name.
        enrichment: The result of the optional services.
        tables: The storage keys of the tables that it stores, by name (columns: pipeline/shared/previous_run.sql).

    """

    id: str
    scheduled_time: datetime
    day: date
    previous: str | None
    settings: DocumentSettings
    outcomes: dict[str, SourceOutcome]
    enrichment: Enrichment
    tables: dict[str, str]

    @property
    def key(self) -> str:
        """Its storage key."""
        return manifest_key(self.id)

    @property
    def sources(self) -> dict[str, SourceInUse]:
        """The files in use, by source; a source of which no file was ever accepted is missing."""
        return {name: outcome.in_use for name, outcome in self.outcomes.items() if outcome.in_use}

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys that it refers to, including its own and excluding those of the previous manifest."""
        own = frozenset((self.key, *self.tables.values()))
        return own.union(*(outcome.refers_to for outcome in self.outcomes.values()))

    def has_same_inputs_as(self, later: "Manifest") -> bool:
        """Whether a later run of the same day had the same settings and files, and no new data from the services."""
        return not later.enrichment.answered and (self.day, self.settings, self._inputs()) == (
            later.day,
            later.settings,
            later._inputs(),
        )

    def _inputs(self) -> dict[str, SourceOutcome]:
        return {name: _input(outcome) for name, outcome in self.outcomes.items()}


def _input(outcome: SourceOutcome) -> SourceOutcome:
    """The outcome without what depends on the run: a file that two runs accepted has tables under two keys."""
    in_use = outcome.in_use.model_copy(update={"tables": {}}) if outcome.in_use else None
    state = "accepted" if outcome.state == "unchanged" else outcome.state
    return outcome.model_copy(update={"state": state, "in_use": in_use})


SNAPSHOTS = "snapshots/"
_MANIFEST = "/manifest.json"


def manifest_key(snapshot_id: str) -> str:
    """Return the storage key of a snapshot's manifest."""
    return f"{SNAPSHOTS}{snapshot_id}{_MANIFEST}"


def is_manifest(key: str) -> bool:
    """Return whether a storage key is that of a manifest."""
    return key.startswith(SNAPSHOTS) and key.endswith(_MANIFEST)


def read_manifest(storage: Storage, key: str) -> Manifest:
    """Read a manifest from the storage."""
    return Manifest.model_validate_json(storage.read(key))

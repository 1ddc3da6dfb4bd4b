"""What a run used and what it made, written down: everything the next run and the reconciliation need."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from quiforme.refusals import Refusal


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


class SetAsideRow(Frozen):
    """A row that could not be read, without its text.

    Attributes:
        line: Where it stands in the file.
        reason: Why it could not be read.

    """

    line: int
    reason: str


class SourceInUse(Frozen):
    """The accepted file of one source.

    Attributes:
        file: The producer's file name.
        tag: Tells its content from another without reading it (snapshot.ports.Version).
        sha256: The file's digest, hexadecimal.
        day: The day of the data.
        rows_read: Rows read.
        rows_set_aside: Rows that could not be read.
        set_aside_first: The first ten of them.
        set_aside_key: Where they are kept, a JSON object a line, if there are any.
        tables: The storage keys of its tables (Parquet), by name.
        accepted: The files accepted over the last 30 days, the baseline of the guard on volume.

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


class SourceOutcome(Frozen):
    """What became of one source in one run.

    Attributes:
        state: `accepted` a new file; `unchanged` the file already in use; `refused` or `absent` while an
            earlier file stays in use, if there was one; `missing`, none was ever accepted.
        in_use: The file in use.
        file: The name of the file that was refused, as far as it is known.
        reason: Why it was refused, in words for ops.
        refusal: The same as a code with its facts; None in manifests of versions that did not store it.
        kept: Where the refused file is kept for ops to look at, if it could be fetched.

    """

    state: Literal["accepted", "unchanged", "refused", "absent", "missing"]
    in_use: SourceInUse | None
    file: str | None = None
    reason: str | None = None
    refusal: Refusal | None = None
    kept: str | None = None

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys of the file in use: its tables, and its rows set aside."""
        in_use = self.in_use
        if in_use is None:
            return frozenset()
        return frozenset((*in_use.tables.values(), *([in_use.set_aside_key] if in_use.set_aside_key else [])))


class Enrichment(Frozen):
    """What came of the optional services (enrichment.services.Enriched).

    Attributes:
        sirene_complete_up_to: The last day of which everything that INSEE treated is known.
        answered: Whether any of them gave anything in this run.
        summary: What the run's summary says of each service.

    """

    sirene_complete_up_to: date | None
    answered: bool
    summary: dict[str, Any]


class DocumentSettings(Frozen):
    """What of the deployment's parameters the documents depend on.

    Attributes:
        retention_days: For inactive NDAs.
        exclusions: The marks of the directory that put a SIRET out of perimeter.

    """

    retention_days: int
    exclusions: tuple[str, ...]


class Manifest(Frozen):
    """One snapshot.

    Attributes:
        id: Its name in storage.
        scheduled_time: Of the run that made it, UTC.
        day: The run's day, Europe/Paris.
        previous: The storage key of the manifest before it.
        settings: The parameters in force.
        outcomes: What became of each source, by name.
        enrichment: What came of the optional services.
        tables: The storage keys of the tables it keeps (see documents/etat.sql), by name.

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
        """Its own storage key."""
        return manifest_key(self.id)

    @property
    def sources(self) -> dict[str, SourceInUse]:
        """The sources in use, by name; one that was never accepted is missing."""
        return {name: outcome.in_use for name, outcome in self.outcomes.items() if outcome.in_use}

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys of all that it names, its own with them; not what the one before it names."""
        own = frozenset((self.key, *self.tables.values()))
        return own.union(*(outcome.refers_to for outcome in self.outcomes.values()))

    def says_the_same_as(self, later: "Manifest") -> bool:
        """Whether a later run of the same day found the same files in the same state, and nothing beside them."""
        return not later.enrichment.answered and (self.day, self.settings, self._findings()) == (
            later.day,
            later.settings,
            later._findings(),
        )

    def _findings(self) -> dict[str, SourceOutcome]:
        return {
            name: outcome.model_copy(update={"state": "accepted"}) if outcome.state == "unchanged" else outcome
            for name, outcome in self.outcomes.items()
        }


SNAPSHOTS = "snapshots/"
_MANIFEST = "/manifest.json"


def manifest_key(snapshot_id: str) -> str:
    """The storage key of a snapshot's manifest."""
    return f"{SNAPSHOTS}{snapshot_id}{_MANIFEST}"


def is_manifest(key: str) -> bool:
    """Whether a storage key is a manifest's."""
    return key.startswith(SNAPSHOTS) and key.endswith(_MANIFEST)

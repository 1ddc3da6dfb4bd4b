"""Collects the sources: each one's newest file is accepted or refused; otherwise the file in use stays in use."""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from quiforme.refusals import Refused
from quiforme.snapshot import guards
from quiforme.snapshot.manifest import (
    Accepted,
    ColumnInUse,
    RefusedCounts,
    SetAsideRow,
    SourceInUse,
    SourceOutcome,
)
from quiforme.snapshot.ports import Offer, Origin, Unfetchable, Version
from quiforme.snapshot.tables import SnapshotTables, separate_database
from quiforme.sources.catalogue import Source
from quiforme.sources.reading import FileRefused, ReadResult, SetAside

_FIRST = 10
_RAW_SHOWN = 200
"""Characters of an unreadable row that the manifest keeps when the row has no identifier."""
_AT_A_TIME = 2
"""Sources collected in parallel: one for each processor."""
_LONGEST = "rncp"
"""The source that takes as long as all others together. The others run at a lower priority."""
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads sources from their origins and saves their tables.

    Each file is read in a database of its own, so that several are read in parallel and a damaged one harms no other.

    Attributes:
        tables: Where tables are saved.
        origins: Where each source's files come from, by the source's name.
        run_id: Prefix of the storage keys of what this run saves.
        day: The run's day.
        any_volume: The names of files that ops accept however few rows, or filled cells in a column, they have.
        damaged: Files that were accepted and then turned out damaged: the reason to refuse them, by the source's name.

    """

    tables: SnapshotTables
    origins: Mapping[str, Origin]
    run_id: str
    day: date
    any_volume: Collection[str] = ()
    damaged: Mapping[str, FileRefused] = field(default_factory=dict)
    _read_in_place: set[Path] = field(default_factory=set)

    def collect(
        self,
        sources: Iterable[Source],
        in_use: Mapping[str, SourceInUse],
        *,
        enough_time: Callable[[], bool] = lambda: True,
    ) -> dict[str, SourceOutcome]:
        """Collect each source's newest file; a failure of one source does not affect the others.

        Args:
            sources: Which sources.
            in_use: The file in use of each, by the source's name.
            enough_time: Whether there is time for one more source. The first one is always collected.

        Returns:
            The outcome of each, by its name; sources that there was no time for are missing.

        """
        todo = list(sources)

        def collect(source: Source) -> SourceOutcome | None:
            if source.name != _LONGEST:
                os.nice(_NICENESS)  # on Linux, of this thread only
            return self._outcome(source, in_use.get(source.name)) if source is todo[0] or enough_time() else None

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            outcomes = pool.map(collect, todo)
            return {source.name: outcome for source, outcome in zip(todo, outcomes, strict=True) if outcome}

    def _outcome(self, source: Source, in_use: SourceInUse | None) -> SourceOutcome:
        path = self.tables.scratch / f"{source.name}.file"
        offer: Offer | None = None
        try:
            # What another version of the reader made is read again, whatever conditional requests would say.
            known = Version(in_use.file, in_use.tag) if in_use and in_use.reader == source.reader else None
            offer = self.origins[source.name].take(source, known, path)
            if offer is None:
                return SourceOutcome(state="absent" if in_use else "missing", in_use=in_use)
            if in_use and not offer.fetched:
                return SourceOutcome(state="unchanged", in_use=self._still_in_use(in_use, offer))
            return self._read(source, path, offer, in_use)
        except (FileRefused, Unfetchable) as error:
            return self._refused(source, path, offer, in_use, error=error)
        finally:
            if path not in self._read_in_place:
                path.unlink(missing_ok=True)

    def _still_in_use(self, in_use: SourceInUse, offer: Offer) -> SourceInUse:
        """The file in use, offered again: it counts as accepted on this day too."""
        accepted = (*guards.recent(in_use.accepted, self.day), Accepted(day=self.day, rows=in_use.rows_read))
        return in_use.model_copy(update={"day": offer.day, "accepted": tuple(dict.fromkeys(accepted))})

    def _read(self, source: Source, path: Path, offer: Offer, in_use: SourceInUse | None) -> SourceOutcome:
        def previous(table: str) -> Path | None:
            key = in_use.tables.get(table) if in_use else None
            return self.tables.local(key) if key else None

        keys = {
            table: f"accepted/{source.name}/{self.run_id}/{table}.parquet"
            for table in (*source.tables, *source.on_demand)
        }
        if source.name in self.damaged:
            raise self.damaged[source.name]
        with separate_database(self.tables.scratch) as database:
            reading = source.read(database, path, previous)
            try:
                guards.check(reading, in_use, day=self.day, any_volume=offer.version.file in self.any_volume)
            except FileRefused as error:
                for made in reading.in_place.values():  # the disk has no room for what was made of a refused stock
                    if made.path != path:
                        made.path.unlink(missing_ok=True)
                return self._refused(source, path, offer, in_use, error=error, reading=reading)
            for table, key in keys.items():
                if table in reading.in_place:
                    self.tables.save_later(source.name, reading.in_place[table], key)
                    self._read_in_place.add(reading.in_place[table].path)
                else:
                    self.tables.save(table, key, database=database)
        digest = offer.sha256 or _digest(path)
        before = guards.recent(in_use.accepted, self.day) if in_use else ()
        accepted = SourceInUse(
            file=offer.version.file,
            tag=offer.version.tag,
            sha256=digest,
            day=offer.day,
            rows_read=reading.rows,
            rows_set_aside=len(reading.set_aside),
            set_aside_first=tuple(map(_row, reading.set_aside[:_FIRST])),
            set_aside_key=self._save_set_aside(source, reading, digest),
            tables=keys,
            accepted=(*before, Accepted(day=self.day, rows=reading.rows)),
            reader=source.reader,
            columns=_columns(reading),
        )
        return SourceOutcome(state="accepted", in_use=accepted)

    def _refused(
        self,
        source: Source,
        path: Path,
        offer: Offer | None,
        in_use: SourceInUse | None,
        *,
        error: Refused,
        reading: ReadResult | None = None,
    ) -> SourceOutcome:
        """The outcome of a file that is not used: it is kept for ops, and so are its unreadable rows if it was read."""
        digest = (offer.sha256 or _digest(path)) if offer and path.exists() else None
        counts = None
        if reading and digest:
            counts = RefusedCounts(
                rows_read=reading.rows,
                rows_set_aside=len(reading.set_aside),
                set_aside_key=self._save_set_aside(source, reading, digest),
                columns=_columns(reading),
            )
        return SourceOutcome(
            state="refused",
            in_use=in_use,
            file=offer.version.file if offer else None,
            reason=str(error),
            refusal=error.refusal,
            kept=self._save_refused(source, path, offer.version.file, digest) if offer and digest else None,
            counts=counts,
        )

    def _save_set_aside(self, source: Source, reading: ReadResult, digest: str) -> str | None:
        if not reading.set_aside:
            return None
        key = f"set-aside/{source.name}/{digest}.ndjson"
        lines = [
            json.dumps(
                {"line": row.line, "reason": row.reason, "identifier": row.identifier, "raw": row.raw},
                ensure_ascii=False,
            )
            for row in reading.set_aside
        ]
        self.tables.storage.write(key, "\n".join(lines).encode() + b"\n")
        return key

    def _save_refused(self, source: Source, path: Path, file: str, digest: str) -> str:
        """Save a refused file unchanged, for ops to inspect."""
        key = f"refused/{source.name}/{digest}/{file}"
        self.tables.storage.put(key, path)
        return key


def _row(row: SetAside) -> SetAsideRow:
    raw = None if row.identifier else row.raw[:_RAW_SHOWN]
    return SetAsideRow(line=row.line, reason=row.reason, identifier=row.identifier, raw=raw)


def _columns(reading: ReadResult) -> dict[str, ColumnInUse]:
    return {
        name: ColumnInUse(filled=column.filled, malformed=column.malformed, cells=column.cells)
        for name, column in reading.columns.items()
    }


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

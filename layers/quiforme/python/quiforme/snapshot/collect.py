"""Today's files, each accepted, refused or absent; what was accepted before stays in use."""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import duckdb

from quiforme.database import open_database, sql_text
from quiforme.snapshot import guards
from quiforme.snapshot.manifest import Accepted, Manifest, SetAsideRow, SourceInUse, SourceOutcome
from quiforme.snapshot.ports import Offer, Origin, Storage, Unfetchable, Version
from quiforme.sources.catalogue import Source, kept
from quiforme.sources.reading import BROKEN, FileRefused, InPlaceTable, ReadResult, see_all, unreadable

_FIRST = 10
_AT_A_TIME = 2
"""Sources under way, each of which has a processor."""
_LONGEST = "rncp"
"""What takes as long as all the rest, which gives way to it: it is read by two threads of a process of its own."""
_GIVES_WAY = 10
"""Steps of the scheduler's niceness."""
_MEMORY_MB = 1000
"""For the database of each."""


class Damaged(Exception):
    """A file that was accepted cannot be read after all."""

    def __init__(self, source: str, refusal: FileRefused) -> None:
        """Take the source's name, and what has to be said of the file."""
        super().__init__(f"{source}: {refusal}")
        self.source = source
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Collector:
    """Takes sources from their origins into the storage, and lays their tables in the database.

    Each file is read in a database of its own: several at a time, and none spoils anything for another.

    A table in place is read from the producer's file, so that nobody waits for what is kept of it. It has to be kept
    before anything that outlives this invocation names its key, a manifest or a progress: see keep_in_place. Only then
    is the whole of it known to be readable, and a damaged file can make DuckDB give up the database that reads it: what
    was made of the tables is no good any more, and all is to be collected again, without that file.

    Attributes:
        database: Where the tables in use are laid.
        origins: Where each source's files are, by the source's name.
        storage: Where accepted tables are kept.
        scratch: A local folder for the files under way.
        run_id: Prefix of what this run keeps.
        day: The run's day.
        any_volume: The names of the files that ops accept however few rows they have.
        damaged: Why files are refused that were accepted before they turned out damaged, by the source's name.

    """

    database: duckdb.DuckDBPyConnection
    origins: Mapping[str, Origin]
    storage: Storage
    scratch: Path
    run_id: str
    day: date
    any_volume: Collection[str] = ()
    damaged: Mapping[str, FileRefused] = field(default_factory=dict)
    _in_place: dict[str, tuple[str, InPlaceTable]] = field(default_factory=dict)
    _read_in_place: set[Path] = field(default_factory=set)
    _keeping: Lock = field(default_factory=Lock)

    def collect(
        self,
        sources: Iterable[Source],
        in_use: Mapping[str, SourceInUse],
        *,
        enough_time: Callable[[], bool] = lambda: True,
    ) -> dict[str, SourceOutcome]:
        """Take each source's newest file, whatever becomes of the others.

        Args:
            sources: Which.
            in_use: What is in use of them so far, by the source's name.
            enough_time: Whether there is time for one more; the first is taken all the same.

        Returns:
            What became of each, by its name, without those that there was no time for.

        """
        todo = list(sources)

        def take(source: Source) -> SourceOutcome | None:
            if source.name != _LONGEST:
                os.nice(_GIVES_WAY)  # this thread only, as Linux has it
            return self._outcome(source, in_use.get(source.name)) if source is todo[0] or enough_time() else None

        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            return {source.name: outcome for source, outcome in zip(todo, pool.map(take, todo), strict=True) if outcome}

    def lay_source(self, source: Source, in_use: SourceInUse | None) -> None:
        """Make a source's tables readable in the database, without a row when there never was a file."""
        if in_use:
            self.lay(in_use.tables)
        else:
            for table in source.tables:
                self.database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM empty.{table}")

    def lay(self, tables: Mapping[str, str], schema: str = "main") -> None:
        """Make kept tables readable in the database."""
        for table, key in tables.items():
            _, standing = self._in_place.get(key, (None, None))
            file = f"({standing.named})" if standing else f"read_parquet({sql_text(self._local(key))})"
            relation = kept(table, file)
            self.database.execute(f"CREATE OR REPLACE VIEW {schema}.{table} AS FROM {relation}")

    def lay_before(self, before: Manifest, *, repertoire: str) -> None:
        """Lay what an earlier run kept in the schema `previous`, with the directory of answers that stands now."""
        tables = {**before.tables, **before.sources["liste_of"].tables, "repertoire": repertoire}
        for table in tables:
            self.database.execute(f"DROP TABLE previous.{table}")
        self.lay(tables, schema="previous")

    def keep_in_place(self) -> None:
        """Keep the tables in place, if any are not kept yet; views laid before go on reading the producer's file.

        Raises:
            Damaged: The file of one of them is.

        """
        with self._keeping:
            for key, (source, table) in list(self._in_place.items()):
                local = self._new_local(key)
                try:
                    with self._own_database() as database:
                        database.execute(f"COPY ({table.query}) TO {sql_text(local)} ({table.form})")
                except BROKEN:
                    self._look_through(source, table)
                    raise  # it was not for the file: a full disk, say
                self.storage.put(key, local)
                del self._in_place[key]

    def _look_through(self, source: str, table: InPlaceTable) -> None:
        """See every value of a table in place, and write nothing."""
        try:
            with self._own_database() as database:
                see_all(database, table.query)
        except duckdb.OutOfMemoryException:
            raise
        except BROKEN as error:
            raise Damaged(source, unreadable(error, table.path)) from error

    def store(self, table: str, key: str) -> None:
        """Keep a table of the database under a key."""
        self._store(self.database, table, key)

    def _store(self, database: duckdb.DuckDBPyConnection, table: str, key: str) -> None:
        local = self._new_local(key)
        database.execute(f"COPY {table} TO {sql_text(local)} (FORMAT parquet, COMPRESSION zstd)")
        self.storage.put(key, local)

    def _keep(self, file: Path, key: str) -> None:
        """Keep a table that is a Parquet file already."""
        local = self._new_local(key)
        file.rename(local)
        self.storage.put(key, local)

    def _local(self, key: str) -> Path:
        """The local copy of a kept object."""
        local = self.scratch / key
        if not local.exists():
            self.storage.get(key, self._new_local(key))
        return local

    def _new_local(self, key: str) -> Path:
        local = self.scratch / key
        local.parent.mkdir(parents=True, exist_ok=True)
        return local

    @contextmanager
    def _own_database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with (
            TemporaryDirectory(dir=self.scratch) as scratch,
            open_database(Path(scratch), memory_limit_mb=_MEMORY_MB) as database,
        ):
            database.execute("SET threads = 1")
            yield database

    def _outcome(self, source: Source, before: SourceInUse | None) -> SourceOutcome:
        path = self.scratch / f"{source.name}.file"
        offer: Offer | None = None
        try:
            known = Version(before.file, before.tag) if before else None
            offer = self.origins[source.name].take(source, known, path)
            if offer is None:
                return SourceOutcome(state="absent" if before else "missing", in_use=before)
            if before and not offer.fetched:
                return SourceOutcome(state="unchanged", in_use=self._again(before, offer))
            return SourceOutcome(state="accepted", in_use=self._accept(source, path, offer, before))
        except (FileRefused, Unfetchable) as error:
            return SourceOutcome(
                state="refused",
                in_use=before,
                file=offer.version.file if offer else None,
                reason=str(error),
                refusal=error.refusal,
                kept=self._keep_refused(source, path, offer) if offer else None,
            )
        finally:
            if path not in self._read_in_place:
                path.unlink(missing_ok=True)

    def _again(self, before: SourceInUse, offer: Offer) -> SourceInUse:
        """The file in use, found again today: accepted on this day too."""
        accepted = (*guards.recent(before.accepted, self.day), Accepted(day=self.day, rows=before.rows_read))
        return before.model_copy(update={"day": offer.day, "accepted": tuple(dict.fromkeys(accepted))})

    def _accept(self, source: Source, path: Path, offer: Offer, before: SourceInUse | None) -> SourceInUse:
        def previous(table: str) -> Path | None:
            return self._local(before.tables[table]) if before else None

        accepted = before.accepted if before else ()
        tables = {table: f"accepted/{source.name}/{self.run_id}/{table}.parquet" for table in source.tables}
        if source.name in self.damaged:
            raise self.damaged[source.name]
        with self._own_database() as database:
            reading = source.read(database, path, previous)
            guards.check(reading, accepted, day=self.day, any_volume=offer.version.file in self.any_volume)
            for table, key in tables.items():
                if table in reading.files:
                    self._keep(reading.files[table], key)
                elif table in reading.in_place:
                    self._in_place[key] = source.name, reading.in_place[table]
                    self._read_in_place.add(path)
                else:
                    self._store(database, table, key)
        digest = offer.sha256 or _digest(path)
        return SourceInUse(
            file=offer.version.file,
            tag=offer.version.tag,
            sha256=digest,
            day=offer.day,
            rows_read=reading.rows,
            rows_set_aside=len(reading.set_aside),
            set_aside_first=tuple(SetAsideRow(line=row.line, reason=row.reason) for row in reading.set_aside[:_FIRST]),
            set_aside_key=self._set_aside(source, reading, digest),
            tables=tables,
            accepted=(*guards.recent(accepted, self.day), Accepted(day=self.day, rows=reading.rows)),
        )

    def _set_aside(self, source: Source, reading: ReadResult, digest: str) -> str | None:
        if not reading.set_aside:
            return None
        key = f"set-aside/{source.name}/{digest}.ndjson"
        lines = [
            json.dumps({"line": row.line, "reason": row.reason, "raw": row.raw}, ensure_ascii=False)
            for row in reading.set_aside
        ]
        self.storage.write(key, "\n".join(lines).encode() + b"\n")
        return key

    def _keep_refused(self, source: Source, path: Path, offer: Offer) -> str | None:
        """Keep a refused file as it came, for ops to look at."""
        if not path.exists():
            return None
        key = f"refused/{source.name}/{offer.sha256 or _digest(path)}/{offer.version.file}"
        self.storage.put(key, path)
        return key


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()

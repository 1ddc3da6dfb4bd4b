"""The tables of a snapshot: Parquet files in the storage, and views in the run's database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import duckdb

from quiforme.database import open_database, sql_text
from quiforme.snapshot.manifest import Manifest, SourceInUse
from quiforme.snapshot.ports import Storage
from quiforme.sources.catalogue import Source, kept
from quiforme.sources.reading import BROKEN, FileRefused, InPlaceTable, see_all, unreadable

_MEMORY_MB = 1000
_OF_PREVIOUS = ("liste_of", "fiches_rncp", "fiches_rs")
"""The tables of sources that a run compares with those of the previous one."""


class Damaged(Exception):
    """An accepted file turns out to be unreadable."""

    def __init__(self, source: str, refusal: FileRefused) -> None:
        """Take the source's name and the reason for refusing the file."""
        super().__init__(f"{source}: {refusal}")
        self.source = source
        self.refusal = refusal


@contextmanager
def separate_database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database for one file, with one thread: a damaged file can make DuckDB invalidate the database reading it."""
    with (
        TemporaryDirectory(dir=scratch) as folder,
        open_database(Path(folder), memory_limit_mb=_MEMORY_MB) as database,
    ):
        database.execute("SET threads = 1")
        yield database


def with_added_columns(database: duckdb.DuckDBPyConnection, stored: str, definition: str) -> str:
    """The SQL of a stored table, with the columns that the version which stored it did not have, as nulls.

    Args:
        database: Reads the stored table, and has its definition.
        stored: The SQL of the table as it is stored.
        definition: The name of a table with the columns of this version.

    """
    present = {name for name, *_ in database.execute(f"DESCRIBE SELECT * FROM {stored}").fetchall()}
    defined = database.execute(f"DESCRIBE SELECT * FROM {definition}").fetchall()
    added = [f"NULL::{kind} AS {name}" for name, kind, *_ in defined if name not in present]
    return f"(SELECT *, {', '.join(added)} FROM {stored})" if added else stored


@dataclass(frozen=True, slots=True)
class SnapshotTables:
    """Saves tables to the storage, and loads them into the run's database.

    A table in place is read from the producer's file, so that the run does not wait until it is saved. It must be saved
    before a manifest or a progress, which outlive this invocation, refers to its key (`save_in_place`). Only then is
    the whole file known to be readable. If it is damaged, whatever was made from the tables is discarded, and the run
    starts over without that file.

    Attributes:
        database: The run's database.
        storage: Where tables are saved.
        scratch: A local folder for the files in use.

    """

    database: duckdb.DuckDBPyConnection
    storage: Storage
    scratch: Path
    _in_place: dict[str, tuple[str, InPlaceTable]] = field(default_factory=dict)
    _saving: Lock = field(default_factory=Lock)

    def load_source(self, source: Source, in_use: SourceInUse | None) -> None:
        """Load a source's tables, without rows where no file was ever accepted."""
        stored = {table: key for table, key in in_use.tables.items() if table in source.tables} if in_use else {}
        for table in set(source.tables) - set(stored):
            self.database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM empty.{table}")
        self.load(stored)

    def load(self, tables: Mapping[str, str], *, defined_in: str | None = "empty") -> None:
        """Make views of saved tables.

        Args:
            tables: Their storage keys, by name.
            defined_in: The schema that has their columns; None for tables of this version.

        """
        for table, key in tables.items():
            relation = self._relation(table, key, defined_in=defined_in)
            self.database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM {relation}")

    def load_previous(self, previous: Manifest, *, repertoire: str) -> None:
        """Load the tables of the previous run into the schema `previous`.

        Args:
            previous: Its manifest.
            repertoire: The storage key of the directory of answers to compare with.

        """
        of_sources = {table: key for source in previous.sources.values() for table, key in source.tables.items()}
        tables = {
            **previous.tables,
            **{table: of_sources[table] for table in _OF_PREVIOUS if table in of_sources},
            "in_force": previous.tables["repertoire"],
            "repertoire": repertoire,
        }
        for table, key in tables.items():
            relation = self._relation(table, key, defined_in="previous")
            self.database.execute(f"DROP TABLE previous.{table}")
            self.database.execute(f"CREATE VIEW previous.{table} AS FROM {relation}")

    def _relation(self, table: str, key: str, *, defined_in: str | None) -> str:
        """The SQL that reads a saved table."""
        _, in_place = self._in_place.get(key, (None, None))
        if in_place:
            return kept(table, f"({in_place.named})")
        stored = kept(table, f"read_parquet({sql_text(self.local(key))})")
        return with_added_columns(self.database, stored, f"{defined_in}.{table}") if defined_in else stored

    def save(self, table: str, key: str, *, database: duckdb.DuckDBPyConnection | None = None) -> None:
        """Save a table of the run's database, or of another one, under a key."""
        path = self.new_local(key)
        (database or self.database).execute(f"COPY {table} TO {sql_text(path)} (FORMAT parquet, COMPRESSION zstd)")
        self.storage.put(key, path)

    def save_later(self, source: str, table: InPlaceTable, key: str) -> None:
        """Register a table in place, to be read from the producer's file until `save_in_place` saves it."""
        self._in_place[key] = source, table

    def save_in_place(self) -> None:
        """Save the tables in place that are not saved yet; existing views go on reading the producer's file.

        Raises:
            Damaged: A file cannot be read.

        """
        with self._saving:
            for key, (source, table) in list(self._in_place.items()):
                if table.form is None:
                    self._read_whole(source, table)
                    self.storage.put(key, table.path)
                    del self._in_place[key]
                    continue
                path = self.new_local(key)
                try:
                    with separate_database(self.scratch) as database:
                        database.execute(f"COPY ({table.query}) TO {sql_text(path)} ({table.form})")
                except BROKEN:
                    self._read_whole(source, table)
                    raise  # the file is readable: the disk is full, say
                self.storage.put(key, path)
                del self._in_place[key]

    def _read_whole(self, source: str, table: InPlaceTable) -> None:
        """Read every value of a table in place, and write nothing."""
        try:
            with separate_database(self.scratch) as database:
                see_all(database, table.query)
        except duckdb.OutOfMemoryException:
            raise
        except BROKEN as error:
            raise Damaged(source, unreadable(error, table.path)) from error

    def on_demand(self, key: str) -> Path:
        """Return the file of a table that is not loaded: the producer's own, or the stored one, fetched once."""
        _, in_place = self._in_place.get(key, (None, None))
        return in_place.path if in_place else self.local(key)

    def local(self, key: str) -> Path:
        """Return the local copy of a stored object, fetched once."""
        path = self.scratch / key
        if not path.exists():
            self.storage.get(key, self.new_local(key))
        return path

    def new_local(self, key: str) -> Path:
        """Return the local path for a storage key, in an existing folder."""
        path = self.scratch / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

"""Today's files, each accepted, refused or absent; what was accepted before stays in use."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from quiforme.database import sql_text
from quiforme.snapshot import guards
from quiforme.snapshot.manifest import SourceInUse
from quiforme.snapshot.ports import Drop, DropFile, Storage, Unfetchable
from quiforme.sources.catalogue import Source
from quiforme.sources.reading import Reading, Refused

State = Literal["accepted", "unchanged", "refused", "absent", "missing"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source in one run.

    Attributes:
        state: `accepted` a new file; `unchanged` the file already in use; `refused` or `absent` while an
            earlier file stays in use; `missing`, none was ever accepted.
        in_use: The file in use.
        reason: Why a file was refused.

    """

    state: State
    in_use: SourceInUse | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Collector:
    """Takes sources out of a drop into the database and the storage.

    Attributes:
        database: Receives every source's tables.
        drop: Where today's files are.
        storage: Where accepted tables are kept.
        scratch: A local folder for the files under way.
        run_id: Prefix of what this run keeps.
        day: The run's day.

    """

    database: duckdb.DuckDBPyConnection
    drop: Drop
    storage: Storage
    scratch: Path
    run_id: str
    day: date

    def collect(self, source: Source, files: list[DropFile], before: SourceInUse | None) -> Outcome:
        """Take one source's newest file, and lay its tables in the database whatever becomes of it."""
        file = self._newest(source, files)
        outcome = self._outcome(source, file, before)
        if outcome.in_use and outcome.state != "accepted":
            self.lay(outcome.in_use.tables)
        elif not outcome.in_use:
            for table in source.tables:
                self.database.execute(f"CREATE OR REPLACE VIEW {table} AS FROM never_had.{table}")
        return outcome

    def lay(self, tables: Mapping[str, str], schema: str = "main") -> None:
        """Make kept tables readable in the database."""
        for table, key in tables.items():
            local = self._local(key)
            self.database.execute(f"CREATE OR REPLACE VIEW {schema}.{table} AS FROM read_parquet({sql_text(local)})")

    def store(self, table: str, key: str) -> None:
        """Keep a table of the database under a key."""
        local = self.scratch / key
        local.parent.mkdir(parents=True, exist_ok=True)
        self.database.execute(f"COPY {table} TO {sql_text(local)} (FORMAT parquet, COMPRESSION zstd)")
        self.storage.put(key, local)

    def _local(self, key: str) -> Path:
        """The local copy of a kept object."""
        local = self.scratch / key
        if not local.exists():
            local.parent.mkdir(parents=True, exist_ok=True)
            self.storage.get(key, local)
        return local

    def _newest(self, source: Source, files: list[DropFile]) -> tuple[DropFile, date] | None:
        dated = [
            (file, source.day_in_name(file.name) or self.drop.declared_day(file) or file.modified_day)
            for file in files
            if source.file_name.fullmatch(file.name)
        ]
        return max(dated, key=lambda pair: (pair[1], pair[0].name), default=None)

    def _outcome(self, source: Source, newest: tuple[DropFile, date] | None, before: SourceInUse | None) -> Outcome:
        if newest is None:
            return Outcome("absent" if before else "missing", before)
        file, data_day = newest
        if before and (file.name, file.etag) == (before.file, before.etag):
            return Outcome("unchanged", before.model_copy(update={"day": data_day}))
        try:
            return Outcome("accepted", self._accept(source, file, data_day, before))
        except (Refused, Unfetchable) as refusal:
            for table in source.tables:  # read, then refused for what they hold
                self.database.execute(f"DROP TABLE IF EXISTS {table}")
            return Outcome("refused", before, str(refusal))

    def _accept(self, source: Source, file: DropFile, data_day: date, before: SourceInUse | None) -> SourceInUse:
        path = self.scratch / file.name
        self.drop.fetch(file, path)
        previous = {table: self._local(key) for table, key in before.tables.items()} if before else {}
        reading = source.read(self.database, path, previous)
        accepted = guards.check(reading, before.accepted if before else [], day=self.day)
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        path.unlink()
        tables = {table: f"accepted/{source.name}/{self.run_id}/{table}.parquet" for table in source.tables}
        for table, key in tables.items():
            self.store(table, key)
            self.database.execute(f"DROP TABLE {table}")
        self.lay(tables)
        return SourceInUse(
            file=file.name,
            etag=file.etag,
            sha256=digest,
            day=data_day,
            rows_read=reading.rows,
            rows_set_aside=len(reading.set_aside),
            set_aside_key=self._set_aside(source, reading),
            tables=tables,
            accepted=accepted,
        )

    def _set_aside(self, source: Source, reading: Reading) -> str | None:
        if not reading.set_aside:
            return None
        key = f"set-aside/{source.name}/{self.run_id}.ndjson"
        lines = [
            json.dumps({"line": row.line, "reason": row.reason, "raw": row.raw}, ensure_ascii=False)
            for row in reading.set_aside
        ]
        self.storage.write(key, "\n".join(lines).encode() + b"\n")
        return key

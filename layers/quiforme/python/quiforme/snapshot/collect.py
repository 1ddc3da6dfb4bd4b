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
from quiforme.snapshot.ports import Offer, Origin, Storage, Unfetchable, Version
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
    """Takes sources from their origins into the database and the storage.

    Attributes:
        database: Receives every source's tables.
        origins: Where each source's files are, by the source's name.
        storage: Where accepted tables are kept.
        scratch: A local folder for the files under way.
        run_id: Prefix of what this run keeps.
        day: The run's day.

    """

    database: duckdb.DuckDBPyConnection
    origins: Mapping[str, Origin]
    storage: Storage
    scratch: Path
    run_id: str
    day: date

    def collect(self, source: Source, before: SourceInUse | None) -> Outcome:
        """Take one source's newest file, and lay its tables in the database whatever becomes of it."""
        outcome = self._outcome(source, before)
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

    def _outcome(self, source: Source, before: SourceInUse | None) -> Outcome:
        path = self.scratch / f"{source.name}.file"
        known = Version(before.file, before.tag) if before else None
        try:
            offer = self.origins[source.name].take(source, known, path)
            if offer is None:
                return Outcome("absent" if before else "missing", before)
            if before and not offer.fetched:
                return Outcome("unchanged", before.model_copy(update={"day": offer.day}))
            return Outcome("accepted", self._accept(source, path, offer, before))
        except (Refused, Unfetchable) as refusal:
            for table in source.tables:  # read, then refused for what they hold
                self.database.execute(f"DROP TABLE IF EXISTS {table}")
            return Outcome("refused", before, str(refusal))
        finally:
            path.unlink(missing_ok=True)

    def _accept(self, source: Source, path: Path, offer: Offer, before: SourceInUse | None) -> SourceInUse:
        previous = {table: self._local(key) for table, key in before.tables.items()} if before else {}
        reading = source.read(self.database, path, previous)
        accepted = guards.check(reading, before.accepted if before else [], day=self.day)
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        tables = {table: f"accepted/{source.name}/{self.run_id}/{table}.parquet" for table in source.tables}
        for table, key in tables.items():
            self.store(table, key)
            self.database.execute(f"DROP TABLE {table}")
        self.lay(tables)
        return SourceInUse(
            file=offer.version.file,
            tag=offer.version.tag,
            sha256=digest,
            day=offer.day,
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

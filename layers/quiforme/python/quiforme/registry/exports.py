"""Every document of a generation in three files, written before the pointer moves to it.

They are for whoever needs them all, so whatever is not to be disclosed is masked in them for everybody.
"""

import re
from pathlib import Path

import duckdb

from quiforme.database import run_script, sql_text
from quiforme.registry.ports import EXPORTS, Publication, exports_prefix
from quiforme.snapshot.ports import Storage

_KEPT = 8
"""The newest generations, whose exports stay: ops may go back by a week, and a link given before still opens its file."""
_NUMBER = re.compile(rf"{EXPORTS}([0-9]+)/.*")
_FILES = {
    "quiforme.ndjson.gz": ("export_ndjson", "FORMAT json, COMPRESSION gzip"),
    "quiforme.csv": ("export_csv", "FORMAT csv, HEADER"),
    "quiforme.parquet": ("export_parquet", "FORMAT parquet, COMPRESSION zstd"),
}


def write(database: duckdb.DuckDBPyConnection, storage: Storage, scratch: Path, generation: int) -> None:
    """Write the three files from the tables that the documents were made from."""
    run_script(database, "pipeline/exports.sql")
    for name, (view, form) in _FILES.items():
        path = scratch / name
        database.execute(f"COPY (FROM {view}) TO {sql_text(path)} ({form})")
        storage.put(exports_prefix(generation) + name, path)
        path.unlink()


def clear(storage: Storage, current: Publication) -> None:
    """Delete the exports of generations that are neither the current one nor among the newest."""
    kept = {current.generation, *range(current.newest - _KEPT + 1, current.newest + 1)}
    storage.delete(
        key for key in storage.keys(EXPORTS) if (found := _NUMBER.fullmatch(key)) and int(found[1]) not in kept
    )

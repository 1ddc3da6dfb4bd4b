"""The exports: all documents of a generation in three files, written before the pointer moves to the generation.

Everybody may read the files, so an establishment that is not to be disclosed is masked in them.
"""

import re
from pathlib import Path

import duckdb

from quiforme.database import run_script, sql_text
from quiforme.pipeline import document_fields
from quiforme.registry.ports import EXPORTS, Publication, exports_prefix
from quiforme.snapshot.ports import Storage

_KEPT = 8
"""How many of the newest generations keep their exports: ops may roll back by a week, and a link stays valid as long."""
_NUMBER = re.compile(rf"{EXPORTS}([0-9]+)/.*")
_FILES = {
    "quiforme.ndjson.gz": ("export_ndjson", "FORMAT json, COMPRESSION gzip"),
    "quiforme.csv": ("export_csv", "FORMAT csv, HEADER"),
    "quiforme.parquet": ("export_parquet", "FORMAT parquet, COMPRESSION zstd"),
}


def write_exports(database: duckdb.DuckDBPyConnection, storage: Storage, scratch: Path, generation: int) -> None:
    """Write the three files of a generation.

    Args:
        database: Holds the documents and the tables that they were built from.
        storage: Where the files are saved.
        scratch: A local folder.
        generation: Its number.

    """
    run_script(database, "pipeline/exports.sql", parts=document_fields.SQL)
    for name, (view, form) in _FILES.items():
        path = scratch / name
        database.execute(f"COPY (FROM {view}) TO {sql_text(path)} ({form})")
        storage.put(exports_prefix(generation) + name, path)
        path.unlink()


def delete_old_exports(storage: Storage, current: Publication) -> None:
    """Delete the exports of generations that are neither current nor among the newest."""
    kept = {current.generation, *range(current.newest - _KEPT + 1, current.newest + 1)}
    storage.delete(
        key for key in storage.keys(EXPORTS) if (found := _NUMBER.fullmatch(key)) and int(found[1]) not in kept
    )

"""A database as it is once an ingestion has read the sources: every table exists, most are empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from quiforme.database import open_database, run_script

Row = dict[str, Any]


@contextmanager
def tables(scratch: Path, rows: dict[str, list[Row]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables with these rows and no others; `sirene` is a view, as over its stored file."""
    with open_database(scratch, memory_limit_mb=200) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        names = database.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'empty'").fetchall()
        for (name,) in names:
            if name not in ("sirene", "sirene_recente", "adresses"):
                database.execute(f"CREATE TABLE main.{name} AS FROM empty.{name}")
        database.execute("CREATE VIEW sirene AS FROM empty.sirene")
        for name, several in rows.items():
            table = "empty.sirene" if name == "stock" else name
            for row in several:
                places = ", ".join("?" for _ in row)
                database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))
        yield database


def all_of(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return database.execute(query).fetchall()

"""The in-process DuckDB database in which a run joins its tables."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

WHITE_SPACE = "".join(character for character in map(chr, range(sys.maxunicode)) if character.isspace())


@contextmanager
def open_database(scratch: Path, *, memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database with the identifier macros.

    Args:
        scratch: An existing folder; what does not fit in memory is spilled there.
        memory_limit_mb: What DuckDB may hold in memory, in MiB.

    """
    database = duckdb.connect(":memory:", config={"temp_directory": str(scratch / "spill")})
    try:
        database.execute(f"SET memory_limit = '{memory_limit_mb}MiB'")
        database.execute("SET enable_progress_bar = false")
        database.execute("SET VARIABLE white_space = ?", [WHITE_SPACE])
        run_script(database, "identifiers.sql")
        yield database
    finally:
        database.close()


def run_script(database: duckdb.DuckDBPyConnection, path: str) -> None:
    """Execute an SQL file of this package, such as ``pipeline/exports.sql``."""
    database.execute(files("quiforme").joinpath(path).read_text(encoding="utf-8"))


def sql_text(value: str | Path) -> str:
    """`value` as an SQL string literal, for the places where DuckDB takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


def count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table."""
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0

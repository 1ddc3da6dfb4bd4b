"""The in-process DuckDB database of a run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from string import Template

import duckdb

WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""Every white space of Unicode: the last one is U+3000. Each process that imports this waits for the search."""


@contextmanager
def open_database(scratch: Path, *, memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database with the identifier macros.

    Args:
        scratch: An existing folder, where DuckDB spills what does not fit in memory.
        memory_limit_mb: DuckDB's memory limit, in MiB.

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


def run_script(database: duckdb.DuckDBPyConnection, path: str, *, parts: Mapping[str, str] | None = None) -> None:
    """Execute an SQL file of this package.

    Args:
        database: Where it is executed.
        path: The file, such as `pipeline/exports.sql`.
        parts: Generated SQL that replaces `$name` in the file, by name.

    """
    sql = files("quiforme").joinpath(path).read_text(encoding="utf-8")
    database.execute(Template(sql).substitute(parts) if parts else sql)


def sql_text(value: str | Path) -> str:
    """Quote `value` as an SQL string literal, for statements in which DuckDB takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


def count(database: duckdb.DuckDBPyConnection, table: str) -> int:
    """Count the rows of a table."""
    row = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0

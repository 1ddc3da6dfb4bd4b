"""The reader of INSEE's monthly stocks, Parquet or zipped CSV (sources.md, c).

A stock is too big for a table of the database. From a zipped CSV file, the columns that are used are copied straight
to the Parquet file that is stored. A Parquet file is queried in place at first; its columns are copied while the
documents are written. Only that copy reads every value, so damage may show as late as then.
"""

import csv
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.archives import open_only
from quiforme.sources.reading import (
    BROKEN,
    LONGEST_TEXT,
    InPlaceTable,
    ReadResult,
    SetAside,
    require_columns,
    see_all,
    unreadable,
)

_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1"
"""Version 2 stores sorted values as differences; building dictionaries as well would take longer than all the rest."""

_CAST_SIRET = "siret_as_read"
"""The column with every SIRET cast to a number: one cast of the whole column takes half the time of one in a CASE."""

Expression = Callable[[str, str], str]
"""The SQL expression of a column, given its quoted name and its type in the file."""
Columns = Mapping[str, tuple[str, Expression]]
"""By the name they get: the producer's name of each column, and the expression that reads it."""


def siret(name: str, kind: str) -> str:
    """A SIRET as a number (NULL for what is not 14 digits): a third of the text's size, and faster to look up."""
    text = f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN strlen({text}) = 14 THEN siret_number_of({text}, {_CAST_SIRET}) ELSE siret_number(clean({text})) END"


def _is_named(name: str) -> str:
    """The SQL condition: the establishment's SIREN is in `named_sirens`.

    It also lets through a text that is not a SIRET but casts to such a number; the full query then reads it as NULL.
    """
    number = f"coalesce({_CAST_SIRET}, siret_number(clean(CAST({name} AS VARCHAR))))"
    return f"{number} // 100000 IN (SELECT siren FROM named_sirens)"


def text(length: int) -> Expression:
    """A text that has one length when it is well formed: trimming is slow, so only other lengths are trimmed."""

    def expression(name: str, kind: str) -> str:
        cell = name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN strlen({cell}) = {length} THEN {cell} ELSE clean({cell}) END"

    return expression


def letter(*letters: str) -> Expression:
    """One of these letters, NULL for anything else."""
    known = ", ".join(map(sql_text, letters))
    return lambda name, kind: f"TRY_CAST({text(1)(name, kind)} AS ENUM({known}))"


def date(name: str, kind: str) -> str:
    """A day, NULL for what is not an ISO date."""
    return name if kind == "DATE" else f"TRY_CAST(clean(CAST({name} AS VARCHAR)) AS DATE)"


def read(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, columns: Columns, *, limit_bytes: int
) -> ReadResult:
    """Read a stock: a Parquet file in place, a zipped CSV file into a Parquet file.

    Args:
        database: Runs the queries; no table is made in it.
        table: The name of the table that the stock is.
        path: The file.
        columns: The columns to read.
        limit_bytes: The most that a zip may unpack to.

    Raises:
        FileRefused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: The Parquet file could not be written; the producer's file is not to blame.

    """
    try:
        if zipfile.is_zipfile(path):
            return _extract(database, table, path, columns, limit_bytes=limit_bytes)
        return _in_place(database, table, path, columns)
    except duckdb.OutOfMemoryException:
        raise
    except BROKEN as error:
        raise unreadable(error, path) from error


def _in_place(database: duckdb.DuckDBPyConnection, table: str, path: Path, columns: Columns) -> ReadResult:
    source = f"read_parquet({sql_text(path)})"
    described = _columns(database, source, columns)
    query = _select(source, columns, described)
    siret_column = next((described[name][0] for name, expression in columns.values() if expression is siret), None)
    named = f"{query} WHERE {_is_named(siret_column)}" if siret_column else query
    return ReadResult(count(database, source), in_place={table: InPlaceTable(path, query, named, _PARQUET)})


def _extract(
    database: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    columns: Columns,
    *,
    limit_bytes: int,
) -> ReadResult:
    """Unpack the CSV file, since DuckDB does not read zips, and copy its columns to a Parquet file."""
    parquet = path.with_name(f"{table}.parquet")
    with TemporaryDirectory(dir=path.parent) as scratch:
        csv_file = Path(scratch) / "stock.csv"
        with open_only(path, ".csv", limit_bytes=limit_bytes) as packed, csv_file.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        require_columns(_header(csv_file), tuple(name for name, _ in columns.values()))
        source = (
            f"read_csv({sql_text(csv_file)}, delim = ',', quote = '\"', escape = '\"', header = true, "
            "all_varchar = true, store_rejects = true, rejects_limit = 0)"
        )
        query = _select(source, columns, _columns(database, source, columns))
        try:
            [rows] = database.execute(f"COPY ({query}) TO {sql_text(parquet)} ({_PARQUET})").fetchone() or (0,)
        except BROKEN as error:
            see_all(database, query)
            raise OSError(f"{table} was read and could not be written") from error
        return ReadResult(int(rows), _rejected(database), {table: parquet})


def _header(csv_file: Path) -> list[str]:
    """The column names of a CSV file as written: DuckDB renames the second of two equal ones."""
    with csv_file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        line = lines.readline(LONGEST_TEXT)
    return [name.strip() for name in next(csv.reader([line]), [])]


def _columns(database: duckdb.DuckDBPyConnection, source: str, columns: Columns) -> dict[str, tuple[str, str]]:
    """By the producer's name of each column: its quoted SQL name and its type in the file."""
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    required = tuple(name for name, _ in columns.values())
    require_columns([str(row[0]).strip() for row in described], required)
    quoted = {str(row[0]).strip(): ('"' + str(row[0]).replace('"', '""') + '"', str(row[1])) for row in described}
    return {name: quoted[name] for name in required}


def _select(source: str, columns: Columns, described: dict[str, tuple[str, str]]) -> str:
    selected = []
    for alias, (name, expression) in columns.items():
        quoted, kind = described[name]
        selected.append(f"{expression(quoted, kind)} AS {alias}")
        if expression is siret:
            source = f"(SELECT *, TRY_CAST(CAST({quoted} AS VARCHAR) AS BIGINT) AS {_CAST_SIRET} FROM {source})"
    return f"SELECT {', '.join(selected)} FROM {source}"


def _rejected(database: duckdb.DuckDBPyConnection) -> list[SetAside]:
    """The lines of the CSV file that could not be read."""
    if not database.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall():
        return []
    rows = database.execute(
        """
        SELECT line, any_value(error_message), any_value(csv_line)
        FROM reject_errors GROUP BY line ORDER BY line
        """
    ).fetchall()
    return [SetAside(int(line), reason, raw or "") for line, reason, raw in rows]

"""`sirene` and `sirene_succession`: INSEE's monthly stocks, Parquet or zipped CSV (sources.md, c).

A stock never becomes a table of a database, it is too big. Of a CSV file the few columns that are used go straight to
the Parquet file that is kept. A Parquet file is used as it is at first: to keep those columns can wait, and it is then
that the last of them is seen.
"""

import csv
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.archives import STOCK_BYTES, SUCCESSION_BYTES, open_only
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

STOCK_TABLES = ("sirene",)
SUCCESSION_TABLES = ("sirene_succession",)

_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1"
"""Sorted numbers and texts are packed by their differences; to look for repeated ones takes longer than all the rest."""

_READ = "siret_as_read"
"""What a SIRET reads as: reading all in a row takes half the time of reading where a condition holds."""

Column = Callable[[str, str], str]
"""The SQL that reads a column, given its name and its type in the file."""


def _siret(name: str, kind: str) -> str:
    """The number of a SIRET: a third of what the text takes, and quicker to read and to look for."""
    text = f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN strlen({text}) = 14 THEN siret_number_of({text}, {_READ}) ELSE siret_number(clean({text})) END"


def _is_named(name: str) -> str:
    """Holds for every establishment of `named_sirens`, and for what is no SIRET but reads as one of theirs.

    To look closely at so few takes no time.
    """
    number = f"coalesce({_READ}, siret_number(clean(CAST({name} AS VARCHAR))))"
    return f"{number} // 100000 IN (SELECT siren FROM named_sirens)"


def _text(length: int) -> Column:
    """Text, most often of one length, and then there is nothing to trim that could make it a good one."""

    def column(name: str, kind: str) -> str:
        text = name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN strlen({text}) = {length} THEN {text} ELSE clean({text}) END"

    return column


def _letter(*letters: str) -> Column:
    """One of a few letters, NULL for anything else."""
    known = ", ".join(map(sql_text, letters))
    return lambda name, kind: f"TRY_CAST({_text(1)(name, kind)} AS ENUM({known}))"


def _date(name: str, kind: str) -> str:
    return name if kind == "DATE" else f"TRY_CAST(clean(CAST({name} AS VARCHAR)) AS DATE)"


_STOCK: dict[str, tuple[str, Column]] = {
    "siret": ("siret", _siret),
    "etat": ("etatAdministratifEtablissement", _letter("A", "F")),
    "date_debut": ("dateDebut", _date),
    "code_commune": ("codeCommuneEtablissement", _text(5)),
    "diffusion": ("statutDiffusionEtablissement", _letter("O", "P", "N")),
}
# The stock has several versions of a link, which differ in nothing that is read.
_SUCCESSION: dict[str, tuple[str, Column]] = {
    "predecesseur": ("siretEtablissementPredecesseur", _text(14)),
    "successeur": ("siretEtablissementSuccesseur", _text(14)),
    "date_lien": ("dateLienSuccession", _date),
}


def read_stock(database: duckdb.DuckDBPyConnection, path: Path) -> ReadResult:
    """The establishments, as a file for `sirene` or in place.

    Its columns: siret (a number; NULL for what is no 14 digits), etat (A or F), date_debut, code_commune,
    diffusion (O, P or N).

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: What was read could not be written; the file is not to blame.

    """
    return _read(database, "sirene", path, _STOCK, limit_bytes=STOCK_BYTES)


def kept_stock(file: str) -> str:
    """The SQL of the table `sirene`, given that of its file; in those of earlier versions the SIRET is a text."""
    numbered = f"SELECT TRY_CAST(siret AS BIGINT) AS numero, * EXCLUDE (siret) FROM {file}"
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in ("etat", "diffusion"))  # as a Parquet file has them
    return f"(SELECT siret_text(numero) AS siret, * EXCLUDE (numero) REPLACE ({texts}), numero FROM ({numbered}))"


def read_succession(database: duckdb.DuckDBPyConnection, path: Path) -> ReadResult:
    """The links, as a file for `sirene_succession` or in place: predecesseur, successeur, date_lien.

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: What was read could not be written; the file is not to blame.

    """
    return _read(database, "sirene_succession", path, _SUCCESSION, limit_bytes=SUCCESSION_BYTES)


def _read(
    database: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    columns: dict[str, tuple[str, Column]],
    *,
    limit_bytes: int,
) -> ReadResult:
    try:
        if zipfile.is_zipfile(path):
            return _extract(database, table, path, columns, limit_bytes=limit_bytes)
        return _in_place(database, table, path, columns)
    except duckdb.OutOfMemoryException:
        raise
    except BROKEN as error:
        raise unreadable(error, path) from error


def _in_place(
    database: duckdb.DuckDBPyConnection, table: str, path: Path, columns: dict[str, tuple[str, Column]]
) -> ReadResult:
    source = f"read_parquet({sql_text(path)})"
    described = _columns(database, source, columns)
    query = _select(source, columns, described)
    siret = next((described[name][0] for name, column in columns.values() if column is _siret), None)
    named = f"{query} WHERE {_is_named(siret)}" if siret else query
    return ReadResult(count(database, source), in_place={table: InPlaceTable(path, query, named, _PARQUET)})


def _extract(
    database: duckdb.DuckDBPyConnection,
    table: str,
    path: Path,
    columns: dict[str, tuple[str, Column]],
    *,
    limit_bytes: int,
) -> ReadResult:
    """The CSV file of a zip is unpacked, since DuckDB reads no zip."""
    kept = path.with_name(f"{table}.parquet")
    with TemporaryDirectory(dir=path.parent) as scratch:
        text = Path(scratch) / "stock.csv"
        with open_only(path, ".csv", limit_bytes=limit_bytes) as packed, text.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
        require_columns(_header(text), tuple(name for name, _ in columns.values()))
        source = (
            f"read_csv({sql_text(text)}, delim = ',', quote = '\"', escape = '\"', header = true, "
            "all_varchar = true, store_rejects = true, rejects_limit = 0)"
        )
        query = _select(source, columns, _columns(database, source, columns))
        try:
            [rows] = database.execute(f"COPY ({query}) TO {sql_text(kept)} ({_PARQUET})").fetchone() or (0,)
        except BROKEN as error:
            see_all(database, query)
            raise OSError(f"{table} was read and could not be written") from error
        return ReadResult(int(rows), _rejected(database), {table: kept})


def _header(text: Path) -> list[str]:
    """The names of a CSV file's columns as it writes them: DuckDB would give the second of two alike another one."""
    with text.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        line = lines.readline(LONGEST_TEXT)
    return [name.strip() for name in next(csv.reader([line]), [])]


def _columns(
    database: duckdb.DuckDBPyConnection, source: str, columns: dict[str, tuple[str, Column]]
) -> dict[str, tuple[str, str]]:
    """The SQL name that the source gives each column, and its type there, by the producer's name."""
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    required = tuple(name for name, _ in columns.values())
    require_columns([str(row[0]).strip() for row in described], required)
    quoted = {str(row[0]).strip(): ('"' + str(row[0]).replace('"', '""') + '"', str(row[1])) for row in described}
    return {name: quoted[name] for name in required}


def _select(source: str, columns: dict[str, tuple[str, Column]], described: dict[str, tuple[str, str]]) -> str:
    selected = []
    for alias, (name, column) in columns.items():
        quoted, kind = described[name]
        selected.append(f"{column(quoted, kind)} AS {alias}")
        if column is _siret:
            source = f"(SELECT *, TRY_CAST(CAST({quoted} AS VARCHAR) AS BIGINT) AS {_READ} FROM {source})"
    return f"SELECT {', '.join(selected)} FROM {source}"


def _rejected(database: duckdb.DuckDBPyConnection) -> list[SetAside]:
    """The lines that could not be read; a Parquet file has none."""
    if not database.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall():
        return []
    rows = database.execute(
        """
        SELECT line, any_value(error_message), any_value(csv_line)
        FROM reject_errors GROUP BY line ORDER BY line
        """
    ).fetchall()
    return [SetAside(int(line), reason, raw or "") for line, reason, raw in rows]

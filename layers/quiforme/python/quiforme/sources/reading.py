"""What all readers share: their result, the refusal of a file, the rows set aside."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from quiforme.refusals import Refused
from quiforme.sources.values import ColumnCount

LONGEST_TEXT = 10_000
"""The most characters of a text, or of a row of a CSV file. Real ones have some hundred; a longer one is damage, and
would not fit in a message."""


Previous = Callable[[str], Path | None]
"""Gives a table's Parquet file made from the source's last accepted file; None when there is none."""


class FileRefused(Refused):
    """A file that was fetched must not be used."""


BROKEN = (duckdb.Error, UnicodeDecodeError)
"""What DuckDB raises on a damaged file; UnicodeDecodeError when its message quotes bytes that are not UTF-8."""


def see_all(database: duckdb.DuckDBPyConnection, query: str) -> None:
    """Read every value of a query without writing: an error of BROKEN then means damage, not a full disk."""
    database.execute(f"SELECT bit_xor(hash(seen)) FROM ({query}) AS seen").fetchall()


def unreadable(error: Exception, path: Path) -> FileRefused:
    """The refusal of a file that DuckDB cannot read."""
    # DuckDB's message has the local path, which differs from run to run and must not be published.
    reason = re.sub(rf"{re.escape(str(path.parent))}/(?:[^/\s'\"]+/)?", "", str(error).splitlines()[0])
    return FileRefused("unreadable", detail=reason)


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that could not be read; the rest of the file is used."""

    line: int
    """Its physical line in the file, or its rank among the organisations."""
    reason: str
    raw: str
    identifier: str | None = None
    """What can still be read of its identifier: an NDA, a fiche's code, a SIRET, a SIREN or a UAI."""


@dataclass(frozen=True, slots=True)
class InPlaceTable:
    """A table too big for the database, queried in the producer's file; only its columns have been checked so far.

    Attributes:
        path: The file.
        query: The SQL that reads the table from the file.
        named: The SQL that reads the rows that other tables can refer to: when the table has SIRETs, those of
            `named_sirens` (pipeline/shared/named_sirens.sql); else all of them.
        form: The options of COPY for the file in which the table is stored; None when `path` itself is stored.

    """

    path: Path
    query: str
    named: str
    form: str | None


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The outcome of reading one file. Its tables are in the database, except those of `in_place`.

    Attributes:
        rows: How many rows were read, without those set aside.
        set_aside: The rows that could not be read.
        in_place: Tables too big for the database. They are queried in the producer's file, or in a Parquet file made of it;
            this file must stay there.
        columns: What was counted of the form of the values, by the producer's name of the column (values.py).

    """

    rows: int
    set_aside: list[SetAside] = field(default_factory=list)
    in_place: Mapping[str, InPlaceTable] = field(default_factory=dict)
    columns: Mapping[str, ColumnCount] = field(default_factory=dict)


def require_columns(present: list[str], required: tuple[str, ...]) -> None:
    """Refuse a file that lacks a required column or has one twice; the names of `present` are trimmed."""
    missing = [name for name in required if name not in present]
    if missing:
        raise FileRefused("missing_columns", columns=", ".join(missing))
    twice = [name for name in required if present.count(name) > 1]
    if twice:
        raise FileRefused("repeated_columns", columns=", ".join(twice))

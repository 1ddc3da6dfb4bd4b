"""What reading a producer's file gives, whatever the producer."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

LONGEST_TEXT = 10_000
"""Characters of a text, or of a whole row of a CSV file; real ones have some hundred. A longer one is damage, and
would fit in no message."""


Previous = Callable[[str], Path | None]
"""Gives the Parquet file of a table as the source's last accepted file left it, if there was one."""


class FileRefused(Exception):
    """The file may not be used; the message says why, in words for ops."""


BROKEN = (duckdb.Error, UnicodeDecodeError)
"""What comes of reading a damaged file; the latter where DuckDB cites it."""


def see_all(database: duckdb.DuckDBPyConnection, query: str) -> None:
    """Read every value of a query and write nothing: one of BROKEN is raised only if it is for what is read."""
    database.execute(f"SELECT bit_xor(hash(seen)) FROM ({query}) AS seen").fetchall()


def unreadable(error: Exception, path: Path) -> FileRefused:
    """The refusal of a file that DuckDB cannot read."""
    # DuckDB names the file by its path here, which is another in each run, and nobody else's business.
    reason = re.sub(rf"{re.escape(str(path.parent))}/(?:[^/\s'\"]+/)?", "", str(error).splitlines()[0])
    return FileRefused(f"unreadable: {reason}")


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that could not be read."""

    line: int
    """Where it stands in the file: the physical line, or the rank of the fiche."""
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class InPlaceTable:
    """A table too big for the database, as it stands in the file that was read; only its columns were looked at so far.

    Attributes:
        path: The file.
        query: The SQL that reads the table from there.
        named: The SQL that reads what the tables in use can be about: where the table has SIRETs, the establishments of
            `named_sirens` (pipeline/shared/named_sirens.sql).
        form: The options of COPY that make of it a file to be kept.

    """

    path: Path
    query: str
    named: str
    form: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The outcome of one file: its tables now stand in the database, in files of their own, or where they stood.

    Attributes:
        rows: Rows read, those set aside not counted.
        set_aside: The rows that could not be read.
        files: The tables too big for the database, each as a Parquet file ready to be kept, beside the file read.
        in_place: The tables that the file read serves as well; it has to stay for them.

    """

    rows: int
    set_aside: list[SetAside] = field(default_factory=list)
    files: Mapping[str, Path] = field(default_factory=dict)
    in_place: Mapping[str, InPlaceTable] = field(default_factory=dict)


def require_columns(present: list[str], required: tuple[str, ...]) -> None:
    """Refuse a file that lacks one of its columns or has one twice; `present` is already trimmed."""
    missing = [name for name in required if name not in present]
    if missing:
        raise FileRefused(f"missing columns: {', '.join(missing)}")
    twice = [name for name in required if present.count(name) > 1]
    if twice:
        raise FileRefused(f"columns that stand twice: {', '.join(twice)}")

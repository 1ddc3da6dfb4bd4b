"""The reader of INSEE's monthly stocks, Parquet or zipped CSV (sources.md, c).

A stock is too big for a table of the database. A Parquet file is queried in place at first, and stored while the
documents are written: as a copy of some columns, as it is for those of which a run reads few rows, or both. Only then is
every value read, so damage may show as late as that. A zipped CSV file is first made such a Parquet file.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.archives import open_only
from quiforme.sources.csv_lines import Sieve
from quiforme.sources.reading import (
    BROKEN,
    InPlaceTable,
    Previous,
    ReadResult,
    SetAside,
    require_columns,
    unreadable,
)
from quiforme.sources.values import FIRST, ColumnCount, shown

_PARQUET = "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1"
"""Version 2 stores sorted values as differences; building dictionaries as well would take longer than all the rest."""
_UNPACKED = "FORMAT parquet, COMPRESSION snappy"

_CAST = "number_as_read"
"""The column with every SIRET or SIREN cast to a number: one cast of the whole column takes half the time of one in a CASE."""

_PART_BYTES = 256 << 20
"""How much of a CSV file is on the disk at a time: unpacked, it would not fit."""

Expression = Callable[[str, str], str]
"""The SQL expression of a column, given its quoted name and its type in the file."""
Columns = Mapping[str, tuple[str, Expression]]
"""By the name they get: the producer's name of each column, and the expression that reads it."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is read of one of the stocks.

    Attributes:
        key: The producer's name of the column that says what a row is about.
        required: The columns without which the file is refused.
        optional: Those that are null when the file lacks them.
        forms: By the producer's name of a column: the expression that is null for a malformed value.
        table: The table that a copy of some columns is; None when there is no copy.
        copied: The columns of that copy.
        whole: The table that is the file as it is; None when it is not stored.

    """

    key: str
    required: tuple[str, ...]
    forms: Mapping[str, Expression]
    optional: tuple[str, ...] = ()
    table: str | None = None
    copied: Columns = field(default_factory=dict)
    whole: str | None = None

    def present(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns to read of a file with these columns; FileRefused when one is missing or repeated."""
        present = (*self.required, *(name for name in self.optional if name in names))
        require_columns(list(names), present)
        return present


def is_whole_number(kind: str) -> bool:
    """Whether a type has integers only: an identifier stored so has lost its zeros, and nothing else."""
    return kind.removeprefix("U") in _INTEGERS or re.fullmatch(r"DECIMAL\(\d+,0\)", kind) is not None


_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}


def cell(name: str, kind: str) -> str:
    """The text of a cell."""
    return name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)"


def siret(name: str, kind: str) -> str:
    """A SIRET as a number (NULL for what is not 14 digits): a third of the text's size, and faster to look up."""
    if is_whole_number(kind):
        return _number(name, 14)
    text = cell(name, kind)
    return f"CASE WHEN strlen({text}) = 14 THEN siret_number_of({text}, {_CAST}) ELSE siret_number(clean({text})) END"


def siren(name: str, kind: str) -> str:
    """A SIREN as a number; NULL for what is not 9 digits."""
    if is_whole_number(kind):
        return _number(name, 9)
    text = cell(name, kind)
    # As for a SIRET (identifiers.sql): matching each character takes several times as long.
    decimal = f"({_CAST} % 100 <> 0 OR NOT (contains({text}, 'e') OR contains({text}, 'E')))"
    plain = f"{_CAST} >= 100000000 AND strlen({text}) = 9 AND {text} >= '1' AND {decimal}"
    return f"CASE WHEN {plain} THEN {_CAST} WHEN regexp_full_match(clean({text}), '[0-9]{{9}}') THEN {_CAST} END"


def _number(name: str, digits: int) -> str:
    return f"CASE WHEN {name} BETWEEN 0 AND {10**digits - 1} THEN {name}::BIGINT END"


def siret_as_text(name: str, kind: str) -> str:
    """A SIRET as a text."""
    if is_whole_number(kind):  # a longer number stays as it is: lpad would cut it to another SIRET
        return (
            f"CASE WHEN {_number(name, 14)} IS NULL THEN {cell(name, kind)} ELSE lpad({cell(name, kind)}, 14, '0') END"
        )
    return text(14)(name, kind)


def siret_form(name: str, kind: str) -> str:
    """A SIRET as a number, for a column that is not cast as a whole."""
    return _number(name, 14) if is_whole_number(kind) else f"siret_number(clean({cell(name, kind)}))"


def text(length: int) -> Expression:
    """A text that has one length when it is well formed: trimming is slow, so only other lengths are trimmed."""

    def expression(name: str, kind: str) -> str:
        text = cell(name, kind)
        return f"CASE WHEN strlen({text}) = {length} THEN {text} ELSE clean({text}) END"

    return expression


def letter(*letters: str) -> Expression:
    """One of these letters, NULL for anything else."""
    known = ", ".join(map(sql_text, letters))
    return lambda name, kind: f"TRY_CAST({text(1)(name, kind)} AS ENUM({known}))"


def commune_form(name: str, kind: str) -> str:
    """The code of a commune, or the mark that hides it; NULL for anything else."""
    code = text(5)(name, kind)
    return f"CASE WHEN strlen({code}) = 5 OR {code} = '[ND]' THEN {code} END"


def date(name: str, kind: str) -> str:
    """A day, NULL for what is not a date."""
    return f"{name}::DATE" if _is_day(kind) else f"TRY_CAST(clean({cell(name, kind)}) AS DATE)"


def date_form(name: str, kind: str) -> str:
    """A day, NULL for what is not written as an ISO date, or does not exist.

    A time of day other than midnight comes from another time zone, in which the day may be another.
    """
    if kind == "DATE":
        return name
    if _is_day(kind):
        return f"CASE WHEN {name} = {name}::DATE THEN {name} END"
    text = f"clean({cell(name, kind)})"
    return f"CASE WHEN strlen({text}) = 10 AND {text}[5] = '-' AND {text}[8] = '-' THEN TRY_CAST({text} AS DATE) END"


def _is_day(kind: str) -> bool:
    """A date, or a time of day without a time zone: with one, the day depends on where it is read."""
    return kind == "DATE" or (kind.startswith("TIMESTAMP") and kind != "TIMESTAMP WITH TIME ZONE")


def read(
    database: duckdb.DuckDBPyConnection, path: Path, stock: Stock, previous: Previous, *, limit_bytes: int
) -> ReadResult:
    """Read a stock: a Parquet file in place, a zipped CSV file from the Parquet file that is made of it.

    Args:
        database: Runs the queries; no table is made in it.
        path: The file.
        stock: What to read of it.
        previous: Gives the tables of the last accepted file.
        limit_bytes: The most that a zip may unpack to.

    Raises:
        FileRefused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: The Parquet file could not be written; the producer's file is not to blame.

    """
    if zipfile.is_zipfile(path):
        unpacked = _unpack(database, path, stock, previous, limit_bytes=limit_bytes)
        return _read(database, unpacked.path, stock, unpacked)
    try:
        return _read(database, path, stock, None)
    except duckdb.OutOfMemoryException:
        raise
    except BROKEN as error:
        raise unreadable(error, path) from error


@dataclass(frozen=True, slots=True)
class _Unpacked:
    """The Parquet file made of a zipped CSV file: its records, then those of the last accepted file that stay in use."""

    path: Path
    sieve: Sieve
    records: int
    set_aside: list[SetAside]


def _read(database: duckdb.DuckDBPyConnection, path: Path, stock: Stock, unpacked: _Unpacked | None) -> ReadResult:
    source = f"read_parquet({sql_text(path)})"
    present = stock.present([name for name, _, _ in _columns(database, path)])
    described = columns_of(database, path)
    in_place = {}
    if stock.table:
        query = _select(source, stock.copied, described)
        named = query
        if siret in [expression for _, expression in stock.copied.values()]:
            named = f"{query} WHERE {_is_named(*described[stock.key])}"
        in_place[stock.table] = InPlaceTable(path, query, named, _PARQUET)
    if stock.whole:
        read = ", ".join(described[name][0] for name in present)
        in_place[stock.whole] = InPlaceTable(path, f"SELECT {read} FROM {source}", source, None)
    return ReadResult(
        unpacked.records if unpacked else count(database, source),
        unpacked.set_aside if unpacked else [],
        in_place=in_place,
        columns=_count_values(database, path, stock, unpacked.sieve.line_of if unpacked else int),
    )


def _is_named(name: str, kind: str) -> str:
    """The SQL condition: the establishment's SIREN is in `named_sirens`.

    It also lets through a text that is not a SIRET but casts to such a number; the full query then reads it as NULL.
    """
    number = name if is_whole_number(kind) else f"coalesce({_CAST}, siret_number(clean({cell(name, kind)})))"
    return f"{number} // 100000 IN (SELECT siren FROM named_sirens)"


def columns_of(database: duckdb.DuckDBPyConnection, path: Path) -> dict[str, tuple[str, str]]:
    """By the producer's name of each column of a Parquet file, trimmed: its quoted SQL name and its type."""
    return {name: (quoted, kind) for name, quoted, kind in _columns(database, path)}


def _columns(database: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[str, str, str]]:
    described = database.execute(f"DESCRIBE SELECT * FROM read_parquet({sql_text(path)})").fetchall()
    return [(str(row[0]).strip(), _quoted(str(row[0])), str(row[1])) for row in described]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _select(source: str, columns: Columns, described: Mapping[str, tuple[str, str]]) -> str:
    selected = ", ".join(f"{expression(*described[name])} AS {alias}" for alias, (name, expression) in columns.items())
    for name, expression in columns.values():
        if expression is siret:
            source = _with_cast(source, *described[name])
    return f"SELECT {selected} FROM {source}"


def _with_cast(source: str, name: str, kind: str) -> str:
    return f"(SELECT *, TRY_CAST({cell(name, kind)} AS BIGINT) AS {_CAST} FROM {source})"


# --- the form of the values ---------------------------------------------------------------------------------


def _count_values(
    database: duckdb.DuckDBPyConnection, path: Path, stock: Stock, line_of: Callable[[int], int]
) -> dict[str, ColumnCount]:
    """Count the well-formed and the malformed values of each column in one pass: a stock has 44 million rows.

    `line_of` gives the line of a row, given its rank.
    """
    source = f"read_parquet({sql_text(path)}, file_row_number = true)"
    described = columns_of(database, path)
    judged = {name: form for name, form in stock.forms.items() if name in described}
    for name, form in judged.items():
        if form in (siret, siren):
            source = _with_cast(source, *described[name])
    # Only of a value that is malformed is it asked whether it is empty.
    forms = {name: form(*described[name]) for name, form in judged.items()}
    malformed = {
        name: f"CASE WHEN {form} IS NULL THEN clean({cell(*described[name])}) END" for name, form in forms.items()
    }
    counts = ", ".join(f"count({forms[name]}), count({malformed[name]})" for name in judged)
    row = database.execute(f"SELECT {counts} FROM {source}").fetchone() or ()
    found = {}
    for rank, name in enumerate(judged):
        well_formed, others = row[2 * rank : 2 * rank + 2]
        examples = _first(database, source, malformed[name], line_of) if others else ()
        found[name] = ColumnCount(well_formed + others, others, examples, may_go=name not in stock.required)
    return found


def _first(
    database: duckdb.DuckDBPyConnection, source: str, malformed: str, line_of: Callable[[int], int]
) -> tuple[tuple[str, str], ...]:
    rows = database.execute(
        f"SELECT file_row_number + 1, {malformed} FROM {source} WHERE {malformed} IS NOT NULL ORDER BY 1 LIMIT {FIRST}"
    ).fetchall()
    return tuple((str(line_of(rank)), shown(value)) for rank, value in rows)


# --- a zipped CSV file --------------------------------------------------------------------------------------


def _unpack(
    database: duckdb.DuckDBPyConnection, path: Path, stock: Stock, previous: Previous, *, limit_bytes: int
) -> _Unpacked:
    """Make a Parquet file of a zipped CSV file, with the columns that are read, as texts under the producer's names.

    A row set aside is not gone: what the last accepted file says of its identifier is appended.
    """
    parquet = path.with_name(f"{path.name}.unpacked")
    with TemporaryDirectory(dir=path.parent) as scratch:
        with open_only(path, ".csv", limit_bytes=limit_bytes) as stream:
            sieve = Sieve(stream, ",")
            parts = _Parts(database, sieve, stock.present(sieve.names), Path(scratch))
            set_aside = [_identified(row, stock, sieve.names) for row in sieve.sift(parts)]
            parts.flush()
        sieve.check(parts.records)
        records = f"read_parquet({parts.files})"
        kept = _kept(database, records, stock, previous, {row.identifier for row in set_aside if row.identifier})
        query = " UNION ALL BY NAME ".join(f"FROM {one}" for one in (records, *kept))
        with _written_by_us(path):
            database.execute(f"COPY ({query}) TO {sql_text(parquet)} ({_UNPACKED})")
    return _Unpacked(parquet, sieve, parts.records, set_aside)


class _Parts:
    """Takes the records of a CSV file, part by part: each is made a Parquet file before the next one is taken."""

    def __init__(
        self, database: duckdb.DuckDBPyConnection, sieve: Sieve, columns: tuple[str, ...], folder: Path
    ) -> None:
        self.records = 0
        self.files: list[str] = []
        self._database, self._sieve, self._columns, self._folder = database, sieve, columns, folder
        self._part = folder / "part.csv"
        self._file = self._part.open("wb")
        self._header: bytes | None = None

    def write(self, block: bytes, /) -> object:
        """Take the header first, then whole records."""
        if self._header is None:
            self._header = block
        self._file.write(block)
        if self._file.tell() > _PART_BYTES:
            self.flush()
            self._file.write(self._header)
        return None

    def flush(self) -> None:
        """Make a Parquet file of the records taken since the last one."""
        self._file.close()
        file = str(self._folder / f"part-{len(self.files)}.parquet")
        query = f"FROM {self._sieve.relation(self._part, self._columns)}"
        selected = ", ".join(map(_quoted, self._columns))
        with _written_by_us(self._part):
            [records] = self._database.execute(
                f"COPY (SELECT {selected} {query}) TO {sql_text(file)} ({_UNPACKED})"
            ).fetchone() or (0,)
        self.records += int(records)
        self.files.append(file)
        self._file = self._part.open("wb")


@contextmanager
def _written_by_us(path: Path) -> Iterator[None]:
    """Tell a full disk from records that DuckDB does not read."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.IOException as error:
        raise OSError("the stock was read and could not be written") from error
    except BROKEN as error:
        raise unreadable(error, path) from error


def _identified(row: SetAside, stock: Stock, names: Sequence[str]) -> SetAside:
    """The row with its identifier: the digits in its place or, when they are not there, the only ones of that length."""
    digits = f"[0-9]{{{9 if stock.forms[stock.key] is siren else 14}}}"
    place, cells = names.index(stock.key), row.raw.split(",")
    own = cells[place].strip('" \t\r') if place < len(cells) else ""
    others = set(re.findall(rf"(?<![0-9]){digits}(?![0-9])", row.raw))
    if not re.fullmatch(digits, own):
        own = others.pop() if len(others) == 1 else ""
    return replace(row, identifier=own or None)


def _kept(
    database: duckdb.DuckDBPyConnection, records: str, stock: Stock, previous: Previous, identifiers: set[str]
) -> list[str]:
    """The SQL of the last accepted file's rows about these identifiers, without those that the new one has too."""
    if not identifiers:
        return []
    if stock.whole and (file := previous(stock.whole)):
        described = columns_of(database, file)
        columns = {
            name: siret_as_text(*described[name])
            if name == stock.key and stock.forms[name] is siret
            else cell(*described[name])
            for name in (*stock.required, *stock.optional)
            if name in described
        }
    elif stock.table and (file := previous(stock.table)):
        columns = {name: f"CAST({alias} AS VARCHAR)" for alias, (name, _) in stock.copied.items()}
        columns[stock.key] = f"lpad({columns[stock.key]}, 14, '0')"  # of the stock it is a number
    else:
        return []
    selected = ", ".join(f"{value} AS {_quoted(name)}" for name, value in columns.items())
    key = _quoted(stock.key)
    wanted = ", ".join(map(sql_text, sorted(identifiers)))
    return [
        f"(SELECT * FROM (SELECT {selected} FROM read_parquet({sql_text(file)})) WHERE {key} IN ({wanted})"
        f" AND {key} NOT IN (SELECT clean({key}) FROM {records} WHERE clean({key}) IN ({wanted})))"
    ]

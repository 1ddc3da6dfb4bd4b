"""A reader of RFC 4180 rows that sets aside faulty lines only.

Other CSV parsers swallow the lines after an unclosed quote. Here each line is one of three: a whole record; the first
line of a record with a quoted cell over several lines, none of which is a whole record itself; or faulty. A faulty line
is set aside alone, and reading continues on the next. The records go to a clean file, which DuckDB cannot misread.
"""

import codecs
import csv
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.reading import LONGEST_TEXT, FileRefused, SetAside, require_columns

LONGEST_RECORD = 50
"""The most lines of a record. Where the closing quote is further away, the opening one is a stray quote."""
_BLOCK: Final = 1 << 20
"""Bytes read at a time."""
MOST_FAULTS: Final = 500_000
"""Over 1 % of the rows of the largest file that any producer publishes, so a file with more of them is refused in any case.
It is refused at once: what is set aside lies in memory."""
LONGEST_KEPT: Final = 2 * LONGEST_TEXT
"""Characters kept of a faulty line: enough to find it in the file."""
_LONGEST_LINE: Final = 1 << 22
"""Bytes. Of a longer line the beginning is kept: it is set aside whatever comes then."""
_QUOTE, _CR = b'"\r'
"""As numbers: to find one in a line takes a seventh of the time of finding a text of one byte."""
_ENCODINGS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""By byte order mark; the one of UTF-32 starts with the one of UTF-16."""


def read_csv_lines(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    table: str,
    delimiter: str,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> tuple["Sieve", list[SetAside]]:
    """Load columns of a CSV file into a table, every cell as text.

    Args:
        database: Where the table is made.
        path: The file, UTF-8 with or without a byte order mark, lines ending in LF or CRLF.
        table: The table's name. Its columns have the trimmed names of the header; a column `line` has the rank of each
            row among those read.
        delimiter: One character.
        required: Columns without which the file is refused.
        optional: Columns that are NULL when the file lacks them.

    Returns:
        What is known of the file's lines, and those set aside.

    Raises:
        FileRefused: The header is unreadable, lacks a required column, or has a loaded column twice.

    """
    clean = path.with_name(path.name + ".clean")
    try:
        with path.open("rb") as stream:
            sieve = Sieve(stream, delimiter)
            present = tuple(name for name in optional if name in sieve.names)
            require_columns(sieve.names, (*required, *present))
            with clean.open("wb") as file:
                set_aside = list(sieve.sift(file))
        missing = "".join(f', NULL::VARCHAR AS "{name}"' for name in optional if name not in present)
        loaded = ", ".join(f'"{name}"' for name in (*required, *present))
        database.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT row_number() OVER () AS line, {loaded}{missing} "
            f"FROM {sieve.relation(clean, (*required, *present))}"
        )
        sieve.check(count(database, table))
    finally:
        clean.unlink(missing_ok=True)
    return sieve, set_aside


class Writable(Protocol):
    """Takes the header first, then whole records at every call."""

    def write(self, block: bytes, /) -> object:
        """Take a block."""


class Sieve:
    """Separates the records of a CSV file from its faulty lines, in bounded memory.

    Attributes:
        header: The names of the columns as written.
        names: The same, trimmed.

    """

    def __init__(self, stream: IO[bytes], delimiter: str) -> None:
        """Read the header.

        Args:
            stream: UTF-8 with or without a byte order mark, lines ending in LF or CRLF.
            delimiter: One character.

        Raises:
            FileRefused: The file is empty, is not UTF-8, or its header is unreadable.

        """
        self._batches = _batches(stream)
        self._lines = next(self._batches)
        self.header = _header(self._lines[0], delimiter)
        self.names = [name.strip() for name in self.header]
        self._delimiter = delimiter.encode()
        self._width = len(self.header)
        self._well_formed = _pattern(self._delimiter, b"{%d}" % (self._width - 1))
        self._any_width = _pattern(self._delimiter, b"*+")
        self._records = 0
        # From which record on, and by how much, the number of a record's line exceeds the record's rank.
        self._from, self._excess = [1], [1]

    def sift(self, into: Writable) -> Iterator[SetAside]:
        """Write the records to a file, each with LF at its end, below a header; yield the faulty lines.

        Of a faulty line, the first LONGEST_KEPT characters are kept.

        Raises:
            FileRefused: Over MOST_FAULTS lines are faulty.

        """
        # Without a header, DuckDB would take a byte order mark off the first record.
        into.write(self._delimiter.join(b"%d" % place for place in range(self._width)) + b"\n")
        delimiter, delimiters = self._delimiter, self._width - 1
        lines, before, index, faults = self._lines, 0, 1, 0
        for batch in self._each_batch():
            if batch is not None:
                lines, before, index = lines[index:] + batch, before + index, 0
            end = len(lines) - (LONGEST_RECORD if batch is not None else 0)
            clean: list[bytes] = []
            while index < end:
                line = lines[index]
                if (
                    line.count(delimiter) == delimiters
                    and _QUOTE not in line
                    and _CR not in line
                    and len(line) <= LONGEST_TEXT
                    and (line.isascii() or _is_utf8(line))
                ):  # nearly every line
                    clean.append(line)
                    index += 1
                    continue
                record, taken, fault = self._examine(lines, index)
                if fault:
                    faults += 1
                    if faults > MOST_FAULTS:
                        rows = self._records + len(clean) + faults
                        raise FileRefused("too_many_unreadable_rows", unreadable=faults, rows=rows)
                    text = record[: 4 * LONGEST_KEPT].decode(errors="replace")[:LONGEST_KEPT]
                    yield SetAside(before + index + 1, fault, text)
                elif record:
                    clean.append(record)
                index += taken
                if fault or taken > 1 or not record:
                    self._note(self._records + len(clean) + 1, line=before + index + 1)
            into.write(b"\n".join((*clean, b"")))
            self._records += len(clean)

    def relation(self, clean: Path, names: Sequence[str]) -> str:
        """The SQL of the records in the file where they were written, in their order, with these columns as text."""
        cells = {self.names.index(name): name for name in names}
        read_as = ", ".join(f"{sql_text(cells.get(place, f'cell {place}'))}: 'VARCHAR'" for place in range(self._width))
        return (
            f"read_csv({sql_text(clean)}, columns = {{{read_as}}}, header = true, auto_detect = false, "
            f"delim = {sql_text(self._delimiter.decode())}, quote = '\"', escape = '\"', new_line = '\\n', "
            f"strict_mode = true, parallel = false, null_padding = false, max_line_size = {2 * LONGEST_TEXT})"
        )

    def check(self, loaded: int) -> None:
        """Refuse the file unless every record was loaded: rows read and rows set aside are all rows of the file."""
        if loaded != self._records:
            raise FileRefused("unreadable", detail=f"{loaded} of {self._records} records were loaded")

    def line_of(self, record: int) -> int:
        """The physical line where a record starts, given its rank among the records (from 1)."""
        return record + self._excess[bisect_right(self._from, record) - 1]

    def _each_batch(self) -> Iterator[list[bytes] | None]:
        """The batches that follow the first one; then None: no line is ahead any more."""
        yield from self._batches
        yield None

    def _examine(self, lines: list[bytes], index: int) -> tuple[bytes, int, str | None]:
        """What starts on a line (nothing when it is blank), how many lines it takes, and what is wrong with it."""
        record, taken = lines[index].removesuffix(b"\r"), 1
        if not record.strip():
            return b"", 1, None
        fault = None
        if not self._is_record(record):
            several = self._over_several_lines(lines, index) if record.count(b'"') % 2 else None
            if several:
                record, taken = several
            elif self._any_width.fullmatch(record):
                fault = "wrong number of cells"
            else:
                fault = "stray quote" if b'"' in record else "stray carriage return"
        if not fault and len(record) > LONGEST_TEXT:
            fault = "record too long"
        return record, taken, fault if _is_utf8(record) else "not UTF-8"

    def _is_record(self, line: bytes) -> bool:
        if b'"' in line:
            return self._well_formed.fullmatch(line) is not None
        return line.count(self._delimiter) == self._width - 1 and b"\r" not in line

    def _over_several_lines(self, lines: list[bytes], start: int) -> tuple[bytes, int] | None:
        """The record that starts on a line and ends on a later one, with its number of lines; None when there is none.

        A line that is a whole record by itself ends the search: otherwise an unclosed quote would swallow it.
        """
        record = lines[start].removesuffix(b"\r")
        for taken in range(2, min(LONGEST_RECORD, len(lines) - start) + 1):
            line = lines[start + taken - 1].removesuffix(b"\r")
            if self._is_record(line) or len(record) > _LONGEST_LINE:
                return None
            record += b"\n" + line
            if self._is_record(record):
                return record, taken
        return None

    def _note(self, record: int, *, line: int) -> None:
        """Remember on which line a record starts, if it is none of those that follow the last one line by line."""
        if self._from[-1] == record:
            self._excess[-1] = line - record
        else:
            self._from.append(record)
            self._excess.append(line - record)


def cell_of(raw: str, delimiter: str, place: int) -> str:
    """A cell of a faulty line, as well as it can be guessed: as if no cell had a delimiter inside."""
    cells = raw.split(delimiter, place + 1)
    return cells[place].strip().strip('"').strip() if place < len(cells) else ""


def _batches(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """The lines of a stream, a block's at a time, without LF; at least one line in all."""
    tail = stream.read(_BLOCK).removeprefix(codecs.BOM_UTF8)
    block = tail
    while block:
        if b"\n" in block:
            lines = tail.split(b"\n")
            tail = lines.pop()
            yield lines
        block = stream.read(_BLOCK)
        tail = tail + block if b"\n" in block or len(tail) < _LONGEST_LINE else tail
    yield [tail]


def _header(line: bytes, delimiter: str) -> list[str]:
    for mark, encoding in _ENCODINGS.items():
        if line.startswith(mark):
            raise FileRefused("wrong_encoding", encoding=encoding)
    line = line.removesuffix(b"\r")
    if b"\r" in line:
        raise FileRefused("unreadable_header", detail="its lines end in CR alone, not in LF")
    try:
        names = next(csv.reader([line.decode()], delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefused("unreadable_header", detail=str(error)) from error
    if not names:
        raise FileRefused("empty_file")
    return names


def _pattern(delimiter: bytes, times: bytes) -> re.Pattern[bytes]:
    """A record of one cell and this many more."""
    between = re.escape(delimiter)
    # Possessive quantifiers: a cell has only one possible match, so backtracking would be useless.
    cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\r\n%b]*+)' % between
    return re.compile(rb"%b(?:%b%b)%b" % (cell, between, cell, times))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True

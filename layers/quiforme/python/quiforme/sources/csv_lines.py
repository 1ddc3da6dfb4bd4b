"""A reader of RFC 4180 rows that sets aside faulty lines only.

Other CSV parsers swallow the lines after an unclosed quote. Here each line is one of three: a whole record; the first
line of a record with a quoted cell over several lines, none of which is a whole record itself; or faulty. A faulty line
is set aside alone, and reading continues on the next.
"""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import duckdb

from quiforme.database import sql_text
from quiforme.sources.reading import LONGEST_TEXT, FileRefused, SetAside, require_columns

LONGEST_RECORD = 50
"""The most lines of a record. Where the closing quote is further away, the opening one is a stray quote."""
_BOM = b"\xef\xbb\xbf"

_FullMatch = Callable[[bytes], object]


def read_csv_lines(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    table: str,
    delimiter: str,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
) -> tuple[list[str], list[SetAside]]:
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
        The header's names as written (not trimmed), and the lines set aside.

    Raises:
        FileRefused: The header is unreadable, lacks a required column, or has a loaded column twice.

    """
    lines = path.read_bytes().removeprefix(_BOM).split(b"\n")
    raw_header = _header(lines[0], delimiter)
    header = [name.strip() for name in raw_header]
    wanted = (*required, *optional)
    require_columns(header, (*required, *(name for name in optional if name in header)))

    clean = path.with_name(path.name + ".clean")
    try:
        cells = [f"cell_{place}" for place in range(len(header))]
        with clean.open("wb") as file:
            file.write(delimiter.join(cells).encode() + b"\n")
            set_aside = list(_sift(lines, delimiter.encode(), width=len(header), into=file))
        columns = {name: cells[header.index(name)] if name in header else "NULL::VARCHAR" for name in wanted}
        _load(database, clean, table=table, delimiter=delimiter, cells=cells, columns=columns)
    finally:
        clean.unlink(missing_ok=True)
    return raw_header, set_aside


def first_cell(raw: str, delimiter: str) -> str:
    """The first cell of a faulty line, as well as it can be guessed."""
    return raw.split(delimiter, 1)[0].strip().strip('"').strip()


def _header(line: bytes, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line.decode().removesuffix("\r")], delimiter=delimiter, strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileRefused("unreadable_header", detail=str(error)) from error
    if not names:
        raise FileRefused("empty_file")
    return names


def _sift(lines: Sequence[bytes], delimiter: bytes, *, width: int, into: IO[bytes]) -> Iterator[SetAside]:
    """Write the records below the header to a file, and yield the faulty lines."""
    between = re.escape(delimiter)
    # Possessive quantifiers: a cell has only one possible match, so backtracking would be useless.
    cell = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\r\n%b]*+)' % between
    quoted = re.compile(rb"%b(?:%b%b){%d}" % (cell, between, cell, width - 1)).fullmatch
    any_width = re.compile(rb"%b(?:%b%b)*+" % (cell, between, cell)).fullmatch

    def well_formed(record: bytes) -> object:
        if b'"' in record:
            return quoted(record)
        return record.count(delimiter) == width - 1 and b"\r" not in record

    index = 1
    while index < len(lines):
        record = lines[index].removesuffix(b"\r")
        taken = 1
        reason = None
        if well_formed(record):
            pass
        elif record.count(b'"') % 2 and (several := _over_several_lines(lines, index, well_formed)):
            taken, record = several
        elif record.strip():
            reason = _fault(record, any_width)
        else:
            index += 1
            continue
        if reason is None and len(record) > LONGEST_TEXT:
            reason = "record too long"
        try:
            text = record.decode()
        except UnicodeDecodeError:
            reason, text = "not UTF-8", record.decode(errors="replace")
        if reason is None:
            into.write(record + b"\n")
        else:
            yield SetAside(index + 1, reason, text)
        index += taken


def _fault(record: bytes, any_width: _FullMatch) -> str:
    if any_width(record):
        return "wrong number of cells"
    return "stray quote" if b'"' in record else "stray carriage return"


def _over_several_lines(lines: Sequence[bytes], start: int, well_formed: _FullMatch) -> tuple[int, bytes] | None:
    """The record that starts on a line and ends on a later one, with its number of lines; None when there is none.

    A line that is a whole record by itself ends the search: otherwise an unclosed quote would swallow it.
    """
    record = lines[start].removesuffix(b"\r")
    for taken in range(2, min(LONGEST_RECORD, len(lines) - start) + 1):
        line = lines[start + taken - 1].removesuffix(b"\r")
        if well_formed(line):
            return None
        record += b"\n" + line
        if well_formed(record):
            return taken, record
    return None


def _load(
    database: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    table: str,
    delimiter: str,
    cells: list[str],
    columns: dict[str, str],
) -> None:
    read_as = ", ".join(f"{cell}: 'VARCHAR'" for cell in cells)
    selected = ", ".join(f'{cell} AS "{name}"' for name, cell in columns.items())
    database.execute(
        f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT row_number() OVER () AS line, {selected}
        FROM read_csv({sql_text(path)}, columns = {{{read_as}}}, header = true, auto_detect = false,
                      delim = {sql_text(delimiter)}, quote = '"', escape = '"', new_line = '\\n',
                      strict_mode = true, parallel = false, null_padding = false, max_line_size = {2 * LONGEST_TEXT})
        """
    )

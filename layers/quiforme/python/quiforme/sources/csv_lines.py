"""A reader of RFC 4180 rows that loses nothing but the faulty line.

CSV parsers that meet an unclosed quote swallow the lines that follow. Here every line has to be a record by
itself, or the start of one whose quoted cell goes on over the next lines; a line that is neither is set
aside alone, and reading starts afresh on the next.
"""

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from quiforme.database import sql_text
from quiforme.sources.reading import Refused, SetAside, require_columns

LONGEST_RECORD = 50
"""How many lines a quoted cell may run over before its opening quote is held to be a stray one."""

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def read_csv_lines(
    database: duckdb.DuckDBPyConnection, path: Path, *, table: str, delimiter: str, required: tuple[str, ...]
) -> tuple[list[str], list[SetAside]]:
    """Load a CSV file into `table`, every cell as text, its columns named as the trimmed header names them.

    Args:
        database: Where the table is made.
        path: The file, UTF-8 with or without a byte order mark, lines ended by LF or CRLF.
        table: The table's name; a column `line` gives the rank of each row among those read.
        delimiter: One character.
        required: Columns without which the file is refused.

    Returns:
        The header's names as the file writes them (not trimmed), and the lines set aside.

    Raises:
        Refused: The header is unreadable or lacks a required column.

    """
    text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    raw_header = _header(lines[0], delimiter)
    header = [name.strip() for name in raw_header]
    require_columns(header, required)

    records, set_aside = _records(lines, delimiter, width=len(header))
    if _NOT_UTF8.search(text):
        broken = [(line, record) for line, record in records if _NOT_UTF8.search(record)]
        set_aside += [
            SetAside(line, "not UTF-8", record.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            for line, record in broken
        ]
        lost = {line for line, _ in broken}
        records = [(line, record) for line, record in records if line not in lost]

    clean = path.with_name(path.name + ".clean")
    clean.write_text("\n".join(record for _, record in records) + "\n", encoding="utf-8", newline="")
    try:
        _load(database, clean, table=table, delimiter=delimiter, header=header)
    finally:
        clean.unlink()
    return raw_header, sorted(set_aside, key=lambda row: row.line)


def first_cell(raw: str, delimiter: str) -> str:
    """The first cell of a faulty line, as far as it can be told."""
    return raw.split(delimiter, 1)[0].strip().strip('"').strip()


def _header(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise Refused(f"unreadable header: {error}") from error
    if not names:
        raise Refused("empty file")
    return names


def _records(lines: Sequence[str], delimiter: str, *, width: int) -> tuple[list[tuple[int, str]], list[SetAside]]:
    """The records below the header with the number of the line each starts on, and the faulty lines."""
    cell = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{re.escape(delimiter)}\n]*)'
    well_formed = re.compile(rf"{cell}(?:{re.escape(delimiter)}{cell}){{{width - 1}}}").fullmatch
    any_width = re.compile(rf"{cell}(?:{re.escape(delimiter)}{cell})*").fullmatch
    records: list[tuple[int, str]] = []
    set_aside: list[SetAside] = []
    index = 1
    while index < len(lines):
        line = lines[index]
        taken = 1
        if well_formed(line):
            records.append((index + 1, line))
        elif line.count('"') % 2 and (several := _over_several_lines(lines, index, well_formed)):
            taken, record = several
            records.append((index + 1, record))
        elif line:
            reason = "wrong number of cells" if any_width(line) else "stray quote"
            set_aside.append(SetAside(index + 1, reason, line))
        index += taken
    return records, set_aside


def _over_several_lines(
    lines: Sequence[str], start: int, well_formed: Callable[[str], object]
) -> tuple[int, str] | None:
    record = lines[start]
    for taken in range(2, min(LONGEST_RECORD, len(lines) - start) + 1):
        record += "\n" + lines[start + taken - 1]
        if well_formed(record):
            return taken, record
    return None


def _load(database: duckdb.DuckDBPyConnection, path: Path, *, table: str, delimiter: str, header: list[str]) -> None:
    columns = ", ".join(f"{sql_text(name or f'unnamed_{rank}')}: 'VARCHAR'" for rank, name in enumerate(header))
    database.execute(
        f"""
        CREATE OR REPLACE TABLE {table} AS
        SELECT row_number() OVER () AS line, *
        FROM read_csv({sql_text(path)}, columns = {{{columns}}}, header = false, auto_detect = false,
                      delim = {sql_text(delimiter)}, quote = '"', escape = '"', new_line = '\\n',
                      strict_mode = true, parallel = false, null_padding = false)
        """
    )

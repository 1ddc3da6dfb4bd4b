"""Only faulty lines are set aside: the CSV reader against the csv module and the oracle's reading of one line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quiforme.database import open_database
from quiforme.sources.csv_lines import LONGEST_RECORD, read_csv_lines
from quiforme.sources.reading import FileRefused, ReadResult

from tools.oracle.reading import cells_of

PIECES = (
    "a",
    "é",
    "\ufeff",
    ";",
    ";",
    '"',
    '"',
    '""',
    '";"',
    "1;2;3\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\0",
    "\\",
    "#",
    "'",
)
rubbish = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def read(folder: Path, content: bytes) -> tuple[list[tuple[str, ...]], ReadResult]:
    path = folder / "file.csv"
    path.write_bytes(content)
    with open_database(folder, memory_limit_mb=200) as database:
        _, set_aside = read_csv_lines(database, path, table="read", delimiter=";", required=("A", "B", "C"))
        rows = database.execute("SELECT coalesce(A, ''), coalesce(B, ''), coalesce(C, '') FROM read ORDER BY line")
        found = rows.fetchall()
    assert list(folder.iterdir()) == [path]
    return found, ReadResult(len(found), set_aside)


def lines_of(text: str) -> list[str]:
    return [line.removesuffix("\r") for line in text.split("\n")]


@settings(deadline=None)
@given(rubbish)
@example('1;"2\n1;2;3\n4";5')
@example("\ufeff1;2;3\n")
@example('1;"2\n2b\r\n2c";3\n\n 1;2;3')
def test_only_the_faulty_line_is_set_aside(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    rows, reading = read(tmp_path_factory.mktemp("csv"), f"A;B;C\n{body}".encode())
    lines = lines_of(f"A;B;C\n{body}")
    faulty = {row.line for row in reading.set_aside}
    for row in reading.set_aside:
        alone = cells_of(row.raw, ";")
        assert row.raw == lines[row.line - 1]
        assert row.raw.strip()
        assert alone is None or len(alone) != 3 or "\r" in row.raw
    kept = "\n".join("" if rank in faulty else line for rank, line in enumerate(lines, start=1) if rank > 1)
    expected = [
        tuple(cells)
        for cells in csv.reader(io.StringIO(kept, newline=""), delimiter=";", strict=True)
        if "".join(cells).strip() or len(cells) > 1
    ]
    assert rows == expected


@pytest.mark.parametrize(
    ("body", "rows", "lost"),
    [
        ('1;"2;3\n4;5;6\n', [("4", "5", "6")], {2: "stray quote"}),
        ('1;"2\n4;5;6\n7";8\n', [("4", "5", "6")], {2: "stray quote", 4: "stray quote"}),
        ('1;"2\n2";3\n', [("1", "2\n2", "3")], {}),
        ("1;2\n4;5;6\n", [("4", "5", "6")], {2: "wrong number of cells"}),
        ("1;2\r;3\n4;5;6", [("4", "5", "6")], {2: "stray carriage return"}),
        (" \t\n\r\n\n1;2;3", [("1", "2", "3")], {}),
        ('1;"' + "\n" * LONGEST_RECORD + '";3\n4;5;6', [("4", "5", "6")], {2: "stray quote", 52: "stray quote"}),
        ("1;" + "2" * 1_000_000 + ";3\n4;5;6", [("4", "5", "6")], {2: "record too long"}),
    ],
)
def test_what_is_set_aside(tmp_path: Path, body: str, rows: list[tuple[str, ...]], lost: dict[int, str]) -> None:
    found, reading = read(tmp_path, b"\xef\xbb\xbfA;B;C\r\n" + body.encode())
    assert found == rows
    assert {row.line: row.reason for row in reading.set_aside} == lost


def test_a_line_that_is_not_utf8_is_set_aside_alone(tmp_path: Path) -> None:
    found, reading = read(tmp_path, "A;B;C\né;2;3\n".encode() + "é;2;3\n".encode("latin-1"))
    assert found == [("é", "2", "3")]
    assert [(row.line, row.reason, row.raw) for row in reading.set_aside] == [(3, "not UTF-8", "\ufffd;2;3")]


def test_columns_are_found_by_name_and_others_are_ignored(tmp_path: Path) -> None:
    found, _ = read(tmp_path, b' C ;x;x;X;"";A;B\n3;;;;;1;2\n')
    assert found == [("1", "2", "3")]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"", "empty file"),
        (b"A;B\n1;2\n", "missing columns: C"),
        (b"A;B;C;A\n1;2;3;4\n", "columns that stand twice: A"),
        (b'A;B;"C\n1;2;3\n', "unreadable header"),
        ("A;B;C\n".encode("utf-16"), "unreadable header"),
    ],
)
def test_headers_that_are_refused(tmp_path: Path, header: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read(tmp_path, header)

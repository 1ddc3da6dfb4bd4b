"""Only faulty lines are set aside: the CSV reader against the csv module and the oracle's reading of one line."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quiforme.database import open_database
from quiforme.sources import csv_lines
from quiforme.sources.csv_lines import LONGEST_RECORD, Sieve, read_csv_lines
from quiforme.sources.reading import FileRefused, ReadResult, SetAside

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
        ("A;B;C\n".encode("utf-16"), "encoded in UTF-16"),
        ("A;B;C\n".encode("utf-16-be"), "missing columns|unreadable header"),
        (codecs.BOM_UTF32_BE + "A;B;C\n".encode("utf-32-be"), "encoded in UTF-32"),
        ("é;A;B;C\n".encode("latin-1"), "unreadable header"),
        (b"A;B;C\r1;2;3\r4;5;6\r", "unreadable header: its lines end in CR alone"),
        (b"A,B,C\n1,2,3\n", "missing columns: A, B, C"),
    ],
)
def test_headers_that_are_refused(tmp_path: Path, header: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read(tmp_path, header)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["1;2;3", "1;2", "", "\r", '1;"2', '2";3', '1;"2;3', "é;2;3", "1;2;3\r"]), max_size=60))
def test_no_line_is_lost_whatever_is_read_at_once(lines: list[str]) -> None:
    """A file read in blocks of any size gives the same records, and each knows its line."""
    content = "\n".join(["A;B;C", *lines]).encode()
    whole, *others = (sifted(content, block) for block in (1 << 20, 7, 40))
    assert others == [whole, whole]
    records, _, starts = whole
    for record, line in zip(records, starts, strict=True):
        assert record.split("\n")[0] == lines[line - 2].removesuffix("\r")


def sifted(content: bytes, block: int) -> tuple[list[str], list[SetAside], list[int]]:
    """The records, the lines set aside and the line of each record; the stream gives so many bytes at a time."""

    class Slow(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            return super().read(block)

    into = io.BytesIO()
    sieve = Sieve(Slow(content), ";")
    set_aside = list(sieve.sift(into))
    written = list(csv.reader(io.StringIO(into.getvalue().decode(), newline=""), delimiter=";", strict=True))[1:]
    records = [";".join(f'"{cell}"' if "\n" in cell else cell for cell in row) for row in written]
    return records, set_aside, [sieve.line_of(rank) for rank in range(1, len(records) + 1)]


def test_an_endless_line_is_set_aside_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "_LONGEST_LINE", 20_000)
    content = b"A;B;C\n1;2;3\n" + b"x" * 900_000 + b";2;3\n4;5;6\n"
    records, set_aside, starts = sifted(content, 1_000)
    assert records == ["1;2;3", "4;5;6"]
    assert starts == [2, 4]
    assert [(row.line, row.reason, len(row.raw) < 25_000) for row in set_aside] == [(3, "record too long", True)]


def test_records_that_the_database_does_not_give_back_refuse_the_file() -> None:
    sieve = Sieve(io.BytesIO(b"A;B\n1;2\n3;4\n"), ";")
    assert not list(sieve.sift(io.BytesIO()))
    sieve.check(2)
    with pytest.raises(FileRefused, match="unreadable: 1 of 2 records were loaded"):
        sieve.check(1)


def test_a_file_of_faulty_lines_alone_is_refused_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lines, "MOST_FAULTS", 3)
    content = b"a;b\n1;2\n" + b"x\n" * 3
    assert len(list(Sieve(io.BytesIO(content), ";").sift(io.BytesIO()))) == 3
    with pytest.raises(FileRefused, match=r"^4 of 5 rows are unreadable"):
        list(Sieve(io.BytesIO(content + b"x\n" * 1000), ";").sift(io.BytesIO()))


def test_only_the_start_of_a_faulty_line_is_kept() -> None:
    content = b"a;b\n" + "é".encode() * 50_000
    [row] = Sieve(io.BytesIO(content), ";").sift(io.BytesIO())
    assert row.raw == "é" * csv_lines.LONGEST_KEPT

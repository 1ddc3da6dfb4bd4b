"""A reader reads or refuses any file: good files, then files cut, flipped, repeated and stuffed at random."""

import codecs
import csv
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources.catalogue import SOURCES, Source
from quiforme.sources.reading import BROKEN, FileRefused, ReadResult

from tests.proving import SEED
from tools.fictitious_france import FIRST_DAY, write_day

ROUNDS = 60 if SEED else 8
"""How many spoilt files of each source: `make prove` reads more of them."""
STUFFING = (
    b'"',
    b";",
    b"\n",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"<",
    b"</FICHE>",
    b"<![CDATA[",
    b"&x;",
    b"[" * 5_000,
    b"{",
    b"\xef\xbb\xbf",
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Each source's files of a day, in all their formats."""
    drop, zipped = tmp_path_factory.mktemp("drop"), tmp_path_factory.mktemp("zipped")
    write_day(drop, FIRST_DAY)
    write_day(zipped, FIRST_DAY, of_variant="2021", sirene_format="zip", onisep_bare=True)
    for path in drop.glob("export*.zip"):  # bare, which reaches the parser where a zip's checksum would not let it
        with zipfile.ZipFile(path) as archive:
            (zipped / path.name).with_suffix(".xml").write_bytes(archive.read(archive.namelist()[0]))
    files = [*drop.iterdir(), *zipped.iterdir()]
    return {source.name: [path for path in files if source.matches(path.name)] for source in SOURCES}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path, memory_limit_mb=400) as database:
        yield database


def cut(dice: random.Random, content: bytes) -> bytes:
    return content[: dice.randrange(len(content))]


def cut_out(dice: random.Random, content: bytes) -> bytes:
    start = dice.randrange(len(content))
    return content[:start] + content[start + dice.randrange(1, 400) :]


def flip(dice: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 4, 40))):
        # The ends more often: they hold the headers and the directories.
        place = dice.choice(
            (
                dice.randrange(len(changed)),
                dice.randrange(-min(len(changed), 800), 0),
                dice.randrange(min(len(changed), 400)),
            )
        )
        changed[place] = dice.randrange(256)
    return bytes(changed)


def repeat(dice: random.Random, content: bytes) -> bytes:
    start = dice.randrange(len(content))
    part = content[start : start + dice.randrange(1, 2_000)]
    return content[:start] + part + content[start:]


def stuff(dice: random.Random, content: bytes) -> bytes:
    place = dice.randrange(len(content))
    return content[:place] + dice.choice(STUFFING) + content[place:]


def recode(dice: random.Random, content: bytes) -> bytes:
    return content.decode(errors="replace").encode(
        dice.choice(("utf-16", "utf-32", "cp1252", "utf-8-sig")), errors="replace"
    )


HOW: tuple[Callable[[random.Random, bytes], bytes], ...] = (cut, cut_out, flip, flip, repeat, stuff, recode)


def relation(reading: ReadResult, table: str) -> str:
    """The relation of a table that was read."""
    return f"({reading.in_place[table].query})" if table in reading.in_place else table


def rows_of_csv(content: bytes, reading: ReadResult) -> int:
    """How many rows a CSV file has, by the csv module once the rows set aside are taken out."""
    lines = content.removeprefix(codecs.BOM_UTF8).split(b"\n")[1:]
    for row in reading.set_aside:
        for line in range(row.line, row.line + row.raw.count("\n") + 1):
            lines[line - 2] = b""
    text = b"\n".join(line.removesuffix(b"\r") for line in lines).decode()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    return sum(bool("".join(row).strip() or len(row) > 1) for row in rows) + len(reading.set_aside)


def rows_of_json(content: bytes, _: ReadResult) -> int:
    answer = json.loads(content)
    return len(answer["organismes"] if isinstance(answer, dict) else answer)


ROWS: dict[str, Callable[[bytes, ReadResult], int]] = {
    "liste_of": rows_of_csv,
    "annuaire_education": rows_of_csv,
    "referentiel_onisep": rows_of_json,
}
"""By source: how many rows a file has, counted in another way than the reader does."""


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_reads_or_refuses(source: Source, good: dict[str, list[Path]], tmp_path: Path) -> None:
    dice = random.Random(source.name)
    path = tmp_path / f"{source.name}.file"
    refused = 0
    for _ in range(ROUNDS):
        content = dice.choice(good[source.name]).read_bytes()
        for how in dice.choices(HOW, k=dice.choice((1, 1, 2))):
            content = how(dice, content)
        path.write_bytes(content)
        with open_database(tmp_path, memory_limit_mb=400) as database:
            try:
                reading = source.read(database, path, lambda _: None)
            except FileRefused as refusal:
                assert str(refusal)
                refused += 1
            else:
                if source.name in ROWS:
                    assert reading.rows + len(reading.set_aside) == ROWS[source.name](content, reading)
                for row in reading.set_aside:
                    assert row.reason
                    row.raw.encode()
                try:
                    for table in source.tables:  # what was read can be gone through
                        database.execute(f"CREATE OR REPLACE TEMP TABLE seen AS FROM {relation(reading, table)}")
                except BROKEN:  # what stands in the producer's file is seen only then
                    assert reading.in_place
                    refused += 1
    assert refused


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\n", b"<html><title>503</title></html>", b"PK\x03\x04", b"PAR1", b"[" * 100_000]
)
def test_refuses_a_file_of_another_format(
    source: Source, content: bytes, database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / f"{source.name}.file"
    path.write_bytes(content)
    with pytest.raises(FileRefused):
        source.read(database, path, lambda _: None)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_reads_good_files(
    source: Source, good: dict[str, list[Path]], database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """And leaves nothing beside them but the tables that it names."""
    counts = set()
    for file in good[source.name]:
        path = tmp_path / f"{source.name}.file"
        path.write_bytes(file.read_bytes())
        reading = source.read(database, path, lambda _: None)
        counts.add(reading.rows)
        left = {path, *(table.path for table in reading.in_place.values())}
        assert {entry for entry in tmp_path.iterdir() if entry.is_file()} == left
        for entry in left - {path}:
            entry.unlink()
    assert len(good[source.name]) > 1
    assert len(counts) == 1

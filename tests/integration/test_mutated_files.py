"""Every reader on files in the producers' formats, damaged at random: no crash, and no loss in silence.

Damage is done to some records of a file (lines of a CSV file, fiches of a register, organisations of the référentiel).
All other records must be read as if the damaged ones were not there, and each damaged one must be read or set aside.
"""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quiforme.database import open_database
from quiforme.refusals import Refused
from quiforme.sources.catalogue import BY_NAME, Source
from quiforme.sources.reading import BROKEN, ReadResult, see_all

from tests.integration.spoilt import path_of, rewrite
from tests.proving import MUTATED_FILES
from tools.fictitious_france import FIRST_DAY, write_day

CSV = ("liste_of", "annuaire_education", "sirene", "sirene_succession", "sirene_unite_legale")
XML = ("rncp", "rs")
WITHOUT = {"line", "rank"}
"""Columns that say where a row was: they differ when a line before it is gone."""

TOKENS = (
    b'"',
    b'""',
    b';"',
    b",",
    b";",
    b"\r",
    b"\n",
    b"\t",
    b"\x00",
    b"\x0b",
    b"\xff",
    b"\xe9",
    b"\xc2\xa0",
    b"\xef\xbb\xbf",
    b"&",
    b"&nbsp;",
    b"&#11;",
    b"<",
    b">",
    b"</",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"<?",
    b"</PARTENAIRE>",
    b"<FICHE>",
    b"</FICHE>",
    b"x" * 12_000,
)
"""What stands where it should not in files that others have met."""


@dataclass(frozen=True)
class Damage:
    """One change of one record; places are shares of a length."""

    record: float
    at: float
    length: int
    token: bytes
    kind: str

    def apply(self, record: bytes) -> bytes:
        start = int(self.at * len(record))
        end = min(len(record), start + self.length)
        match self.kind:
            case "insert":
                return record[:start] + self.token + record[start:]
            case "replace":
                return record[:start] + self.token + record[end:]
            case "delete":
                return record[:start] + record[end:]
            case "double":
                return record[:end] + record[start:]
            case _:
                return record[:start]


DAMAGES = st.lists(
    st.builds(
        Damage,
        record=st.floats(0, 0.999),
        at=st.floats(0, 1),
        length=st.integers(1, 60),
        token=st.sampled_from(TOKENS),
        kind=st.sampled_from(("insert", "replace", "delete", "double", "cut")),
    ),
    min_size=1,
    max_size=3,
)


@dataclass(frozen=True)
class Content:
    """A file as what comes before its records, the records, and what comes after them."""

    before: bytes
    records: list[bytes]
    after: bytes
    between: bytes = b""

    @property
    def text(self) -> bytes:
        return self.before + self.between.join(self.records) + self.after

    def with_records(self, records: list[bytes]) -> "Content":
        return Content(self.before, records, self.after, self.between)


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound drop, Sirene as CSV."""
    folder = tmp_path_factory.mktemp("drop")
    write_day(folder, FIRST_DAY, size=60, ministry_fiches=1, sirene_format="zip")
    return folder


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with Sirene as Parquet."""
    folder = tmp_path_factory.mktemp("parquet")
    write_day(folder, FIRST_DAY, size=60, ministry_fiches=1, sirene_format="parquet")
    return folder


def content_of(path: Path) -> bytes:
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        (inner,) = archive.namelist()
        return archive.read(inner)


def csv_content(path: Path) -> Content:
    """The lines of a CSV file, without those of records over several lines."""
    header, *lines = content_of(path).rstrip(b"\n").split(b"\n")
    return Content(header + b"\n", [line for line in lines if line.count(b'"') % 2 == 0], b"\n", b"\n")


def xml_content(path: Path) -> Content:
    """The fiches of a register."""
    text = content_of(path)
    fiches = list(re.finditer(rb"<FICHE>.*?</FICHE>", text, re.DOTALL))
    return Content(text[: fiches[0].start()], [fiche[0] for fiche in fiches], text[fiches[-1].end() :], b"\n")


def json_content(path: Path) -> Content:
    """The organisations of the référentiel."""
    content = json.loads(path.read_bytes())
    records = [json.dumps(one, ensure_ascii=False).encode() for one in content["organismes"]]
    return Content(b'{"organismes": [', records, b"]}", b",\n")


@contextmanager
def read(source: Source, original: Path, text: bytes | None) -> Iterator[tuple[ReadResult, Counter[Any]]]:
    """Read a file with other content; gives the result and the rows of all its tables."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / original.name
        path.write_bytes(original.read_bytes())
        if text is not None:
            rewrite(path, lambda _: text)
        with open_database(Path(folder), memory_limit_mb=500) as database:
            database.execute("SET threads = 1")
            result = source.read(database, path, lambda _: None)
            yield result, rows_of(database, source, result)


def rows_of(database: duckdb.DuckDBPyConnection, source: Source, result: ReadResult) -> Counter[Any]:
    rows: Counter[Any] = Counter()
    for table in (*source.tables, *source.on_demand):
        if table in result.in_place:
            relation = f"({result.in_place[table].query})"
            see_all(database, result.in_place[table].query)
        else:
            relation = table
        names = [str(row[0]) for row in database.execute(f"DESCRIBE FROM {relation}").fetchall()]
        columns = ", ".join(f'"{name}"' for name in names if name not in WITHOUT)
        rows.update((table, str(row)) for row in database.execute(f"SELECT {columns} FROM {relation}").fetchall())
    return rows


def damaged(content: Content, damages: Sequence[Damage]) -> tuple[Content, Content, list[bytes]]:
    """The damaged file, the same without the damaged records, and these."""
    changed = dict.fromkeys(int(damage.record * len(content.records)) for damage in damages)
    records = list(content.records)
    for damage in damages:
        place = int(damage.record * len(records))
        records[place] = damage.apply(records[place])
    sound = [record for place, record in enumerate(content.records) if place not in changed]
    return content.with_records(records), content.with_records(sound), [records[place] for place in changed]


def check(
    source: Source, original: Path, content: Content, damages: Sequence[Damage], most: Callable[[bytes], int]
) -> None:
    """Only the damaged records may be missing, and none of them in silence.

    Args:
        source: The source.
        original: Its sound file.
        content: What is in it.
        damages: What is changed.
        most: As how many rows a damaged record may count at most; at least as one, unless nothing of it is left.

    """
    file, sound, changed = damaged(content, damages)
    with read(source, original, sound.text) as (expected, expected_rows):
        pass
    with read(source, original, file.text) as (result, rows):
        pass
    lost = expected_rows - rows
    assert not lost, (list(lost)[:3], [row.reason for row in result.set_aside])
    accounted = result.rows + len(result.set_aside) - expected.rows - len(expected.set_aside)
    assert bool(b"".join(changed).strip()) <= accounted <= sum(map(most, changed)), (accounted, result.set_aside[:5])
    assert all(row.line > 0 and row.reason for row in result.set_aside)


_SETTINGS = settings(
    max_examples=MUTATED_FILES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("name", CSV)
@_SETTINGS
@given(damages=DAMAGES)
def test_damaged_lines_of_csv_files(drop: Path, name: str, damages: list[Damage]) -> None:
    path = path_of(drop, name)
    check(BY_NAME[name], path, csv_content(path), damages, most=lambda line: line.count(b"\n") + 1)


@pytest.mark.parametrize("name", XML)
@_SETTINGS
@given(damages=DAMAGES)
def test_damaged_fiches_of_registers(drop: Path, name: str, damages: list[Damage]) -> None:
    path = path_of(drop, name)
    check(
        BY_NAME[name],
        path,
        xml_content(path),
        damages,
        # What stands before or after a fiche, or between its tags, may be set aside as a row of its own.
        most=lambda fiche: 2 + fiche.count(b"<FICHE") + fiche.count(b"</FICHE"),
    )


@_SETTINGS
@given(damages=DAMAGES)
def test_damaged_organisations_of_the_referentiel(drop: Path, damages: list[Damage]) -> None:
    """JSON has no record that can be told apart once its syntax is broken: then the file is refused, and says where."""
    path = path_of(drop, "referentiel_onisep")
    content = json_content(path)
    try:
        json.loads(damaged(content, damages)[0].text)
    except ValueError:
        with (
            pytest.raises(Refused) as refused,
            read(BY_NAME["referentiel_onisep"], path, damaged(content, damages)[0].text),
        ):
            pass
        assert re.search(r"line [0-9]|byte|position|char|column|UTF-8|utf-8|offset", str(refused.value)), str(
            refused.value
        )
        return
    check(BY_NAME["referentiel_onisep"], path, content, damages, most=lambda one: one.count(b",\n") + 2)


@pytest.mark.parametrize("name", ("sirene", "sirene_succession", "sirene_unite_legale", "rncp"))
@_SETTINGS
@given(damages=DAMAGES)
def test_damaged_bytes_of_parquet_files_and_of_zips(
    drop: Path, parquet: Path, name: str, damages: list[Damage]
) -> None:
    """What such a file holds can only be read as a whole: all its rows are read, or it is refused."""
    original = path_of(drop if name == "rncp" else parquet, name)
    with read(BY_NAME[name], original, None) as (expected, _):
        pass
    content = original.read_bytes()
    for damage in damages:
        start = int(damage.record * len(content))
        content = content[:start] + damage.apply(content[start : start + 400]) + content[start + 400 :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / original.name
        path.write_bytes(content)
        try:
            with read(BY_NAME[name], path, None) as (result, _):
                pass
        except Refused as refused:
            assert str(refused)
        except BROKEN as error:  # of the later copy: the run refuses the file then (snapshot/tables.py)
            assert str(error)
        else:
            assert result.rows + len(result.set_aside) == expected.rows

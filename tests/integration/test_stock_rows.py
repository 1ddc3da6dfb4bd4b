"""The rows of Sirene's zipped CSV files: a faulty one is set aside alone, and is not gone."""

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources import csv_lines, insee_stocks
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.reading import LONGEST_TEXT, FileRefused, ReadResult, SetAside

from tests.integration.test_field_inputs import FIELD
from tools.fictitious_france.formats.archives import write_zip

HEADERS = {
    "sirene": "siren,nic,siret,statutDiffusionEtablissement,dateDebut,etatAdministratifEtablissement,"
    "codeCommuneEtablissement,enseigne1Etablissement",
    "sirene_succession": "siretEtablissementPredecesseur,siretEtablissementSuccesseur,dateLienSuccession",
    "sirene_unite_legale": "siren,statutDiffusionUniteLegale,etatAdministratifUniteLegale,denominationUniteLegale,"
    "nomUniteLegale",
}


def siret(number: int) -> str:
    return f"{800_000_000 + number}00017"


def line(name: str, number: int) -> str:
    if name == "sirene":
        return f'{siret(number)[:9]},00017,{siret(number)},O,2010-01-01,A,75111,"ENSEIGNE ""{number}"", A"'
    if name == "sirene_succession":
        return f"{siret(number)},{siret(number + 1)},2020-01-01"
    return f"{siret(number)[:9]},O,A,SOCIETE {number},"


def lines(name: str, rows: int) -> list[str]:
    return [HEADERS[name], *(line(name, number) for number in range(rows))]


def read(
    folder: Path, name: str, content: bytes | list[str], previous: dict[str, Path] | None = None
) -> tuple[ReadResult, list[tuple[str, ...]]]:
    """The result, and the rows of the Parquet file that is made of the CSV file."""
    content = content if isinstance(content, bytes) else "\n".join([*content, ""]).encode()
    write_zip(folder / "stock.zip", "stock.csv", content)
    with open_database(folder, memory_limit_mb=500) as database:
        result = BY_NAME[name].read(database, folder / "stock.zip", (previous or {}).get)
        [path] = {table.path for table in result.in_place.values()}
        return result, database.execute(f"FROM read_parquet('{path}')").fetchall()


def opened(text: str) -> str:
    """A quote opens a cell and is never closed."""
    return text.replace(",O,", ',"O,') if ",O," in text else text.replace(",2020", ',"2020')


FAULTS: dict[str, Callable[[str], str]] = {
    "a stray quote": opened,
    "a quote at the end": lambda text: text + 'x"',
    "a quote at the beginning": lambda text: '"' + text,
    "a cell too many": lambda text: text + ",x",
    "a cell too few": lambda text: text.rsplit(",", 1)[0].replace('""', "") + "",
    "lines that end in CR": lambda text: text + "\r" + text,
    "too long": lambda text: text + "x" * LONGEST_TEXT,
}
PLACES = (1, 2, 25_000, 29_999, 30_000)
"""Lines, from 0: the first row, the second, one beyond what DuckDB looks at first, and the last two."""


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", HEADERS)
def test_a_faulty_row_is_set_aside_alone(tmp_path: Path, name: str, fault: str) -> None:
    written = lines(name, 30_000)
    for place in PLACES:
        written[place] = FAULTS[fault](written[place])
    result, rows = read(tmp_path, name, written)
    assert [row.line for row in result.set_aside] == [place + 1 for place in PLACES]
    assert [row.raw[: len(written[1])] for row in result.set_aside] == [
        written[place][: len(written[1])] for place in PLACES
    ]
    assert result.rows == len(rows) == 30_000 - len(PLACES)


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("part_bytes", [200, 1 << 20])
def test_rows_read_and_rows_set_aside_are_all_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, part_bytes: int
) -> None:
    """Whatever is spoilt, with cells over several lines in between, and in parts."""
    monkeypatch.setattr(insee_stocks, "_PART_BYTES", part_bytes)
    dice = random.Random(end)
    for _ in range(5):
        written = lines("sirene", 60)
        faulty = set(dice.sample(range(1, 61), 8))
        for place in faulty:
            written[place] = FAULTS[dice.choice([*FAULTS])](written[place])
        over_lines = set(range(1, 61, 7)) - faulty - {place - 1 for place in faulty}
        for place in over_lines:
            written[place] = written[place].replace(", A", "\n\n A")
        result, rows = read(tmp_path, "sirene", ("\n".join(written) + end).encode())
        assert result.rows == len(rows) == 60 - len(faulty)
        assert len(result.set_aside) == len(faulty)
        assert {row[0] for row in rows} == {siret(place - 1) for place in set(range(1, 61)) - faulty}


@pytest.mark.parametrize(
    "bad",
    [b"caf\xe9", b"\xff\xfe", b"\xed\xa0\x80", b"nul\x00", b"\x1a", b"\x0b\x0c", "\u2028".encode(), b"\xef\xbb\xbf"],
)
def test_bytes_of_no_text(tmp_path: Path, bad: bytes) -> None:
    """The row is set aside alone, or read as it is."""
    written = "\n".join(lines("sirene", 5)).encode().replace(b'ENSEIGNE ""3', b'ENSEIGNE ""' + bad)
    result, rows = read(tmp_path, "sirene", written)
    assert result.rows == len(rows) == 5 - len(result.set_aside)
    assert [row.line for row in result.set_aside] in ([], [5])
    if not result.set_aside:
        assert bad.decode() in "".join(map(str, rows[3]))


def test_the_only_row_is_faulty(tmp_path: Path) -> None:
    result, rows = read(tmp_path, "sirene", [HEADERS["sirene"], opened(line("sirene", 1))])
    assert (result.rows, len(result.set_aside), rows) == (0, 1, [])


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        (opened(line("sirene", 1)), siret(1)),
        (line("sirene", 1) + ",x", siret(1)),
        (f"x,{line('sirene', 1)}", siret(1)),
        (f'"{siret(1)}', siret(1)),
        (f"{siret(1)};{siret(1)}", siret(1)),
        (f"{siret(1)},{siret(2)}", None),
        (f'a,"b,{siret(1)},{siret(2)}', siret(1)),
        (f"a,b,{siret(1)}0", None),
        ("a,b,8,00E+13", None),
        ("x", None),
    ],
)
def test_the_identifier_of_a_row_set_aside(tmp_path: Path, spoilt: str, expected: str | None) -> None:
    result, _ = read(tmp_path, "sirene", [HEADERS["sirene"], spoilt, line("sirene", 3)])
    assert [row.identifier for row in result.set_aside] == [expected]


def previous(tmp_path: Path, name: str, *, whole: bool = True) -> dict[str, Path]:
    """The tables of the last accepted file."""
    folder = tmp_path / "previous"
    folder.mkdir()
    with open_database(folder, memory_limit_mb=500) as database:
        write_zip(folder / "stock.zip", "stock.csv", "\n".join(lines(name, 5)).encode())
        result = BY_NAME[name].read(database, folder / "stock.zip", lambda _: None)
        stored = {}
        for table, place in result.in_place.items():
            if place.form is None and whole:
                stored[table] = place.path
            elif place.form:
                stored[table] = folder / f"{table}.parquet"
                database.execute(f"COPY ({place.query}) TO '{stored[table]}' ({place.form})")
        return stored


@pytest.mark.parametrize("name", HEADERS)
def test_what_the_last_file_says_of_it_stays_in_use(tmp_path: Path, name: str) -> None:
    written = lines(name, 5)
    written[3] = opened(written[3])
    before, (_, sound) = previous(tmp_path, name), read(tmp_path, name, lines(name, 5))
    result, rows = read(tmp_path, name, written, before)
    assert (result.rows, len(result.set_aside)) == (4, 1)
    assert sorted(rows, key=str) == sorted(sound, key=str)
    assert rows[-1] == sound[2]


def test_only_of_a_row_that_the_new_file_lacks(tmp_path: Path) -> None:
    written = lines("sirene", 5)
    written[3:4] = [opened(written[3]), written[3].replace(",A,", ",F,")]
    _, rows = read(tmp_path, "sirene", written, previous(tmp_path, "sirene"))
    assert [row[1] for row in rows if siret(2) in row] == ["F"]
    assert len(rows) == 5


def test_of_a_file_that_an_earlier_version_stored(tmp_path: Path) -> None:
    """It had no stock as it is, only the copy of some columns; there the SIRET may be a text."""
    before = previous(tmp_path, "sirene", whole=False)
    written = lines("sirene", 5)
    written[3] = opened(written[3])
    for numbers in (True, False):
        if not numbers:
            path = before["sirene"]
            duckdb.sql(
                f"COPY (SELECT * REPLACE (siret::VARCHAR AS siret) FROM '{path}') TO '{path}.new' (FORMAT parquet)"
            )
            before["sirene"] = Path(f"{path}.new")
        _, rows = read(tmp_path, "sirene", written, before)
        assert rows[-1][:5] == (siret(2), "A", "2010-01-01", "75111", "O")
        assert len(rows) == 5


def test_records_that_get_lost_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The equation is checked, not hoped for."""
    sift = csv_lines.Sieve.sift

    def losing(sieve: csv_lines.Sieve, into: object) -> object:
        yield from sift(sieve, into)  # type: ignore[arg-type]  # of the same type
        sieve._records += 1

    monkeypatch.setattr(csv_lines.Sieve, "sift", losing)
    with pytest.raises(FileRefused, match="5 of 6 records were loaded"):
        read(tmp_path, "sirene", lines("sirene", 5))


def test_the_field_input(tmp_path: Path) -> None:
    """One stray quote beyond the rows that DuckDB looks at first."""
    path = next((one.parent for one in FIELD.glob("*/README") if one.read_text().startswith("Sirene CSV zip")), None)
    if path is None:
        pytest.skip("the files are not beside the project")
    [zipped] = path.glob("*.zip")
    (tmp_path / zipped.name).symlink_to(zipped)
    with open_database(tmp_path, memory_limit_mb=500) as database:
        result = BY_NAME["sirene"].read(database, tmp_path / zipped.name, lambda _: None)
    assert result.rows == 22_357
    assert [(row.line, row.identifier) for row in result.set_aside] == [(21_202, "80002120000017")]
    assert isinstance(result.set_aside[0], SetAside)

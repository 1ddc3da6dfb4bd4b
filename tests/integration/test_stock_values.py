"""The values of Sirene's stocks: a file whose rows parse can still be destroyed, and its type alone may say so."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.reading import ReadResult

from tools.fictitious_france.formats.archives import write_zip

ROWS = 200
SIRETS = "printf('%014d', 575026400011 + row)"
SOUND = {
    "sirene": {
        "siret": SIRETS,
        "etatAdministratifEtablissement": "CASE WHEN row % 3 = 0 THEN 'F' ELSE 'A' END",
        "statutDiffusionEtablissement": "['O', 'P', 'N'][row % 3 + 1]",
        "codeCommuneEtablissement": "['01001', '2A004', '[ND]', NULL][row % 4 + 1]",
        "dateDebut": "DATE '2020-01-31'",
        "dateCreationEtablissement": "DATE '2019-12-01'",
    },
    "sirene_succession": {
        "siretEtablissementPredecesseur": SIRETS,
        "siretEtablissementSuccesseur": SIRETS,
        "dateLienSuccession": "DATE '2020-01-31'",
    },
    "sirene_unite_legale": {
        "siren": "printf('%09d', 5750264 + row)",
        "etatAdministratifUniteLegale": "CASE WHEN row % 3 = 0 THEN 'C' ELSE 'A' END",
        "statutDiffusionUniteLegale": "['O', 'P', 'N'][row % 3 + 1]",
        "denominationUniteLegale": "'SOCIETE IMAGINAIRE'",
        "nomUniteLegale": "NULL::VARCHAR",
        "dateDebut": "DATE '2020-01-31'",
        "dateCreationUniteLegale": "DATE '2019-12-01'",
    },
}
"""The cells of each row of a file, as SQL."""
NUMBERS = {
    "siret": "575026400011 + row",
    "siretEtablissementPredecesseur": "575026400011 + row",
    "siretEtablissementSuccesseur": "575026400011 + row",
    "siren": "5750264 + row",
}
DATES = ("dateDebut", "dateCreationEtablissement", "dateCreationUniteLegale", "dateLienSuccession")


def judged(name: str, *columns: str) -> list[tuple[str, str]]:
    return [(name, column) for column in SOUND[name] if column in columns or not columns]


IDENTIFIERS = [(name, column) for name in SOUND for column in SOUND[name] if column in NUMBERS]
DAYS = [(name, column) for name in SOUND for column in SOUND[name] if column in DATES]
STATES = [(name, column) for name in SOUND for column in SOUND[name] if column.startswith("etatAdministratif")]
DIFFUSIONS = [(name, column) for name in SOUND for column in SOUND[name] if column.startswith("statutDiffusion")]


def parquet(folder: Path, name: str, cells: dict[str, str]) -> Path:
    path = folder / f"{name}.parquet"
    selected = ", ".join(f'{cell} AS "{column}"' for column, cell in cells.items())
    duckdb.sql(f"COPY (SELECT {selected} FROM range({ROWS}) AS t(row)) TO '{path}' (FORMAT parquet)")
    return path


def zipped(folder: Path, name: str, cells: dict[str, str]) -> Path:
    """The same rows as a zipped CSV file."""
    path = parquet(folder, name, cells)
    duckdb.sql(f"COPY (FROM '{path}') TO '{path}.csv' (FORMAT csv)")
    write_zip(folder / f"{name}.zip", f"{name}.csv", Path(f"{path}.csv").read_bytes())
    return folder / f"{name}.zip"


def read(name: str, path: Path) -> ReadResult:
    with open_database(path.parent, memory_limit_mb=500) as database:
        return BY_NAME[name].read(database, path, lambda _: None)


def changed(name: str, column: str, cell: str) -> dict[str, str]:
    return {**SOUND[name], column: cell}


Write = Callable[[Path, str, dict[str, str]], Path]


@pytest.mark.parametrize("write", [parquet, zipped])
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_has_no_malformed_value(tmp_path: Path, name: str, write: Write) -> None:
    counts = read(name, write(tmp_path, name, SOUND[name])).columns
    assert {column: count.malformed for column, count in counts.items()} == dict.fromkeys(counts, 0)
    said = {column: count.filled for column, count in counts.items()}
    assert said.pop("codeCommuneEtablissement", 150) == 150
    assert set(said.values()) == {ROWS}
    assert counts.keys() == SOUND[name].keys() - {"denominationUniteLegale", "nomUniteLegale"}


DESTROYED = [
    *((name, column, f"({NUMBERS[column]})::{kind}") for name, column in IDENTIFIERS for kind in ("DOUBLE", "FLOAT")),
    *((name, column, f"({NUMBERS[column]})::DECIMAL(18, 1)") for name, column in IDENTIFIERS),
    *((name, column, f"-({NUMBERS[column]})") for name, column in IDENTIFIERS),
    *((name, column, f"({NUMBERS[column]})::VARCHAR") for name, column in IDENTIFIERS),
    *((name, column, f"concat({NUMBERS[column]}, '.0')") for name, column in IDENTIFIERS),
    *((name, column, "'5,75026E+11'") for name, column in IDENTIFIERS),
    *((name, column, "'5.75026E+11'") for name, column in IDENTIFIERS),
    *((name, column, "'1234567e2'") for name, column in IDENTIFIERS),  # as long as a SIREN
    *((name, column, "'12345678901e03'") for name, column in IDENTIFIERS),  # as long as a SIRET
    *((name, column, f"[{NUMBERS[column]}]") for name, column in IDENTIFIERS),
    *((name, column, f"{{a: {NUMBERS[column]}}}") for name, column in IDENTIFIERS),
    *((name, column, cell) for name, column in STATES for cell in ("true", "'Actif'", "1", "'a'", "['A']")),
    *((name, column, cell) for name, column in DIFFUSIONS for cell in ("false", "'Oui'", "'D'")),
    *((name, column, "'31/01/2020'") for name, column in DAYS),
    *((name, column, "'2020-02-31'") for name, column in DAYS),
    *((name, column, "'2020/01/31'") for name, column in DAYS),
    *((name, column, "20200131") for name, column in DAYS),
    *((name, column, "43861.0") for name, column in DAYS),
    *((name, column, "'2020-01-31'::TIMESTAMPTZ") for name, column in DAYS),
    *((name, column, "TIMESTAMP '2020-01-30 23:00:00'") for name, column in DAYS),
    ("sirene", "codeCommuneEtablissement", "1001"),
    ("sirene", "codeCommuneEtablissement", "1001.0"),
    ("sirene", "codeCommuneEtablissement", "'PARIS 11'"),
]


@pytest.mark.parametrize(("name", "column", "cell"), DESTROYED)
def test_a_destroyed_column_is_counted(tmp_path: Path, name: str, column: str, cell: str) -> None:
    result = read(name, parquet(tmp_path, name, changed(name, column, cell)))
    counts = result.columns
    assert result.rows == ROWS
    assert {one: count.malformed for one, count in counts.items() if count.malformed} == {column: ROWS}
    assert counts[column].filled == ROWS
    assert [place for place, _ in counts[column].first] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("name", "column", "cell"),
    [
        *((name, column, f"({NUMBERS[column]})::{kind}") for name, column in IDENTIFIERS for kind in ("BIGINT", "UBIGINT")),
        *((name, column, f"({NUMBERS[column]})::DECIMAL(18, 0)") for name, column in IDENTIFIERS),
        *((name, column, "TIMESTAMP '2020-01-31'") for name, column in DAYS),
        *((name, column, "'2020-01-31'") for name, column in DAYS),
        ("sirene", "codeCommuneEtablissement", "35238"),
    ],
)  # fmt: skip
def test_another_type_that_is_unambiguous_reads_the_same(tmp_path: Path, name: str, column: str, cell: str) -> None:
    """An identifier is padded with zeros, a time without a time zone is a day."""
    sound = changed(name, column, "'35238'") if column == "codeCommuneEtablissement" else SOUND[name]
    (tmp_path / "other").mkdir()
    one, other = parquet(tmp_path, name, changed(name, column, cell)), parquet(tmp_path / "other", name, sound)
    results = [(path, read(name, path)) for path in (one, other)]
    assert results[0][1].columns == results[1][1].columns
    with open_database(tmp_path, memory_limit_mb=500) as database:
        for table in {table for _, result in results for table, place in result.in_place.items() if place.form}:
            rows = [
                database.execute(f"FROM ({result.in_place[table].query}) ORDER BY ALL").fetchall()
                for _, result in results
            ]
            assert rows[0] == rows[1]
            assert len(rows[0]) == ROWS


def test_a_number_that_is_too_long_for_a_siret_is_not_cut_to_another(tmp_path: Path) -> None:
    cells = changed("sirene_succession", "siretEtablissementSuccesseur", "575026400011000 + row")
    result = read("sirene_succession", parquet(tmp_path, "sirene_succession", cells))
    with open_database(tmp_path, memory_limit_mb=500) as database:
        query = result.in_place["sirene_succession"].query
        assert database.execute(f"SELECT min(successeur) FROM ({query})").fetchone() == ("575026400011000",)


def test_an_empty_cell_is_no_malformed_value(tmp_path: Path) -> None:
    cells = changed("sirene", "dateCreationEtablissement", "['', ' ', NULL, '2020-01-31'][row % 4 + 1]")
    count = read("sirene", parquet(tmp_path, "sirene", cells)).columns["dateCreationEtablissement"]
    assert (count.filled, count.malformed) == (50, 0)


def test_examples_of_a_zipped_file_have_their_lines(tmp_path: Path) -> None:
    """Those of the file, below a header, a line set aside and a cell over two lines."""
    header = ",".join(SOUND["sirene"])
    good = "57502640001122,A,O,75101,2020-01-31,2020-01-31"
    lines = [header, good, good.replace("75101", '"75101'), good.replace("75101", '"75\n01"'), "1e14" + good[14:], good]
    write_zip(tmp_path / "a.zip", "a.csv", "\n".join(lines).encode())
    result = read("sirene", tmp_path / "a.zip")
    assert (result.rows, len(result.set_aside)) == (4, 1)
    assert result.columns["siret"].first == (("6", "1e14"),)


def test_the_optional_columns_may_be_missing(tmp_path: Path) -> None:
    for name, optional in (
        ("sirene", {"dateCreationEtablissement"}),
        ("sirene_unite_legale", {"dateDebut", "dateCreationUniteLegale"}),
    ):
        cells = {column: cell for column, cell in SOUND[name].items() if column not in optional}
        assert read(name, parquet(tmp_path, name, cells)).rows == ROWS
        assert read(name, zipped(tmp_path, name, cells)).rows == ROWS

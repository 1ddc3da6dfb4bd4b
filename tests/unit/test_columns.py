"""Required columns (sources.md, "Guards") are found by name, in any order; others may come and go."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources.catalogue import BY_NAME, kept
from quiforme.sources.reading import FileRefused

from tests.integration.spoilt import rewrite
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED

_OF = "informationsDeclarees."
REQUIRED = {
    "liste_of": (
        "numeroDeclarationActivite",
        "siren",
        "siretEtablissementDeclarant",
        "adressePhysiqueOrganismeFormation.codeRegion",
        "certifications.actionsDeFormation",
        "certifications.bilansDeCompetences",
        "certifications.VAE",
        "certifications.actionsDeFormationParApprentissage",
        *(_OF + name for name in ("dateDerniereDeclaration", "debutExercice", "finExercice")),
        *(f"{_OF}specialitesDeFormation.{what}Specialite{slot}" for slot in "123" for what in ("code", "libelle")),
    ),
    "annuaire_education": (
        "Identifiant_de_l_etablissement",
        "SIREN_SIRET",
        "etat",
        "Type_etablissement",
        "Type_contrat_prive",
        "Lycee_Agricole",
    ),
    "sirene": (
        "siret",
        "etatAdministratifEtablissement",
        "codeCommuneEtablissement",
        "statutDiffusionEtablissement",
        "dateDebut",
    ),
}
"""As sources.md lists them, not as the readers do."""


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first day's files, Sirene's stock in both formats."""
    folder = tmp_path_factory.mktemp("drop")
    for format in ("zip", "parquet"):
        write_day(folder, FIRST_DAY, size=60, ministry_fiches=1, sirene_format=format)
    return folder


FILES = {
    "liste_of": ("listePubliqueOF.csv",),
    "annuaire_education": ("fr-en-annuaire-education.csv",),
    "sirene": ("StockEtablissement_utf8.parquet", "StockEtablissement_utf8.zip"),
}
EVERY = [(name, file) for name, files in FILES.items() for file in files]


def rows_read(name: str, path: Path) -> int:
    """Read a file; how many rows."""
    with open_database(path.parent, memory_limit_mb=500) as database:
        return BY_NAME[name].read(database, path, lambda _: None).rows


def with_header(path: Path, change: dict[str, str]) -> None:
    """Rename columns; what a column is renamed to may hold white space."""
    if path.suffix == ".parquet":
        renamed = ", ".join(f'{old} AS "{new}"' for old, new in change.items())
        duckdb.sql(f"COPY (SELECT * RENAME ({renamed}) FROM '{path}') TO '{path}.new' (FORMAT parquet)")
        Path(f"{path}.new").replace(path)
        return

    def renamed_text(content: bytes) -> bytes:
        header, newline, rows = content.partition(b"\n")
        for old, new in change.items():
            header = re.sub(rf"(?<![\w.]){re.escape(old)}(?![\w.])".encode(), new.encode(), header, count=1)
        return header + newline + rows

    rewrite(path, renamed_text)


@pytest.mark.parametrize(("name", "file", "column"), [(*one, column) for one in EVERY for column in REQUIRED[one[0]]])
def test_a_missing_column_is_named(drop: Path, tmp_path: Path, name: str, file: str, column: str) -> None:
    path = Path(shutil.copy(drop / file, tmp_path))
    with_header(path, {column: "autre"})
    with pytest.raises(FileRefused, match=rf"^missing columns: {re.escape(column)}$"):
        rows_read(name, path)


@pytest.mark.parametrize(("name", "file"), EVERY)
def test_names_are_trimmed(drop: Path, tmp_path: Path, name: str, file: str) -> None:
    path = Path(shutil.copy(drop / file, tmp_path))
    rows = rows_read(name, path)
    with_header(path, {column: f" {column} " for column in REQUIRED[name]})
    assert rows_read(name, path) == rows > 100


@pytest.mark.parametrize("name", REQUIRED)
def test_the_required_columns_are_enough(tmp_path: Path, name: str) -> None:
    """In another order, beside an unknown column, and without the optional ones."""
    columns = [*reversed(REQUIRED[name]), "nouvelleColonne"]
    text = "\n".join((";".join(columns), ";".join(CERTIFIED for _ in columns))) + "\n"
    if name == "sirene":
        path = tmp_path / "StockEtablissement_utf8.parquet"
        cells = ", ".join(f"'{CERTIFIED}' AS {column}" for column in columns)
        duckdb.sql(f"COPY (SELECT {cells}) TO '{path}' (FORMAT parquet)")
    else:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
    assert rows_read(name, path) == 1


def test_a_stock_stored_by_an_earlier_version_reads_the_same(drop: Path, tmp_path: Path) -> None:
    """Its SIRETs are texts."""
    path = Path(shutil.copy(drop / FILES["sirene"][0], tmp_path))
    with open_database(tmp_path, memory_limit_mb=500) as database:
        stock = BY_NAME["sirene"].read(database, path, lambda _: None).in_place["sirene"]
        now = tmp_path / "now.parquet"
        database.execute(f"COPY ({stock.query}) TO '{now}' ({stock.form})")
        earlier = tmp_path / "earlier.parquet"
        database.execute(
            f"COPY (SELECT * REPLACE (siret_text(siret) AS siret) FROM read_parquet('{now}')) TO '{earlier}' (FORMAT parquet)"
        )
        columns = "siret, etat, date_debut, code_commune, diffusion, numero"
        one, other = (
            database.execute(f"SELECT {columns} FROM " + kept("sirene", f"read_parquet('{file}')")).fetchall()
            for file in (now, earlier)
        )
    assert one == other != []

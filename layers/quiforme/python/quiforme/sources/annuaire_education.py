"""`annuaire_education`: the education directory, fr-en-annuaire-education (sources.md, e)."""

from pathlib import Path

import duckdb

from quiforme.database import count
from quiforme.sources.csv_lines import read_csv_lines
from quiforme.sources.reading import ReadResult

TABLES = ("annuaire_education",)

_REQUIRED = (
    "Identifiant_de_l_etablissement",
    "SIREN_SIRET",
    "etat",
    "Type_contrat_prive",
    "Lycee_Agricole",
)


def read(database: duckdb.DuckDBPyConnection, path: Path) -> ReadResult:
    """Load the directory into `annuaire_education`: uai, siret, etat and the two marks of the perimeter.

    Raises:
        Refused: The header is unreadable or lacks a required column.

    """
    _, set_aside = read_csv_lines(database, path, table="raw_annuaire", delimiter=";", required=_REQUIRED)
    database.execute(
        """
        CREATE OR REPLACE TABLE annuaire_education AS
        SELECT coalesce(clean("Identifiant_de_l_etablissement"), '') AS uai,
               coalesce(clean("SIREN_SIRET"), '') AS siret,
               clean("etat") AS etat,
               coalesce(clean("Type_contrat_prive") = 'HORS CONTRAT', false) AS hors_contrat,
               coalesce(clean("Lycee_Agricole") = '1', false) AS lycee_agricole
        FROM raw_annuaire ORDER BY line;
        DROP TABLE raw_annuaire;
        """
    )
    return ReadResult(count(database, "annuaire_education"), set_aside)

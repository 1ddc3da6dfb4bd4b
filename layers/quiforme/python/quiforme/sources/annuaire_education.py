"""`annuaire_education`: the education directory, fr-en-annuaire-education (sources.md, e)."""

import re
from pathlib import Path
from typing import Final

import duckdb

from quiforme.database import count
from quiforme.sources.csv_lines import read_csv_lines
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import Source, Subject, search_page

_REQUIRED: Final = (
    "Identifiant_de_l_etablissement",
    "SIREN_SIRET",
    "etat",
    "Type_contrat_prive",
    "Lycee_Agricole",
)


def read(database: duckdb.DuckDBPyConnection, path: Path, _previous: Previous) -> ReadResult:
    """Load the directory into `annuaire_education`: uai, siret, etat, hors_contrat, lycee_agricole.

    Raises:
        FileRefused: The header is unreadable or lacks a required column.

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


def _record_page(about: Subject) -> str | None:
    page = "https://data.education.gouv.fr/explore/dataset/fr-en-annuaire-education/table/"
    return search_page(page, about["siret"] or about["uai"])


SOURCE: Final = Source(
    name="annuaire_education",
    label="annuaire de l'éducation",
    file_name=re.compile(r"fr-en-annuaire-education\.csv"),
    tables=("annuaire_education",),
    read=read,
    # The ministry's export: 41 MB. On data.gouv.fr (dataset 5889d03fa3a72974cbf0d5b1) its resources are often
    # replaced. The labels are the capitalised column names; not verified: that they have stayed so.
    address=(
        "https://data.education.gouv.fr/api/explore/v2.1/catalog/datasets/fr-en-annuaire-education/exports/csv"
        "?lang=fr&timezone=Europe%2FParis&use_labels=true&delimiter=%3B"
    ),
    largest_bytes=500_000_000,
    format="csv",
    stale_after_days=3,
    dataset_page="https://www.data.gouv.fr/datasets/5889d03fa3a72974cbf0d5b1/",
    record_page=_record_page,
)

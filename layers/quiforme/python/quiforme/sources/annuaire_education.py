"""`annuaire_education`: the education directory, fr-en-annuaire-education (sources.md, e)."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from quiforme.database import count, sql_text
from quiforme.identifiers import is_siret, is_uai
from quiforme.sources.csv_lines import cell_of, read_csv_lines
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import Source, Subject, search_page
from quiforme.sources.values import ANY, UAI, Column, count_values, digits, one_of

_UAI: Final = "Identifiant_de_l_etablissement"
_SIRET: Final = "SIREN_SIRET"
_FORMS: Final = {
    _UAI: UAI,
    _SIRET: digits(14),
    "etat": one_of("OUVERT", "A FERMER"),
    # Where these two are destroyed or emptied, schools that are out of perimeter get documents.
    "Lycee_Agricole": one_of("0", "1"),
    "Type_contrat_prive": ANY,
}
_REQUIRED: Final = (*_FORMS, "Type_etablissement")


def read(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Load the directory into `annuaire_education`: uai, siret, etat, type_etablissement, hors_contrat, lycee_agricole.

    Args:
        database: Where the table is made.
        path: The CSV file.
        previous: Gives the last accepted directory. Its rows of a UAI, or else a SIRET, that can still be read in a row
            set aside stay in use, unless their UAI is in this directory. They come last.

    Raises:
        FileRefused: The header is unreadable or lacks a required column.

    """
    sieve, set_aside = read_csv_lines(database, path, table="raw_annuaire", delimiter=";", required=_REQUIRED)
    counts = count_values(
        database,
        "raw_annuaire",
        [Column(name, f'clean("{name}")', form) for name, form in _FORMS.items()],
        place="line",
        place_of=sieve.line_of,
    )
    database.execute(
        f"""
        CREATE OR REPLACE TABLE annuaire_education AS
        SELECT coalesce(clean("{_UAI}"), '') AS uai,
               coalesce(clean("{_SIRET}"), '') AS siret,
               clean("etat") AS etat,
               clean("Type_etablissement") AS type_etablissement,
               coalesce(clean("Type_contrat_prive") = 'HORS CONTRAT', false) AS hors_contrat,
               coalesce(clean("Lycee_Agricole") = '1', false) AS lycee_agricole
        FROM raw_annuaire ORDER BY line;
        DROP TABLE raw_annuaire;
        """
    )
    rows = count(database, "annuaire_education")
    identified = []
    for row in set_aside:
        uai, siret = (cell_of(row.raw, ";", sieve.names.index(name)) for name in (_UAI, _SIRET))
        identified.append(replace(row, identifier=uai if is_uai(uai) else siret if is_siret(siret) else None))
    identifiers = [row.identifier for row in identified if row.identifier]
    if identifiers and (last_accepted := previous("annuaire_education")):
        database.execute(
            f"""
            INSERT INTO annuaire_education BY NAME
            FROM read_parquet({sql_text(last_accepted)}) ANTI JOIN annuaire_education USING (uai)
            WHERE list_contains($identifiers, uai) OR list_contains($identifiers, siret)
            """,
            {"identifiers": identifiers},
        )
    return ReadResult(rows, identified, columns=counts)


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

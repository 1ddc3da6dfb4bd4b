"""`liste_of`: the DGEFP's public list of training bodies (sources.md, a)."""

import re
from pathlib import Path
from typing import Final

import duckdb

from quiforme.database import count, sql_text
from quiforme.sources.csv_lines import first_cell, read_csv_lines
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import Source, Subject, search_page

_DECLARED = "informationsDeclarees"
_SPECIALITES = f"{_DECLARED}.specialitesDeFormation"
_CERTIFICATIONS = {
    "action_formation": "certifications.actionsDeFormation",
    "bilan_competences": "certifications.bilansDeCompetences",
    "validation_acquis_experience": "certifications.VAE",
    "apprentissage": "certifications.actionsDeFormationParApprentissage",
}
_ADDRESS = "adressePhysiqueOrganismeFormation"
_REQUIRED = (
    "numeroDeclarationActivite",
    "siren",
    "siretEtablissementDeclarant",
    f"{_ADDRESS}.codeRegion",
    *_CERTIFICATIONS.values(),
    f"{_DECLARED}.dateDerniereDeclaration",
    f"{_DECLARED}.debutExercice",
    f"{_DECLARED}.finExercice",
    *(f"{_SPECIALITES}.{name}Specialite{slot}" for slot in (1, 2, 3) for name in ("code", "libelle")),
)
_PREVIOUS_NDAS = "numerosDeclarationActivitePrecedent"
_ADDRESS_PARTS = tuple(f"{_ADDRESS}.{part}" for part in ("voie", "codePostal", "ville"))
_OPTIONAL = (_PREVIOUS_NDAS, "denomination", *_ADDRESS_PARTS)


def read(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Load the list into `liste_of`, one row per row of the file.

    Args:
        database: Where the table is made.
        path: The CSV file.
        previous: Gives the last accepted list. When the first cell of a row set aside is an NDA of that list, its
            rows there stay in use: unreadable is no evidence of absence. They come last, with `kept` true.

    Raises:
        FileRefused: The header is unreadable or lacks a required column.

    """
    sieve, set_aside = read_csv_lines(
        database, path, table="raw_liste_of", delimiter=";", required=_REQUIRED, optional=_OPTIONAL
    )
    siret = '"siretEtablissementDeclarant"'
    if any(name.startswith(" ") for name in sieve.header):
        # The variant of 2021 has the NIC in the SIRET's column; its header names start with a space.
        is_nic = f"regexp_full_match(clean({siret}), '[0-9]{{5}}')"
        siret = f"CASE WHEN {is_nic} THEN concat(clean(siren), clean({siret})) ELSE {siret} END"
    columns = [
        "line",
        "false AS kept",
        "coalesce(clean(\"numeroDeclarationActivite\"), '') AS nda",
        f"{_list_of_numbers(_PREVIOUS_NDAS)} AS ndas_precedents",
        "clean(siren) AS siren",
        f"coalesce(clean({siret}), '') AS siret",
        f'clean("{_ADDRESS}.codeRegion") AS code_region',
        "clean(denomination) AS denomination",
        f"{_address()} AS adresse",
        *(f'french_boolean(clean("{column}")) AS {name}' for name, column in _CERTIFICATIONS.items()),
        *(
            f'{read_as}(clean("{_DECLARED}.{name}")) AS {alias}{suffix}'
            for name, alias in (
                ("dateDerniereDeclaration", "date_derniere_declaration"),
                ("debutExercice", "date_debut_exercice"),
                ("finExercice", "date_fin_exercice"),
            )
            for read_as, suffix in (("french_date", ""), ("", "_source"))
        ),
        *(
            f'clean("{_SPECIALITES}.{name}Specialite{slot}") AS {name}_specialite_{slot}'
            for slot in (1, 2, 3)
            for name in ("code", "libelle")
        ),
    ]
    database.execute(
        f"""
        CREATE OR REPLACE TABLE liste_of AS
        SELECT * EXCLUDE (kept), kept,
               is_siret(siret) AS siret_valide,
               CASE WHEN is_siret(siret) THEN left(siret, 9) WHEN is_siren(siren) THEN siren END AS siren_retenu
        FROM (SELECT {", ".join(columns)} FROM raw_liste_of) ORDER BY line;
        DROP TABLE raw_liste_of;
        """
    )
    rows = count(database, "liste_of")
    unreadable = [first_cell(row.raw, ";") for row in set_aside]
    if unreadable and (last_accepted := previous("liste_of")):
        database.execute(
            f"""
            INSERT INTO liste_of BY NAME
            SELECT * REPLACE (true AS kept, line + {rows} AS line)
            FROM read_parquet({sql_text(last_accepted)}) WHERE nda <> '' AND list_contains(?, nda) ORDER BY line
            """,
            [unreadable],
        )
    return ReadResult(rows, set_aside)


def _list_of_numbers(column: str) -> str:
    """The SQL of the list of numbers in a cell that may contain several, separated by commas."""
    split = f"string_split(coalesce(\"{column}\", ''), ',')"
    return f"list_filter(list_transform({split}, lambda n: clean(n)), lambda n: n IS NOT NULL)"


def _address() -> str:
    """The SQL of the address: a struct, NULL when neither the street nor the town has a letter or a digit."""
    voie, code_postal, ville = (f"coalesce(clean(\"{name}\"), '')" for name in _ADDRESS_PARTS)
    address = f"{{voie: {voie}, code_postal: {code_postal}, ville: {ville}}}"
    return f"CASE WHEN regexp_matches({voie} || {ville}, '[\\pL\\pN]') THEN {address} END"


def _record_page(about: Subject) -> str | None:
    page = "https://dgefp.opendatasoft.com/explore/dataset/liste-publique-des-of-v2/table/"
    return search_page(page, about["nda"] or about["siret"] or about["siren"])


SOURCE: Final = Source(
    name="liste_of",
    label="liste publique des organismes de formation",
    file_name=re.compile(r"listePubliqueOF\.csv"),
    tables=("liste_of",),
    read=read,
    # The ministry's own export, written on demand: 38 MB. data.gouv.fr points to it (resource
    # ac59a0f5-fa83-4b82-bf12-3c5806d4f19f). Not verified: whether it gives an ETag, a Last-Modified, a file name.
    address="https://www.monactiviteformation.emploi.gouv.fr/mon-activite-formation/public/listePubliqueOF?format=csv",
    largest_bytes=500_000_000,
    format="csv",
    stale_after_days=3,
    dataset_page="https://www.data.gouv.fr/datasets/582c8978c751df788ec0bb7e/",
    record_page=_record_page,
)

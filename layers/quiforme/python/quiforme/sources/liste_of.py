"""`liste_of`: the DGEFP's public list of training bodies (sources.md, a)."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from quiforme.database import count, sql_text
from quiforme.identifiers import is_nda
from quiforme.sources.csv_lines import cell_of, read_csv_lines
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import Source, Subject, search_page
from quiforme.sources.values import FRENCH_DATE, NDA, Column, count_values, digits, one_of

_DECLARED = "informationsDeclarees"
_SPECIALITES = f"{_DECLARED}.specialitesDeFormation"
_CERTIFICATIONS = {
    "action_formation": "certifications.actionsDeFormation",
    "bilan_competences": "certifications.bilansDeCompetences",
    "validation_acquis_experience": "certifications.VAE",
    "apprentissage": "certifications.actionsDeFormationParApprentissage",
}
_ADDRESS = "adressePhysiqueOrganismeFormation"
_DATES = {
    "date_derniere_declaration": f"{_DECLARED}.dateDerniereDeclaration",
    "date_debut_exercice": f"{_DECLARED}.debutExercice",
    "date_fin_exercice": f"{_DECLARED}.finExercice",
}
_CODES = tuple(f"{_SPECIALITES}.codeSpecialite{slot}" for slot in (1, 2, 3))
_FORMS = {
    "numeroDeclarationActivite": NDA,
    "siren": digits(9),
    "siretEtablissementDeclarant": digits(14),
    f"{_ADDRESS}.codeRegion": digits(2, 3),
    **dict.fromkeys(_CERTIFICATIONS.values(), one_of("true", "false")),
    **dict.fromkeys(_DATES.values(), FRENCH_DATE),
    **dict.fromkeys(_CODES, digits(3)),
}
_NIC = digits(5, 14)
"""The form of the SIRET's column in the variant of 2021."""
_REQUIRED = (*_FORMS, *(f"{_SPECIALITES}.libelleSpecialite{slot}" for slot in (1, 2, 3)))
_PREVIOUS_NDAS = "numerosDeclarationActivitePrecedent"
_ADDRESS_PARTS = tuple(f"{_ADDRESS}.{part}" for part in ("voie", "codePostal", "ville"))
_OPTIONAL = (_PREVIOUS_NDAS, "denomination", *_ADDRESS_PARTS)


def read(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Load the list into `liste_of`, one row per row of the file.

    Args:
        database: Where the table is made.
        path: The CSV file.
        previous: Gives the last accepted list. When an NDA of that list can still be read in a row set aside, its
            rows there stay in use: unreadable is no evidence of absence. They come last, with `kept` true. A row whose
            NDA and SIRET are in this list is not among them.

    Raises:
        FileRefused: The header is unreadable or lacks a required column.

    """
    sieve, set_aside = read_csv_lines(
        database, path, table="raw_liste_of", delimiter=";", required=_REQUIRED, optional=_OPTIONAL
    )
    siret, forms = '"siretEtablissementDeclarant"', dict(_FORMS)
    if any(name.startswith(" ") for name in sieve.header):
        # The variant of 2021 has the NIC in the SIRET's column; its header names start with a space.
        is_nic = f"regexp_full_match(clean({siret}), '[0-9]{{5}}')"
        forms["siretEtablissementDeclarant"] = _NIC
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
            f'{read_as}(clean("{column}")) AS {name}{suffix}'
            for name, column in _DATES.items()
            for read_as, suffix in (("french_date", ""), ("", "_source"))
        ),
        *(
            f'clean("{_SPECIALITES}.{name}Specialite{slot}") AS {name}_specialite_{slot}'
            for slot in (1, 2, 3)
            for name in ("code", "libelle")
        ),
    ]
    counts = count_values(
        database,
        "raw_liste_of",
        [Column(name, f'clean("{name}")', form) for name, form in forms.items()],
        place="line",
        place_of=sieve.line_of,
    )
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
    place = sieve.names.index("numeroDeclarationActivite")
    unreadable = [cell_of(row.raw, ";", place) for row in set_aside]
    if unreadable and (last_accepted := previous("liste_of")):
        database.execute(
            f"""
            INSERT INTO liste_of BY NAME
            SELECT * REPLACE (true AS kept, line + {rows} AS line)
            FROM read_parquet({sql_text(last_accepted)}) ANTI JOIN liste_of USING (nda, siret)
            WHERE nda <> '' AND list_contains(?, nda) ORDER BY line
            """,
            [unreadable],
        )
    identified = [
        replace(row, identifier=nda if is_nda(nda) else None) for row, nda in zip(set_aside, unreadable, strict=True)
    ]
    return ReadResult(rows, identified, columns=counts)


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

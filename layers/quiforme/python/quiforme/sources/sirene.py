"""`sirene`, `sirene_succession`, `sirene_unite_legale`: INSEE's stocks, of establishments first (sources.md, c)."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import duckdb

from quiforme.database import sql_text
from quiforme.sources.archives import STOCK_BYTES, SUCCESSION_BYTES, UNITS_BYTES
from quiforme.sources.insee_stocks import (
    Stock,
    cell,
    columns_of,
    commune_form,
    date,
    date_form,
    is_whole_number,
    letter,
    read,
    siren,
    siret,
    siret_as_text,
    siret_form,
    text,
)
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import DATA_GOUV_API, Source, Subject

_STATE, _DIFFUSION = letter("A", "F"), letter("O", "P", "N")

# What the documents say of an establishment: the fields of `identites_sirene.identite`, a stored name each.
_IDENTITE: Final[Mapping[str, str]] = {
    "siege": "etablissementSiege",
    "date_creation": "dateCreationEtablissement",
    "activite_principale": "activitePrincipaleEtablissement",
    "enseigne": "enseigne1Etablissement",
    "denomination_usuelle": "denominationUsuelleEtablissement",
    "complement_adresse": "complementAdresseEtablissement",
    "numero_voie": "numeroVoieEtablissement",
    "indice_repetition": "indiceRepetitionEtablissement",
    "type_voie": "typeVoieEtablissement",
    "libelle_voie": "libelleVoieEtablissement",
    "distribution_speciale": "distributionSpecialeEtablissement",
    "code_postal": "codePostalEtablissement",
    "libelle_commune": "libelleCommuneEtablissement",
    "code_cedex": "codeCedexEtablissement",
    "libelle_cedex": "libelleCedexEtablissement",
    "libelle_commune_etranger": "libelleCommuneEtrangerEtablissement",
    "libelle_pays_etranger": "libellePaysEtrangerEtablissement",
}
# The same of a legal unit: the fields of `unites_sirene.unite`.
_UNITE: Final[Mapping[str, str]] = {
    "etat": "etatAdministratifUniteLegale",
    "diffusion": "statutDiffusionUniteLegale",
    "denomination": "denominationUniteLegale",
    "denomination_usuelle": "denominationUsuelle1UniteLegale",
    "sigle": "sigleUniteLegale",
    "pseudonyme": "pseudonymeUniteLegale",
    "prenom_usuel": "prenomUsuelUniteLegale",
    "nom": "nomUniteLegale",
    "nom_usage": "nomUsageUniteLegale",
    "categorie_juridique": "categorieJuridiqueUniteLegale",
    "activite_principale": "activitePrincipaleUniteLegale",
    "nic_siege": "nicSiegeUniteLegale",
    "date_creation": "dateCreationUniteLegale",
}
_LENGTHS: Final[Mapping[str, int]] = {"code_postal": 5, "code_cedex": 5, "nic_siege": 5, "categorie_juridique": 4}
"""The codes that lose their zeros where a file stores them as integers."""

_ESTABLISHMENTS: Final = Stock(
    key="siret",
    required=(
        "siret",
        "etatAdministratifEtablissement",
        "dateDebut",
        "codeCommuneEtablissement",
        "statutDiffusionEtablissement",
    ),
    optional=tuple(_IDENTITE.values()),
    forms={
        "siret": siret,
        "etatAdministratifEtablissement": _STATE,
        "statutDiffusionEtablissement": _DIFFUSION,
        "codeCommuneEtablissement": commune_form,
        "dateDebut": date_form,
        "dateCreationEtablissement": date_form,
    },
    table="sirene",
    copied={
        "siret": ("siret", siret),
        "etat": ("etatAdministratifEtablissement", _STATE),
        "date_debut": ("dateDebut", date),
        "code_commune": ("codeCommuneEtablissement", text(5)),
        "diffusion": ("statutDiffusionEtablissement", _DIFFUSION),
    },
    whole="sirene_identites",
)
# The file has several versions of a link; they differ only in columns that are not read.
_LINKS: Final = Stock(
    key="siretEtablissementPredecesseur",
    required=("siretEtablissementPredecesseur", "siretEtablissementSuccesseur", "dateLienSuccession"),
    forms={
        "siretEtablissementPredecesseur": siret_form,
        "siretEtablissementSuccesseur": siret_form,
        "dateLienSuccession": date_form,
    },
    table="sirene_succession",
    copied={
        "predecesseur": ("siretEtablissementPredecesseur", siret_as_text),
        "successeur": ("siretEtablissementSuccesseur", siret_as_text),
        "date_lien": ("dateLienSuccession", date),
    },
)
_UNITS_REQUIRED: Final = tuple(_UNITE[name] for name in ("etat", "diffusion", "denomination", "nom"))
_UNITS: Final = Stock(
    key="siren",
    required=("siren", *_UNITS_REQUIRED),
    optional=tuple(name for name in (*_UNITE.values(), "dateDebut") if name not in _UNITS_REQUIRED),
    forms={
        "siren": siren,
        "etatAdministratifUniteLegale": letter("A", "C"),
        "statutDiffusionUniteLegale": _DIFFUSION,
        "dateDebut": date_form,
        "dateCreationUniteLegale": date_form,
    },
    whole="sirene_unites",
)


def read_stock(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Read the establishments: siret (a number), etat, date_debut, code_commune, diffusion; and the file as it is.

    Raises:
        FileRefused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: The Parquet file could not be written; the producer's file is not to blame.

    """
    return read(database, path, _ESTABLISHMENTS, previous, limit_bytes=STOCK_BYTES)


def read_succession(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Read the links: predecesseur, successeur, date_lien. Raises as `read_stock` does."""
    return read(database, path, _LINKS, previous, limit_bytes=SUCCESSION_BYTES)


def read_units(database: duckdb.DuckDBPyConnection, path: Path, previous: Previous) -> ReadResult:
    """Read the legal units: the file as it is. Raises as `read_stock` does."""
    return read(database, path, _UNITS, previous, limit_bytes=UNITS_BYTES)


def identities(database: duckdb.DuckDBPyConnection, path: Path, wanted: str) -> str:
    """The SQL of `numero` and `identite` of the rows of a stored stock of establishments.

    Args:
        database: Reads the file's columns.
        path: The file.
        wanted: The table with the `numero` of the rows: the SIRETs as numbers.

    """
    described = columns_of(database, path)
    fields = f"{_struct(_IDENTITE, described)} AS identite"
    return f"SELECT numero, {fields} FROM {_wanted(path, described['siret'], wanted)}"


def units(database: duckdb.DuckDBPyConnection, path: Path, wanted: str) -> str:
    """The SQL of `numero` (the SIREN) and `unite` of the rows of a stored stock of legal units, as `identities`."""
    described = columns_of(database, path)
    return f"SELECT numero, {_struct(_UNITE, described)} AS unite FROM {_wanted(path, described['siren'], wanted)}"


def _wanted(path: Path, key: tuple[str, str], wanted: str) -> str:
    """The SQL of the rows that are looked for: a field is made of these only, not of all 44 million."""
    # The identifiers that are looked for are well formed: what is cast to their number is written as they are.
    number = f"TRY_CAST({cell(*key)} AS BIGINT)"
    return f"(SELECT {number} AS numero, * FROM read_parquet({sql_text(path)})) SEMI JOIN {wanted} USING (numero)"


def _struct(fields: Mapping[str, str], described: Mapping[str, tuple[str, str]]) -> str:
    values = {field: _field(field, described.get(column)) for field, column in fields.items()}
    return "{" + ", ".join(f"{field}: {value}" for field, value in values.items()) + "}"


def _field(field: str, column: tuple[str, str] | None) -> str:
    """A field; NULL where the file lacks the column, and where the cell is empty or hidden."""
    kind = {"siege": "BOOLEAN", "date_creation": "DATE"}.get(field, "VARCHAR")
    if column is None:
        return f"NULL::{kind}"
    if kind == "DATE":
        return date(*column)
    shown = f"nullif(clean({cell(*column)}), '[ND]')"
    if kind == "BOOLEAN":
        return f"french_boolean({shown})"
    if field in _LENGTHS and is_whole_number(column[1]):
        return f"lpad({shown}, {_LENGTHS[field]}, '0')"
    return shown


def stored_stock(file: str) -> str:
    """The SQL of the table `sirene`, given the SQL that reads the file where it is stored.

    It has the SIRET twice, as a text and as `numero`. In files of earlier versions the stored SIRET is a text.
    """
    numbered = f"SELECT TRY_CAST(siret AS BIGINT) AS numero, * EXCLUDE (siret) FROM {file}"
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in ("etat", "diffusion"))  # as a Parquet file has them
    return f"(SELECT siret_text(numero) AS siret, * EXCLUDE (numero) REPLACE ({texts}), numero FROM ({numbered}))"


def _record_page(about: Subject) -> str | None:
    if about["siret"]:
        return f"https://annuaire-entreprises.data.gouv.fr/etablissement/{about['siret']}"
    return f"https://annuaire-entreprises.data.gouv.fr/entreprise/{about['siren']}" if about["siren"] else None


_DATASET_PAGE: Final = "https://www.data.gouv.fr/datasets/5b7ffc618b4c4169d30727e0/"
_STALE_AFTER_DAYS: Final = 45
"""A stock comes once a month, on the 1st; a month and a half later the next one is overdue."""

STOCK: Final = Source(
    name="sirene",
    label="Sirene, établissements",
    file_name=re.compile(r"StockEtablissement_utf8\.(parquet|zip)"),
    tables=("sirene",),
    on_demand=("sirene_identites",),
    read=read_stock,
    # The Parquet file: 2.2 GB. The zip (CSV, 2.9 GB) is 0651fb76-bcf3-4f6a-a38d-bc04fa708576.
    address=f"{DATA_GOUV_API}/r/a29c1297-1f92-4e2a-8f6b-8c902ce96c5f",
    largest_bytes=6_000_000_000,
    format="parquet",
    stale_after_days=_STALE_AFTER_DAYS,
    dataset_page=_DATASET_PAGE,
    record_page=_record_page,
)

SUCCESSION: Final = Source(
    name="sirene_succession",
    label="Sirene, liens de succession",
    file_name=re.compile(r"StockEtablissementLiensSuccession_utf8\.(parquet|zip)"),
    tables=("sirene_succession",),
    read=read_succession,
    # The zip: no public code was found that names the Parquet resource's id.
    address=f"{DATA_GOUV_API}/r/9c4d5d9c-4bbb-4b9c-837a-6155cb589e26",
    largest_bytes=2_000_000_000,
    format="zip",
    stale_after_days=_STALE_AFTER_DAYS,
    dataset_page=_DATASET_PAGE,
    record_page=_record_page,
)

UNITS: Final = Source(
    name="sirene_unite_legale",
    label="Sirene, unités légales",
    file_name=re.compile(r"StockUniteLegale_utf8\.(parquet|zip)"),
    tables=(),
    on_demand=("sirene_unites",),
    read=read_units,
    # The Parquet file: 0.7 GB. The zip (CSV, 1 GB) is 825f4199-cadd-486c-ac46-a65a8ea1a047.
    address=f"{DATA_GOUV_API}/r/350182c9-148a-46e0-8389-76c2ec1374a3",
    largest_bytes=3_000_000_000,
    format="parquet",
    stale_after_days=_STALE_AFTER_DAYS,
    dataset_page=_DATASET_PAGE,
    record_page=_record_page,
)

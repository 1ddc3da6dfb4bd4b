"""`sirene` and `sirene_succession`: INSEE's stocks of establishments and of succession links (sources.md, c)."""

import re
from pathlib import Path
from typing import Final

import duckdb

from quiforme.sources.archives import STOCK_BYTES, SUCCESSION_BYTES
from quiforme.sources.insee_stocks import Columns, date, letter, read, siret, text
from quiforme.sources.reading import Previous, ReadResult
from quiforme.sources.source import DATA_GOUV_API, Source, Subject

_ESTABLISHMENTS: Final[Columns] = {
    "siret": ("siret", siret),
    "etat": ("etatAdministratifEtablissement", letter("A", "F")),
    "date_debut": ("dateDebut", date),
    "code_commune": ("codeCommuneEtablissement", text(5)),
    "diffusion": ("statutDiffusionEtablissement", letter("O", "P", "N")),
}
# The file has several versions of a link; they differ only in columns that are not read.
_LINKS: Final[Columns] = {
    "predecesseur": ("siretEtablissementPredecesseur", text(14)),
    "successeur": ("siretEtablissementSuccesseur", text(14)),
    "date_lien": ("dateLienSuccession", date),
}


def read_stock(database: duckdb.DuckDBPyConnection, path: Path, _previous: Previous) -> ReadResult:
    """Read the establishments: siret (a number), etat, date_debut, code_commune, diffusion.

    Raises:
        FileRefused: Neither Parquet nor a zip with one CSV file, or a required column is missing.
        OSError: The Parquet file could not be written; the producer's file is not to blame.

    """
    return read(database, "sirene", path, _ESTABLISHMENTS, limit_bytes=STOCK_BYTES)


def read_succession(database: duckdb.DuckDBPyConnection, path: Path, _previous: Previous) -> ReadResult:
    """Read the links: predecesseur, successeur, date_lien. Raises as `read_stock` does."""
    return read(database, "sirene_succession", path, _LINKS, limit_bytes=SUCCESSION_BYTES)


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

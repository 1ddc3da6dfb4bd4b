"""`sirene` and `sirene_succession`: INSEE's monthly stocks, Parquet or zipped CSV (sources.md, c)."""

import shutil
import zipfile
from pathlib import Path

import duckdb

from quiforme.database import sql_text
from quiforme.sources.reading import Reading, Refused, SetAside, count, require_columns

STOCK_TABLES = ("sirene",)
SUCCESSION_TABLES = ("sirene_succession",)

_STOCK = (
    "siret",
    "etatAdministratifEtablissement",
    "codeCommuneEtablissement",
    "statutDiffusionEtablissement",
    "dateDebut",
)
_STOCK_SQL = """
CREATE OR REPLACE TABLE sirene AS
SELECT clean(siret) AS siret,
       clean(etatAdministratifEtablissement) AS etat,
       TRY_CAST(clean(dateDebut) AS DATE) AS date_debut,
       clean(codeCommuneEtablissement) AS code_commune,
       clean(statutDiffusionEtablissement) AS diffusion
FROM ({scan})
"""

_SUCCESSION = (
    "siretEtablissementPredecesseur",
    "siretEtablissementSuccesseur",
    "dateLienSuccession",
    "dateDernierTraitementLienSuccession",
)
# The stock keeps every version of a link; the one treated last counts.
_SUCCESSION_SQL = """
CREATE OR REPLACE TABLE sirene_succession AS
SELECT predecesseur, successeur, date_lien
FROM (SELECT clean(siretEtablissementPredecesseur) AS predecesseur,
             clean(siretEtablissementSuccesseur) AS successeur,
             TRY_CAST(clean(dateLienSuccession) AS DATE) AS date_lien,
             clean(dateDernierTraitementLienSuccession) AS treated
      FROM ({scan}))
QUALIFY row_number() OVER (PARTITION BY predecesseur, successeur, date_lien ORDER BY treated DESC) = 1
"""


def read_stock(database: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    """Load the establishments into `sirene`: siret, etat (A or F), date_debut, code_commune, diffusion.

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.

    """
    set_aside = _load(database, path, _STOCK_SQL, _STOCK)
    return Reading(count(database, "sirene"), set_aside)


def read_succession(database: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    """Load the links into `sirene_succession`: predecesseur, successeur, date_lien.

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.

    """
    set_aside = _load(database, path, _SUCCESSION_SQL, _SUCCESSION)
    return Reading(count(database, "sirene_succession"), set_aside)


def _load(database: duckdb.DuckDBPyConnection, path: Path, create: str, required: tuple[str, ...]) -> list[SetAside]:
    """Run `create` over the required columns of the file, as text; the lines that could not be read."""
    try:
        if not zipfile.is_zipfile(path):
            scan = _scan(database, f"read_parquet({sql_text(path)})", required)
            database.execute(create.format(scan=scan))
            return []
        text = _extract(path)
        try:
            source = (
                f"read_csv({sql_text(text)}, delim = ',', quote = '\"', escape = '\"', header = true, "
                "all_varchar = true, store_rejects = true, rejects_limit = 0)"
            )
            database.execute(create.format(scan=_scan(database, source, required)))
        finally:
            text.unlink()
        rejected = database.execute(
            """
            SELECT line, any_value(error_message), any_value(csv_line)
            FROM reject_errors GROUP BY line ORDER BY line
            """
        ).fetchall()
        database.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
        return [SetAside(int(line), reason, raw or "") for line, reason, raw in rejected]
    except (duckdb.IOException, duckdb.InvalidInputException, zipfile.BadZipFile) as error:
        raise Refused(f"unreadable: {error}") from error


def _scan(database: duckdb.DuckDBPyConnection, source: str, required: tuple[str, ...]) -> str:
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    names = {str(row[0]).strip(): str(row[0]) for row in described}
    require_columns(list(names), required)
    columns = ", ".join(f'CAST("{names[name]}" AS VARCHAR) AS {name}' for name in required)
    return f"SELECT {columns} FROM {source}"


def _extract(path: Path) -> Path:
    """Unpack the CSV file of a zip beside it, since DuckDB reads no zip."""
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(members) != 1:
            raise Refused(f"{len(members)} CSV files in the zip, one is expected")
        text = path.with_suffix(".csv")
        with archive.open(members[0]) as packed, text.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    return text

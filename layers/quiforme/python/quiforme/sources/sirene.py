"""`sirene` and `sirene_succession`: INSEE's monthly stocks, Parquet or zipped CSV (sources.md, c)."""

import csv
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from quiforme.database import sql_text
from quiforme.sources import archives
from quiforme.sources.reading import LONGEST_TEXT, Reading, SetAside, count, refusing_damage, require_columns

STOCK_TABLES = ("sirene",)
SUCCESSION_TABLES = ("sirene_succession",)

_DATES = ("dateDebut", "dateLienSuccession")


@dataclass(frozen=True, slots=True)
class _File:
    """One of INSEE's files: the table it makes, its required columns, and a query over a scan of these."""

    table: str
    columns: tuple[str, ...]
    query: str
    limit_bytes: int


STOCK = _File(
    "sirene",
    (
        "siret",
        "etatAdministratifEtablissement",
        "codeCommuneEtablissement",
        "statutDiffusionEtablissement",
        "dateDebut",
    ),
    """
    SELECT clean(siret) AS siret,
           clean(etatAdministratifEtablissement) AS etat,
           dateDebut AS date_debut,
           clean(codeCommuneEtablissement) AS code_commune,
           clean(statutDiffusionEtablissement) AS diffusion
    FROM ({scan})
    """,
    archives.STOCK_BYTES,
)
# The stock keeps every version of a link; the one treated last counts.
SUCCESSION = _File(
    "sirene_succession",
    (
        "siretEtablissementPredecesseur",
        "siretEtablissementSuccesseur",
        "dateLienSuccession",
        "dateDernierTraitementLienSuccession",
    ),
    """
    SELECT predecesseur, successeur, date_lien
    FROM (SELECT clean(siretEtablissementPredecesseur) AS predecesseur,
                 clean(siretEtablissementSuccesseur) AS successeur,
                 dateLienSuccession AS date_lien,
                 clean(dateDernierTraitementLienSuccession) AS treated
          FROM ({scan}))
    QUALIFY row_number() OVER (PARTITION BY predecesseur, successeur, date_lien ORDER BY treated DESC) = 1
    """,
    archives.SUCCESSION_BYTES,
)


def read_stock(database: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    """Lay the establishments out as `sirene`: siret, etat (A or F), date_debut, code_commune, diffusion.

    A Parquet file is laid out as a view of it: 44 million rows are read as they are kept, and never held.

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.

    """
    set_aside = _load(database, path, STOCK)
    return Reading(count(database, "sirene"), set_aside)


def read_succession(database: duckdb.DuckDBPyConnection, path: Path) -> Reading:
    """Lay the links out as `sirene_succession`: predecesseur, successeur, date_lien.

    Raises:
        Refused: Neither Parquet nor a zip with one CSV file, or a required column is missing.

    """
    set_aside = _load(database, path, SUCCESSION)
    return Reading(count(database, "sirene_succession"), set_aside)


def _load(database: duckdb.DuckDBPyConnection, path: Path, file: _File) -> list[SetAside]:
    """Lay out the required columns of the file through `query`; the lines that could not be read."""
    with refusing_damage():
        if not zipfile.is_zipfile(path):
            scan = _scan(database, f"read_parquet({sql_text(path)})", file.columns)
            database.execute(f"CREATE OR REPLACE VIEW {file.table} AS {file.query.format(scan=scan)}")
            return []
        text = _extract(path, file.limit_bytes)
        try:
            source = (
                f"read_csv({sql_text(text)}, delim = ',', quote = '\"', escape = '\"', header = true, "
                "all_varchar = true, store_rejects = true, rejects_limit = 0)"
            )
            require_columns(_header(text), file.columns)
            scan = _scan(database, source, file.columns)
            database.execute(f"CREATE OR REPLACE TABLE {file.table} AS {file.query.format(scan=scan)}")
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


def _header(text: Path) -> list[str]:
    """The names of a CSV file's columns as it writes them: DuckDB would give the second of two alike another one."""
    with text.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        line = lines.readline(LONGEST_TEXT)
    return [name.strip() for name in next(csv.reader([line]), [])]


def _scan(database: duckdb.DuckDBPyConnection, source: str, required: tuple[str, ...]) -> str:
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    names = {str(row[0]).strip(): str(row[0]) for row in described}
    require_columns(list(names), required)
    types = {str(row[0]).strip(): str(row[1]) for row in described}
    columns = ", ".join(f"{_column(names[name], types[name], name)} AS {name}" for name in required)
    return f"SELECT {columns} FROM {source}"


def _column(written: str, type_name: str, name: str) -> str:
    """A column as text, or as a date: the Parquet files type their dates already."""
    text = f'CAST("{written}" AS VARCHAR)'
    if name not in _DATES:
        return text
    return f'"{written}"' if type_name == "DATE" else f"TRY_CAST(clean({text}) AS DATE)"


def _extract(path: Path, limit_bytes: int) -> Path:
    """Unpack the CSV file of a zip beside it, since DuckDB reads no zip."""
    text = path.with_name(f"{path.name}.csv")
    try:
        with archives.open_only(path, ".csv", limit_bytes=limit_bytes) as packed, text.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked, 1 << 20)
    except BaseException:
        text.unlink(missing_ok=True)
        raise
    return text

"""Builds the documents from a snapshot: the SQL files of this folder, in order."""

from datetime import date
from importlib.resources import as_file, files

import duckdb

from quiforme.database import run_script, sql_text
from quiforme.pipeline import document_fields, identities
from quiforme.snapshot.manifest import DocumentSettings

STORED = ("ndas_inactifs", "declarations", "habilitations", "uai_codes", "repertoire", *identities.STORED)
"""The tables that a run stores for the next one and for the reconciliation (columns: shared/previous_run.sql)."""

ESTABLISHMENTS = (
    "pipeline/shared/registers.sql",
    "pipeline/shared/uai.sql",
    "pipeline/documents/1_declarations.sql",
)
DOCUMENTS = (
    "pipeline/documents/2_habilitations.sql",
    "pipeline/documents/3_uai.sql",
    "pipeline/documents/4_perimeter.sql",
    "pipeline/documents/5_documents.sql",
)
CHANGES = ("pipeline/documents/6_index.sql", "pipeline/documents/7_changes.sql")


def build_documents(
    database: duckdb.DuckDBPyConnection,
    *,
    day: date,
    settings: DocumentSettings,
    stocks: identities.Stocks | None = None,
) -> None:
    """Make the table `documents` (siret, data, details, identite, non_diffusible), and those of STORED but `repertoire`.

    Args:
        database: Holds the tables of the snapshot, and in the schema `previous` those of the previous run.
        day: The run's day.
        settings: The retention of inactive NDAs, and the marks that put a SIRET out of perimeter.
        stocks: What to extract the tables of `identities.STORED` from; None when they are there already.

    """
    database.execute("SET VARIABLE day = ?", [day])
    database.execute("SET VARIABLE retention_days = ?", [settings.retention_days])
    database.execute("SET VARIABLE exclusions = ?::VARCHAR[]", [list(settings.exclusions)])
    with as_file(files("quiforme").joinpath("pipeline/documents/complement_uai.csv")) as complement:
        database.execute(
            f"CREATE OR REPLACE TABLE complement_uai AS FROM read_csv({sql_text(complement)}, all_varchar = true)"
        )
    for script in ESTABLISHMENTS:
        run_script(database, script)
    if stocks:
        identities.identify(database, stocks)
    for script in DOCUMENTS:
        run_script(database, script, parts=document_fields.SQL)


def find_changes(database: duckdb.DuckDBPyConnection, *, generation: int) -> None:
    """Make the tables `reverse_index`, `changes`, `repertoire` and `replaced_items` (documents/6_index.sql, 7_changes.sql).

    Args:
        database: As `build_documents` leaves it.
        generation: The number of the generation that the changed items will belong to.

    """
    database.execute("SET VARIABLE generation = ?", [generation])
    for script in CHANGES:
        run_script(database, script)

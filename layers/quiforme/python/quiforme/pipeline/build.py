"""From a snapshot to documents: the SQL files beside this one, in their order."""

from datetime import date
from importlib.resources import as_file, files

import duckdb

from quiforme.database import run_script, sql_text
from quiforme.snapshot.manifest import DocumentSettings

KEPT = ("ndas_inactifs", "declarations", "habilitations", "repertoire")
"""The tables that the next run and the reconciliation start from (etat.sql says what each holds)."""

DOCUMENTS = (
    "pipeline/shared/registers.sql",
    "pipeline/shared/uai.sql",
    "pipeline/documents/1_declarations.sql",
    "pipeline/documents/2_habilitations.sql",
    "pipeline/documents/3_uai.sql",
    "pipeline/documents/4_perimeter.sql",
    "pipeline/documents/5_documents.sql",
)
"""The SQL of the documents, in its order."""
CHANGES = ("pipeline/documents/6_index.sql", "pipeline/documents/7_changes.sql")
"""The SQL of what is published of them, in its order."""


def build_documents(database: duckdb.DuckDBPyConnection, *, day: date, settings: DocumentSettings) -> None:
    """Make the table `documents` (siret, data, details, identite, non_diffusible), and those of KEPT but `repertoire`.

    Args:
        database: Holds the tables of the snapshot, and in the schema `previous` those of the previous one.
        day: The run's day.
        settings: The retention of inactive NDAs, and the marks that put a SIRET out of perimeter.

    """
    database.execute("SET VARIABLE day = ?", [day])
    database.execute("SET VARIABLE retention_days = ?", [settings.retention_days])
    database.execute("SET VARIABLE exclusions = ?::VARCHAR[]", [list(settings.exclusions)])
    with as_file(files("quiforme").joinpath("pipeline/documents/complement_uai.csv")) as complement:
        database.execute(
            f"CREATE OR REPLACE TABLE complement_uai AS FROM read_csv({sql_text(complement)}, all_varchar = true)"
        )
    for script in DOCUMENTS:
        run_script(database, script)


def find_changes(database: duckdb.DuckDBPyConnection, *, generation: int) -> None:
    """Make what is published of the documents: `index_publie` (id, data) and `changements` (id, etat, nature).

    Args:
        database: As `build_documents` leaves it; the table `repertoire` is made too.
        generation: The number under which changed items will be written.

    """
    database.execute("SET VARIABLE generation = ?", [generation])
    for script in CHANGES:
        run_script(database, script)

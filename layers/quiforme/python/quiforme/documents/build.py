"""From a snapshot to documents: the SQL files beside this one, in their order."""

from collections.abc import Sequence
from datetime import date
from importlib.resources import as_file, files

import duckdb

from quiforme.database import run_script, sql_text

KEPT = ("ndas_inactifs", "declarations", "habilitations", "repertoire")
"""The tables that the next run and the reconciliation start from (etat.sql says what each holds)."""

_STEPS = (
    "1_declarations.sql",
    "2_habilitations.sql",
    "3_uai.sql",
    "4_perimetre.sql",
    "5_documents.sql",
    "6_changements.sql",
)


def build_documents(
    database: duckdb.DuckDBPyConnection, *, day: date, retention_days: int, exclusions: Sequence[str]
) -> None:
    """Make the tables `documents` (siret, data, details) and `changements` (siret, etat, nature).

    Args:
        database: Holds the tables of the snapshot, and in the schema `before` those of the previous one.
        day: The run's day.
        retention_days: For how many days an NDA that left the list stays on the documents that carried it.
        exclusions: Which marks of the directory put a SIRET out of perimeter: `hors_contrat`, `lycee_agricole`.

    """
    database.execute("SET VARIABLE jour = ?", [day])
    database.execute("SET VARIABLE retention = ?", [retention_days])
    database.execute("SET VARIABLE exclusions = ?::VARCHAR[]", [list(exclusions)])
    with as_file(files("quiforme.documents").joinpath("complement_uai.csv")) as complement:
        database.execute(
            f"CREATE OR REPLACE TABLE complement_uai AS FROM read_csv({sql_text(complement)}, all_varchar = true)"
        )
    for step in _STEPS:
        run_script(database, "quiforme.documents", step)

"""What the documents in force would lose by a run: too much at once is no change but an accident of a source."""

from dataclasses import dataclass

import duckdb

from quiforme.database import count, run_script
from quiforme.registry.ports import Losses

LEAST = 500
"""A run by which fewer documents than this lose something is never held."""
_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class LossLimits:
    """The limits above which a run is held. Both count documents, whatever each of them loses.

    Attributes:
        percent: The share of the documents in force that may lose something, in per cent.
        least: A run by which fewer documents than this lose something is never held.

    """

    percent: int
    least: int


def find_losses(database: duckdb.DuckDBPyConnection, limits: LossLimits, *, retention_days: int) -> Losses:
    """Compare the documents with those in force (documents/8_losses.sql).

    Args:
        database: As `build_documents` leaves it, with the tables of the publication in force in the schema `previous`.
        limits: What they are judged by.
        retention_days: The retention of inactive NDAs by which the publication in force was built.

    """
    database.execute("SET VARIABLE previous_retention_days = ?", [retention_days])
    run_script(database, "pipeline/documents/8_losses.sql")
    # The first document that loses a kind of thing comes before the second one of any kind, so every kind is shown.
    examples = database.execute(
        """
        SELECT siret, list(kind ORDER BY kind)
        FROM (SELECT siret, kind, row_number() OVER (PARTITION BY kind ORDER BY siret) AS rank FROM losses)
        GROUP BY siret ORDER BY min(rank), siret LIMIT ?
        """,
        [_EXAMPLES],
    ).fetchall()
    kinds = database.execute("SELECT kind, count(*) FROM losses GROUP BY kind ORDER BY kind").fetchall()
    return Losses(
        in_force=count(database, "previous.in_force WHERE etat = 'document'"),
        losing=count(database, "(SELECT DISTINCT siret FROM losses)"),
        kinds=dict(kinds),
        examples=dict(examples),
        percent=limits.percent,
        least=limits.least,
    )

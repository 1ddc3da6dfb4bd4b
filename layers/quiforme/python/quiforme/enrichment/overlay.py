"""The Sirene that documents and rules read: the stock with the API's newer establishments."""

import duckdb

from quiforme.database import count, run_script


def overlay_recent_sirene(database: duckdb.DuckDBPyConnection) -> None:
    """Replace the view `sirene` by one in which `sirene_recente` takes precedence over the stock.

    Without a recent establishment the view stays as it is, which is faster.
    """
    if count(database, "sirene_recente"):
        run_script(database, "enrichment/overlay.sql")

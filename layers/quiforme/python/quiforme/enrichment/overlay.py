"""The Sirene that documents and rules see: the stock, and what was had of the API since."""

import duckdb

from quiforme.database import count, run_script


def lay_over_stock(database: duckdb.DuckDBPyConnection) -> None:
    """Lay the table `sirene_recente` over the view `sirene`; a stock with nothing over it is left as fast as it is."""
    if count(database, "sirene_recente"):
        run_script(database, "enrichment/sirene_up_to_date.sql")

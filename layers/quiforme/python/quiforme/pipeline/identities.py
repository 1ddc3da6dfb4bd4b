"""What Sirene's stocks say of the establishments and of the legal units of the documents: who they are and where.

The stocks have 44 and 30 million rows, the documents some hundred thousand. So what a run has extracted is stored, and
the next one opens a stock only for what is missing there: all of it once there is another stock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

from quiforme.database import count, run_script
from quiforme.snapshot.manifest import SourceInUse
from quiforme.snapshot.tables import SnapshotTables
from quiforme.sources import sirene
from quiforme.sources.source import Source

STORED = ("identites_sirene", "unites_sirene")
"""The tables that a run stores for the next one (columns: shared/previous_run.sql)."""


@dataclass(frozen=True, slots=True)
class StoredStock:
    """One stock in use.

    Attributes:
        path: Gives the file; it is called only when a row is missing.
        same: Whether the previous run had the same file.

    """

    path: Callable[[], Path]
    same: bool


@dataclass(frozen=True, slots=True)
class Stocks:
    """The stocks in use; None for one of which no file was ever accepted."""

    establishments: StoredStock | None = None
    units: StoredStock | None = None


def stocks_in_use(
    tables: SnapshotTables, sources: Mapping[str, SourceInUse], before: Mapping[str, SourceInUse]
) -> Stocks:
    """The stocks of a snapshot.

    Args:
        tables: Gives their files.
        sources: The snapshot's files in use, by source.
        before: Those of the previous run.

    """

    def stock(source: Source) -> StoredStock | None:
        [table] = source.on_demand
        key, last = (
            in_use[source.name].tables.get(table) if source.name in in_use else None for in_use in (sources, before)
        )
        return StoredStock(partial(tables.on_demand, key), same=key == last) if key else None

    return Stocks(stock(sirene.STOCK), stock(sirene.UNITS))


def identify(database: duckdb.DuckDBPyConnection, stocks: Stocks) -> None:
    """Make the tables of STORED, for the table `establishments` (documents/1_declarations.sql).

    Args:
        database: Holds the tables of the snapshot, and in the schema `previous` those of the previous run.
        stocks: The stocks in use.

    """
    database.execute("SET VARIABLE same_stock = ?", [stocks.establishments is not None and stocks.establishments.same])
    database.execute("SET VARIABLE has_units = ?", [stocks.units is not None])
    database.execute("SET VARIABLE same_units = ?", [stocks.units is not None and stocks.units.same])
    run_script(database, "pipeline/documents/identities_missing.sql")
    _extract(database, stocks.establishments, "identites", sirene.identities)
    _extract(database, stocks.units, "unites", sirene.units)
    run_script(database, "pipeline/documents/identities.sql")


def _extract(
    database: duckdb.DuckDBPyConnection,
    stock: StoredStock | None,
    table: str,
    query: Callable[[duckdb.DuckDBPyConnection, Path, str], str],
) -> None:
    """Read the rows that are missing from a stock."""
    if stock and count(database, f"missing_{table}"):
        found = query(database, stock.path(), f"missing_{table}")
        database.execute(f"INSERT INTO found_{table} {found}")

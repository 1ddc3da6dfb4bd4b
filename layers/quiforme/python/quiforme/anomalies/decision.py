"""Ops' decisions on the openings that the flood breaker holds: release them to consumers, or drop them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal

import duckdb

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.ledger import LedgerStore, save_ledger
from quiforme.anomalies.loading import StoredFiles, load_ledger
from quiforme.anomalies.ports import LedgerState
from quiforme.database import open_database

Decision = Literal["release", "drop"]

_APPLY = """
    CREATE TABLE ledger_today AS
    SELECT * EXCLUDE (decided) REPLACE (CASE WHEN decided THEN ? ELSE annonce END AS annonce),
           -- A held opening is announced as an opening, even if its evidence has changed since.
           CASE WHEN decided THEN 'ouverte' END AS transition,
           CASE WHEN decided AND ? THEN 'ouverte' END AS event
    FROM (SELECT *, etat = 'ouverte' AND annonce = 'retenue' AND code = ? AS decided FROM ledger)
"""


class NothingHeld(Exception):
    """The rule has no held opening."""


def held(store: LedgerStore, *, memory_limit_mb: int) -> dict[str, int]:
    """The number of held openings, by code."""
    state = store.pointer.get()
    if state is None:
        return {}
    with _ledger(store, state, memory_limit_mb) as database:
        query = (
            "SELECT code, count(*) FROM ledger WHERE etat = 'ouverte' AND annonce = 'retenue' GROUP BY ALL ORDER BY ALL"
        )
        return dict(database.execute(query).fetchall())


def decide(
    store: LedgerStore, code: str, decision: Decision, *, day: date, generation: int, run_id: str, memory_limit_mb: int
) -> dict[str, Any]:
    """Release or drop the held openings of a rule that are still open.

    A dropped anomaly stays in the ledger, and is not announced as long as its evidence stays the same.

    Args:
        store: The ledger.
        code: The rule's code.
        decision: `release` or `drop`.
        day: The day of the decision.
        generation: The generation of the documents.
        run_id: Unique; names the stored files.
        memory_limit_mb: The database's memory limit, in MiB.

    Returns:
        code, decision, anomalies (their number).

    Raises:
        NothingHeld: The rule has no held opening.

    """
    state = store.publish_pending(store.pointer.get())
    if state is None:
        raise NothingHeld("nothing was ever reconciled")
    with _ledger(store, state, memory_limit_mb) as database:
        database.execute("SET VARIABLE day = ?", [day])
        database.execute(_APPLY, ["faite" if decision == "release" else "abandonnee", decision == "release", code])
        (number,) = database.execute("SELECT count(transition) FROM ledger_today").fetchone() or (0,)
        if not number:
            raise NothingHeld(f"no opening of {code} is held")
        database.execute("CREATE TABLE floods (code VARCHAR)")
        saved = save_ledger(
            database,
            store,
            run_id=run_id,
            rules={rule.code: rule for rule in RULES},
            generation=generation,
            snapshot=state.snapshot,
            evaluated=frozenset(),
            replacing=state,
        )
    store.publish_pending(saved)
    return {"code": code, "decision": decision, "anomalies": number}


@contextmanager
def _ledger(store: LedgerStore, state: LedgerState, memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the table `ledger`."""
    with open_database(store.scratch, memory_limit_mb=memory_limit_mb) as database:
        load_ledger(database, StoredFiles(store.storage, store.scratch), state)
        yield database

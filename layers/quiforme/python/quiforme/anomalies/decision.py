"""What ops decide of the openings that the flood breaker holds: release them to the consumers, or drop them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Literal

import duckdb

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.ledger import LedgerStore, record
from quiforme.anomalies.ports import LedgerState
from quiforme.database import open_database, run_script, sql_text

Decision = Literal["release", "drop"]

_DECIDED = """
    CREATE TABLE registre_du_jour AS
    SELECT * EXCLUDE (decidee) REPLACE (CASE WHEN decidee THEN ? ELSE annonce END AS annonce),
           -- What was held is told as an opening, whatever became of its evidence since.
           CASE WHEN decidee THEN 'ouverte' END AS transition,
           CASE WHEN decidee AND ? THEN 'ouverte' END AS evenement
    FROM (SELECT *, etat = 'ouverte' AND annonce = 'retenue' AND code = ? AS decidee FROM registre)
"""


class NothingHeld(Exception):
    """No opening of that rule is held."""


def held(desk: LedgerStore, *, memory_limit_mb: int) -> dict[str, int]:
    """How many openings are held, by code."""
    state = desk.pointer.get()
    if state is None:
        return {}
    with _ledger(desk, state, memory_limit_mb) as database:
        query = "SELECT code, count(*) FROM registre WHERE etat = 'ouverte' AND annonce = 'retenue' GROUP BY ALL ORDER BY ALL"
        return dict(database.execute(query).fetchall())


def decide(
    desk: LedgerStore, code: str, decision: Decision, *, day: date, generation: int, run_id: str, memory_limit_mb: int
) -> dict[str, Any]:
    """Release the openings of a rule that are held and still open, or drop them.

    What is dropped stays in the ledger, untold as long as its evidence stays the same.

    Args:
        desk: Where the ledger is kept, and who is told.
        code: The rule's.
        decision: `release` or `drop`.
        day: Of the decision.
        generation: Of the documents.
        run_id: Unique; names what this decision keeps.
        memory_limit_mb: For the database, in MiB.

    Returns:
        code, decision, anomalies (how many).

    Raises:
        NothingHeld: None is.

    """
    state = desk.tell(desk.pointer.get())
    if state is None:
        raise NothingHeld("nothing was ever reconciled")
    with _ledger(desk, state, memory_limit_mb) as database:
        database.execute("SET VARIABLE day = ?", [day])
        database.execute(_DECIDED, ["faite" if decision == "release" else "abandonnee", decision == "release", code])
        (number,) = database.execute("SELECT count(transition) FROM registre_du_jour").fetchone() or (0,)
        if not number:
            raise NothingHeld(f"no opening of {code} is held")
        database.execute("CREATE TABLE crues (code VARCHAR)")
        recorded = record(
            database,
            desk,
            run_id=run_id,
            rules={rule.code: rule for rule in RULES},
            generation=generation,
            snapshot=state.snapshot,
            evaluated=frozenset(),
            replacing=state,
        )
    desk.tell(recorded)
    return {"code": code, "decision": decision, "anomalies": number}


@contextmanager
def _ledger(desk: LedgerStore, state: LedgerState, memory_limit_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the ledger in force as its table `registre`."""
    local = desk.scratch / "in_force.parquet"
    desk.storage.get(state.ledger, local)
    with open_database(desk.scratch, memory_limit_mb=memory_limit_mb) as database:
        run_script(database, "anomalies/ledger.sql")
        database.execute(f"INSERT INTO registre BY NAME FROM read_parquet({sql_text(local)})")
        yield database

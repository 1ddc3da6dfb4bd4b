"""Publication: all of a generation becomes visible at once, or none of it ever does.

Items are written under a generation that no reader looks at yet, then one conditional write moves the
pointer. A run that dies in between leaves its intent behind; the next one erases what it wrote.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date

import duckdb

from quiforme.registry.ports import Intent, Item, Publication, Registry
from quiforme.snapshot.ports import Storage

_FETCHED = 500
"""Documents fetched from the database at a time."""
_STRIDE = 5_000
"""Items written between two looks at the clock."""


def clean_up(registry: Registry, storage: Storage) -> None:
    """Erase what an earlier run wrote and never published."""
    intent = registry.intent()
    if intent is None:
        return
    current = registry.current()
    if current is None or current.newest < intent.generation:
        ids: list[str] = json.loads(storage.read(intent.ids_key))
        registry.erase((identifier, intent.generation) for identifier in ids)
    registry.clear_intent()


def intend(
    database: duckdb.DuckDBPyConnection, registry: Registry, storage: Storage, generation: int, *, run_id: str
) -> None:
    """Say that the items of the database's table `changes` are about to be written, before any is."""
    ids = [identifier for (identifier,) in database.execute("SELECT id FROM changes ORDER BY id").fetchall()]
    key = f"intents/{run_id}.json"
    storage.write(key, json.dumps(ids).encode())
    registry.set_intent(Intent(generation, key))


def write_items(
    database: duckdb.DuckDBPyConnection,
    registry: Registry,
    generation: int,
    *,
    day: date,
    written: int,
    enough_time: Callable[[], bool],
) -> int:
    """Write the items of the table `changes`, in the order of their identifiers, as long as there is time.

    Args:
        database: Holds `changes`, `documents` and `reverse_index`.
        registry: Takes them.
        generation: Under which they are written; no reader looks at it yet.
        day: The run's day.
        written: How many were written already, by an earlier invocation of this run.
        enough_time: Whether there is time for more.

    Returns:
        How many are written now.

    """
    items = _items(database, day, written)
    while chunk := [item for _, item in zip(range(_STRIDE), items, strict=False)]:
        registry.write(generation, chunk)
        written += len(chunk)
        if not enough_time():
            break
    return written


def _items(database: duckdb.DuckDBPyConnection, day: date, skipped: int) -> Iterator[Item]:
    database.execute(
        """
        SELECT id, etat, ?, coalesce(documents.data, reverse_index.data, ''), coalesce(details, ''),
               coalesce(identite, ''), coalesce(non_diffusible, false)
        FROM changes LEFT JOIN documents ON documents.siret = id LEFT JOIN reverse_index USING (id)
        ORDER BY id OFFSET ?
        """,
        [day.isoformat(), skipped],
    )
    while rows := database.fetchmany(_FETCHED):
        for row in rows:
            yield Item(*row)


def move_pointer(registry: Registry, publication: Publication, *, replacing: Publication | None, day: date) -> None:
    """Make a publication visible; a repeated call after a lost answer is no error."""
    if replacing != publication:
        registry.publish(publication, replacing=replacing, day=day)
    registry.clear_intent()

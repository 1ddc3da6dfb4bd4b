"""Publication: all items of a generation become visible at once, or none ever does.

Items are written under a generation that no reader looks at yet; then one conditional transaction moves the pointer
(aws/documents.py). A run that dies in between leaves its intent behind, and the next run erases what it wrote.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date

import duckdb

from quiforme.registry import generations
from quiforme.registry.ports import Intent, Item, Publication, Registry
from quiforme.snapshot.manifest import Manifest
from quiforme.snapshot.ports import Storage

_FETCHED = 500
"""Rows fetched from the database at a time."""
_STRIDE = 5_000
"""Items written between two checks of the time left."""


def erase_unpublished(registry: Registry, storage: Storage) -> None:
    """Erase the items, and the record of their generation, that an earlier run wrote and did not publish."""
    intent = registry.intent()
    if intent is None:
        return
    current = registry.current()
    if current is None or current.newest < intent.generation:
        ids: list[str] = json.loads(storage.read(intent.ids_key))
        registry.erase((identifier, intent.generation) for identifier in ids)
        generations.delete_record(storage, intent.generation)
    registry.clear_intent()


def set_intent(
    database: duckdb.DuckDBPyConnection, registry: Registry, storage: Storage, generation: int, *, run_id: str
) -> None:
    """Record which items are about to be written: those of the database's table `changes`."""
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
    """Write the items of the table `changes`, ordered by identifier, as long as there is time.

    Args:
        database: Holds `changes`, `documents` and `reverse_index`.
        registry: Where they are written.
        generation: The generation that they belong to; no reader looks at it yet.
        day: The run's day.
        written: How many were written by earlier invocations of this run.
        enough_time: Whether there is time for more.

    Returns:
        How many are written now, earlier invocations included.

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


def next_publication(current: Publication | None, manifest: Manifest, *, changed: bool) -> Publication:
    """Make the publication of a run.

    Args:
        current: The publication that it replaces, if there is one.
        manifest: The run's manifest.
        changed: Whether the run wrote items. If not, the generation stays the same.

    Returns:
        The publication. It ends a roll-back: readers see the newest generation again. The generations that had been
        rolled back are listed as withdrawn if the run wrote items.

    """
    day = manifest.day.isoformat()
    newest = current.newest if current else 0
    generation = newest + 1 if changed or not current else newest
    withdrawn = current.withdrawn if current else []
    if current and current.generation < newest < generation:
        withdrawn = [*withdrawn, [current.generation + 1, newest, day]]
    return Publication(
        generation=generation,
        newest=generation,
        day=day,
        generation_day=current.generation_day if current and current.generation == generation else day,
        snapshot=manifest.key,
        sources={name: source.day.isoformat() for name, source in manifest.sources.items()},
        states={name: outcome.state for name, outcome in manifest.outcomes.items()},
        withdrawn=withdrawn,
    )


def move_pointer(registry: Registry, publication: Publication, *, replacing: Publication | None, day: date) -> None:
    """Make a publication visible. Repeating the call after a lost response is no error."""
    if replacing != publication:
        registry.publish(publication, replacing=replacing, day=day)
    registry.clear_intent()

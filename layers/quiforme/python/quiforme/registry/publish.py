"""Publication: all of a generation becomes visible at once, or none of it ever does.

Items are written under a generation that no reader looks at yet, then one conditional write moves the
pointer. A run that dies in between leaves its intent behind; the next one erases what it wrote.
"""

import json
from collections.abc import Iterator

import duckdb

from quiforme.registry.ports import Item, Publication, Registry
from quiforme.snapshot.ports import Storage

_FETCHED = 500
"""Documents fetched from the database at a time."""


def clean_up(registry: Registry, storage: Storage) -> None:
    """Erase what an earlier run wrote and never published."""
    intent = registry.intent()
    if intent is None:
        return
    generation, key = intent
    current = registry.current()
    if current is None or current.generation < generation:
        registry.erase(generation, json.loads(storage.read(key)))
    registry.clear_intent()


def write_generation(
    database: duckdb.DuckDBPyConnection, registry: Registry, storage: Storage, generation: int, *, run_id: str
) -> None:
    """Write the changed items of the database's table `changements` as a generation not yet visible."""
    sirets = [siret for (siret,) in database.execute("SELECT siret FROM changements ORDER BY siret").fetchall()]
    key = f"intents/{run_id}.json"
    storage.write(key, json.dumps(sirets).encode())
    registry.set_intent(generation, key)
    registry.write(generation, _items(database))


def _items(database: duckdb.DuckDBPyConnection) -> Iterator[Item]:
    database.execute(
        """
        SELECT siret, etat, coalesce(data, ''), coalesce(details, '')
        FROM changements LEFT JOIN documents USING (siret)
        """
    )
    while rows := database.fetchmany(_FETCHED):
        for row in rows:
            yield Item(*row)


def move_pointer(registry: Registry, publication: Publication, *, replacing: Publication | None) -> None:
    """Make a publication visible; a repeated call after a lost answer is no error."""
    if replacing != publication:
        registry.publish(publication, replacing=replacing)
    registry.clear_intent()

"""The record of generations: rolling back to one, and erasing the items that they replaced.

An item that a generation replaced is what its identifier answered until then. It is kept for the length of the history,
counted from the day it was replaced. When the items that a generation replaced are erased, the generations before it
are no longer complete, so their records are deleted first.
"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb

from quiforme.database import sql_text
from quiforme.registry.ports import Publication, Registry
from quiforme.snapshot.manifest import Frozen
from quiforme.snapshot.ports import Storage

PREFIX = "generations/"
_FORGOTTEN = "forgotten/"


class Generation(Frozen):
    """One generation. Stored as JSON under these names.

    Attributes:
        publication: The publication that made it visible first.
        documents: The numbers of documents: `total`, `new`, `changed`, `retired`, `unchanged`.
        replaced: The storage key (Parquet) of the items that it replaced: id, generation.

    """

    publication: Publication
    documents: dict[str, int]
    replaced: str

    @property
    def number(self) -> int:
        """Its number."""
        return self.publication.generation


class NoSuchGeneration(Exception):
    """There is no generation of that number, or it is forgotten."""


def record(storage: Storage, generation: Generation) -> None:
    """Store the record of a generation, before the pointer moves to it."""
    storage.write(_key(generation.number), generation.model_dump_json().encode())


def delete_record(storage: Storage, number: int) -> None:
    """Delete the record of a generation to which the pointer never moved, if there is one."""
    storage.delete([_key(number)])


def find(storage: Storage, number: int) -> Generation:
    """Read the record of a generation.

    Raises:
        NoSuchGeneration: There is none of that number.

    """
    if _key(number) not in storage.keys(_key(number)):
        raise NoSuchGeneration(f"there is no generation {number}, or it is forgotten")
    return Generation.model_validate_json(storage.read(_key(number)))


def numbers(storage: Storage) -> list[int]:
    """List the numbers of all generations that are not forgotten, ascending; one not published yet may be the last."""
    return sorted(int(key.removeprefix(PREFIX).removesuffix(".json")) for key in storage.keys(PREFIX))


def go_to(registry: Registry, storage: Storage, number: int, *, day: date) -> Publication:
    """Move the pointer to an earlier or later generation as of a day; items written since are kept.

    Raises:
        NoSuchGeneration: There is none of that number, or it was never published.
        Conflict: Another run published meanwhile.

    """
    current = registry.current()
    if current is None or number > current.newest:
        raise NoSuchGeneration(f"generation {number} was never published")
    publication = find(storage, number).publication
    target = Publication(
        generation=number,
        newest=current.newest,
        day=publication.day,
        generation_day=publication.generation_day,
        snapshot=publication.snapshot,
        sources=publication.sources,
        states=publication.states,
        withdrawn=current.withdrawn,
    )
    if target != current:
        registry.publish(target, replacing=current, day=day)
    return target


def forget(
    database: duckdb.DuckDBPyConnection,
    registry: Registry,
    storage: Storage,
    scratch: Path,
    *,
    day: date,
    history_days: int,
    enough_time: Callable[[], bool],
) -> int:
    """Erase the items that were replaced longer ago than the history, as long as there is time.

    A generation above the current one has replaced nothing that readers see, so it is skipped. If the erasure is
    interrupted, the next run repeats it.

    Args:
        database: Reads the lists of replaced items.
        registry: Holds the items.
        storage: Holds the records of generations.
        scratch: A local folder.
        day: The day that the history is counted back from.
        history_days: The length of the history.
        enough_time: Whether there is time for one more generation.

    Returns:
        The number of items erased.

    """
    current = registry.current()
    done = {int(key.removeprefix(_FORGOTTEN)) for key in storage.keys(_FORGOTTEN)}
    erased = 0
    for number in numbers(storage):
        if current is None or number > current.generation or number in done:
            continue
        generation = find(storage, number)
        if date.fromisoformat(generation.publication.generation_day) > day - timedelta(days=history_days):
            break
        if not enough_time():
            break
        # First the records of the generations before it, then the items that they need.
        storage.delete(_key(earlier) for earlier in numbers(storage) if earlier < number)
        keys = _replaced(database, storage, scratch, generation)
        registry.erase(keys)
        storage.write(f"{_FORGOTTEN}{number}", b"")
        done.add(number)
        erased += len(keys)
    storage.delete(f"{_FORGOTTEN}{number}" for number in sorted(done)[:-1])
    return erased


def _replaced(
    database: duckdb.DuckDBPyConnection, storage: Storage, scratch: Path, generation: Generation
) -> list[tuple[str, int]]:
    path = scratch / f"replaced-by-{generation.number}.parquet"
    storage.get(generation.replaced, path)
    return database.execute(f"SELECT id, generation FROM read_parquet({sql_text(path)})").fetchall()


def _key(number: int) -> str:
    return f"{PREFIX}{number:08d}.json"

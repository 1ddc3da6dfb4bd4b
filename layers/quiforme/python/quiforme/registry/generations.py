"""The register of generations: what each one is, how to go back to it, and when what it replaced may go.

An item that a generation replaced is what its SIRET answered until then. It is kept for as long as history is
promised, counted from the day it was replaced, so neither what is current nor what history promises is lost. With
the items that a generation replaced go the generations before it: nothing reads them whole any more.
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
    """One generation.

    Attributes:
        publication: The pointer as it stood when the generation was made.
        documents: How many documents were `total`, `new`, `changed`, `retired`.
        replaced: The storage key (Parquet) of the items it replaced: id, generation.

    """

    publication: Publication
    documents: dict[str, int]
    replaced: str

    @property
    def number(self) -> int:
        """Its number."""
        return self.publication.generation


class NoSuchGeneration(Exception):
    """No generation of that number was ever made, or it is forgotten."""


def record(storage: Storage, generation: Generation) -> None:
    """Enter a generation in the register, before the pointer moves to it."""
    storage.write(_key(generation.number), generation.model_dump_json().encode())


def find(storage: Storage, number: int) -> Generation:
    """One generation.

    Raises:
        NoSuchGeneration: There is none of that number.

    """
    if _key(number) not in storage.keys(_key(number)):
        raise NoSuchGeneration(f"there is no generation {number}, or it is forgotten")
    return Generation.model_validate_json(storage.read(_key(number)))


def numbers(storage: Storage) -> list[int]:
    """The numbers of all generations that are not forgotten, ascending."""
    return sorted(int(key.removeprefix(PREFIX).removesuffix(".json")) for key in storage.keys(PREFIX))


def go_to(registry: Registry, storage: Storage, number: int, *, day: date) -> Publication:
    """Make an earlier or later generation the one that every reader sees as of a day; what was written since stays.

    Raises:
        NoSuchGeneration: There is none of that number, or it was made but never published.
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
    """Erase the items replaced longer ago than history is promised for, as long as there is time; how many.

    A generation above the current one replaced nothing that readers see, and is left alone. What dies half-way
    is done again by the next run.
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
        # First the way back to the generations before it, then what they need.
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

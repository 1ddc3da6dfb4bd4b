"""Stored objects that nothing refers to any more are deleted: by reference, never by age.

The table of a source that has not changed for years is as old as its last change, and in use every day. So what is
needed is gathered first, and only what is not among it goes:

- the snapshots behind the generations that are not forgotten, the one published, the one reconciled last, every one
  made since the oldest of these, and the one that each was built on: what going back, replaying and
  reconciling read;
- what runs under way have made so far;
- the documents too big for an item, of all the items there are.

It works under the lease of the ingestion: nothing is made meanwhile. What dies half-way is done by the next run.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TypeVar

from quiforme.jobs.progress import PREFIX as PROGRESS
from quiforme.jobs.progress import Progress, run_of
from quiforme.registry import generations
from quiforme.registry.ports import Registry
from quiforme.snapshot.manifest import SNAPSHOTS, Manifest, is_manifest
from quiforme.snapshot.ports import Storage

_SWEPT = (SNAPSHOTS, "accepted/", "set-aside/", "intents/")
_BIG_DOCUMENTS = "documents/"
_READERS = 8
"""Small objects read at a time."""

K = TypeVar("K")
T = TypeVar("T")


class DanglingReference(Exception):
    """A manifest that is needed is not there: nothing is deleted."""


def delete_unreferenced(
    registry: Registry, storage: Storage, *, reconciled: str | None, enough_time: Callable[[], bool]
) -> int:
    """Delete what nothing refers to, as long as there is time.

    Args:
        registry: Holds the items and the pointer.
        storage: Holds the objects.
        reconciled: The storage key of the manifest reconciled last.
        enough_time: Whether there is time for one more step.

    Returns:
        How many objects are deleted.

    """
    if not enough_time():
        return 0
    under_way = storage.keys(PROGRESS)
    runs = {run_of(key) for key in under_way}
    needed = _needed_by_snapshots(registry, storage, reconciled) | _named_by_progress(storage, under_way)
    if intent := registry.intent():
        needed.add(intent.ids_key)
    deleted = 0
    for prefix in _SWEPT:
        if not enough_time():
            return deleted
        keys = (key for key in storage.keys(prefix) if key not in needed)
        deleted += _delete(storage, (key for key in keys if runs.isdisjoint(key.split("/"))))
    return deleted + _sweep_big_documents(registry, storage, enough_time)


def _needed_by_snapshots(registry: Registry, storage: Storage, reconciled: str | None) -> set[str]:
    """The storage keys of all that may still be read of snapshots."""
    current = registry.current()
    kept = _read(storage, generations.find, generations.numbers(storage))
    roots = {generation.publication.snapshot for generation in kept}
    roots |= {key for key in (current.snapshot if current else None, reconciled) if key}
    manifests = {
        manifest.key: manifest
        for manifest in _read(storage, _manifest, [key for key in storage.keys(SNAPSHOTS) if is_manifest(key)])
    }
    if lost := roots - manifests.keys():
        raise DanglingReference(f"{min(lost)} is needed, and is not there")
    oldest = min(manifests[key].scheduled_time for key in roots)
    still = {key for key, manifest in manifests.items() if manifest.scheduled_time >= oldest}
    still |= {before for key in still if (before := manifests[key].previous) in manifests}
    return {generation.replaced for generation in kept}.union(*(manifests[key].refers_to for key in still))


def _named_by_progress(storage: Storage, keys: list[str]) -> set[str]:
    return set().union(*(progress.refers_to for progress in _read(storage, _progress, keys)))


def _sweep_big_documents(registry: Registry, storage: Storage, enough_time: Callable[[], bool]) -> int:
    """Few identifiers answer what no item can hold: they are looked at one by one."""
    deleted = 0
    for identifier, keys in groupby(storage.keys(_BIG_DOCUMENTS), key=_identifier):
        if not enough_time():
            break
        needed = registry.objects(identifier)
        deleted += _delete(storage, (key for key in keys if key not in needed))
    return deleted


def _identifier(key: str) -> str:
    """Whose a big document is; the identifier of an index holds a slash itself."""
    return key.removeprefix(_BIG_DOCUMENTS).rpartition("/")[0]


def _delete(storage: Storage, keys: Iterable[str]) -> int:
    left = list(keys)
    storage.delete(left)
    return len(left)


def _read(storage: Storage, one: Callable[[Storage, K], T], keys: Sequence[K]) -> list[T]:
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda key: one(storage, key), keys))


def _manifest(storage: Storage, key: str) -> Manifest:
    return Manifest.model_validate_json(storage.read(key))


def _progress(storage: Storage, key: str) -> Progress:
    return Progress.model_validate_json(storage.read(key))

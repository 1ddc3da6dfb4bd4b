"""Deletes stored objects that nothing refers to any more: by reference, never by age.

Age says nothing: the table of a source that has not changed for years is used every day. All references are gathered
first, and only objects that are not among them are deleted. Referenced objects are:

- what roll-back, replay and reconciliation read: the snapshots of the generations that are not forgotten, the published
  one, the one reconciled last, every one made since the oldest of these, and the previous one of each;
- what unfinished runs have saved so far;
- the documents too big for an item, of all stored items.

The caller holds the lease of the ingestion, so no object is created meanwhile. If the deletion is interrupted, the next
run completes it.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TypeVar

from quiforme.jobs.progress import PREFIX as PROGRESS
from quiforme.jobs.progress import Progress, run_of
from quiforme.registry import generations
from quiforme.registry.ports import Registry
from quiforme.snapshot.manifest import SNAPSHOTS, is_manifest, read_manifest
from quiforme.snapshot.ports import Storage

_DELETABLE = (SNAPSHOTS, "accepted/", "set-aside/", "intents/")
_BIG_DOCUMENTS = "documents/"
_READERS = 8
"""Small objects read in parallel."""

K = TypeVar("K")
T = TypeVar("T")


class DanglingReference(Exception):
    """A manifest that something refers to is missing: nothing is deleted."""


def delete_unreferenced(
    registry: Registry, storage: Storage, *, reconciled: str | None, enough_time: Callable[[], bool]
) -> int:
    """Delete objects that nothing refers to, as long as there is time.

    Args:
        registry: Holds the items and the pointer.
        storage: Holds the objects.
        reconciled: The storage key of the manifest that was reconciled last.
        enough_time: Whether there is time for one more step.

    Returns:
        The number of objects deleted.

    """
    if not enough_time():
        return 0
    unfinished = storage.keys(PROGRESS)
    runs = {run_of(key) for key in unfinished}
    needed = _needed_by_snapshots(registry, storage, reconciled) | _needed_by_progress(storage, unfinished)
    if intent := registry.intent():
        needed.add(intent.ids_key)
    deleted = 0
    for prefix in _DELETABLE:
        if not enough_time():
            return deleted
        keys = (key for key in storage.keys(prefix) if key not in needed)
        deleted += _delete(storage, (key for key in keys if runs.isdisjoint(key.split("/"))))
    return deleted + _delete_big_documents(registry, storage, enough_time)


def _needed_by_snapshots(registry: Registry, storage: Storage, reconciled: str | None) -> set[str]:
    """Return the storage keys that the snapshots to keep refer to."""
    current = registry.current()
    kept = _read(storage, generations.find, generations.numbers(storage))
    roots = {generation.publication.snapshot for generation in kept}
    roots |= {key for key in (current.snapshot if current else None, reconciled) if key}
    manifests = {
        manifest.key: manifest
        for manifest in _read(storage, read_manifest, [key for key in storage.keys(SNAPSHOTS) if is_manifest(key)])
    }
    if lost := roots - manifests.keys():
        raise DanglingReference(f"{min(lost)} is needed, and is not there")
    oldest = min(manifests[key].scheduled_time for key in roots)
    needed = {key for key, manifest in manifests.items() if manifest.scheduled_time >= oldest}
    needed |= {previous for key in needed if (previous := manifests[key].previous) in manifests}
    return {generation.replaced for generation in kept}.union(*(manifests[key].refers_to for key in needed))


def _needed_by_progress(storage: Storage, keys: list[str]) -> set[str]:
    return set().union(*(progress.refers_to for progress in _read(storage, _progress, keys)))


def _delete_big_documents(registry: Registry, storage: Storage, enough_time: Callable[[], bool]) -> int:
    """Few identifiers have a document too big for an item: their items are read one by one."""
    deleted = 0
    for identifier, keys in groupby(storage.keys(_BIG_DOCUMENTS), key=_identifier):
        if not enough_time():
            break
        needed = registry.objects(identifier)
        deleted += _delete(storage, (key for key in keys if key not in needed))
    return deleted


def _identifier(key: str) -> str:
    """Return the identifier in the key of a big document; that of an index contains a slash itself."""
    return key.removeprefix(_BIG_DOCUMENTS).rpartition("/")[0]


def _delete(storage: Storage, keys: Iterable[str]) -> int:
    unreferenced = list(keys)
    storage.delete(unreferenced)
    return len(unreferenced)


def _read(storage: Storage, one: Callable[[Storage, K], T], keys: Sequence[K]) -> list[T]:
    with ThreadPoolExecutor(_READERS) as pool:
        return list(pool.map(lambda key: one(storage, key), keys))


def _progress(storage: Storage, key: str) -> Progress:
    return Progress.model_validate_json(storage.read(key))

"""A publication held for ops to look at: they release it or drop it, once.

It is described beside the pointer (aws/documents.py), last of all that its run writes, so that it is whole or not there. Its
intent stays, so a later run finds its items and erases them. What ops decided stays beside the pointer too, so that
a command repeated after a lost answer gives the same answer.
"""

from dataclasses import replace
from datetime import date

from quiforme.registry import publish
from quiforme.registry.ports import Held, Publication, Registry
from quiforme.snapshot.ports import Storage


class NothingHeld(Exception):
    """No publication is held, or ops decided otherwise on it."""


def undecided(registry: Registry) -> Held | None:
    """Return the publication that waits for ops, if there is one."""
    held = registry.held()
    return held if held and not held.decision else None


def release(registry: Registry) -> Held:
    """Publish what is held, exactly as its run would have.

    Raises:
        NothingHeld: There is nothing to release.
        Conflict: Another publication came meanwhile.

    """
    current, held = _decidable(registry, "released")
    released = replace(held, decision="released")
    if not held.decision:
        day = date.fromisoformat(held.publication.day)
        registry.publish(held.publication, replacing=current, day=day, released=released)
    registry.clear_intent()
    return released


def drop(registry: Registry, storage: Storage) -> Held:
    """Erase what is held.

    Raises:
        NothingHeld: There is nothing to drop.
        Conflict: Another publication came meanwhile.

    """
    current, held = _decidable(registry, "dropped")
    dropped = replace(held, decision="dropped")
    # First of all it can no longer be released: it is no longer whole as soon as one item is erased.
    registry.hold(dropped, beside=current)
    publish.erase_unpublished(registry, storage)
    return dropped


def discard(registry: Registry) -> None:
    """Forget what is held and what was decided, before a run erases the items: it starts from what is in force."""
    current = registry.current()
    if current and registry.held():
        registry.hold(None, beside=current)


def _decidable(registry: Registry, decision: str) -> tuple[Publication, Held]:
    current, held = registry.current(), registry.held()
    if current is None or held is None:
        raise NothingHeld("no publication is held")
    if held.decision not in ("", decision):
        raise NothingHeld(f"the publication of {held.publication.day} was {held.decision}")
    return current, held

"""Ops' commands on runs and generations: list them; inspect, publish, release, drop or replay one (docs/exploitation.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from quiforme.clock import paris_day
from quiforme.jobs import runs
from quiforme.jobs.lease import Lease
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.registry import generations, holding
from quiforme.registry.ports import Publication, Registry
from quiforme.snapshot.manifest import Manifest
from quiforme.snapshot.ports import Storage


class Runs(BaseModel):
    """List the latest runs of a function, newest first."""

    command: Literal["runs"]
    function: Literal["ingest", "reconcile"] = "ingest"
    limit: int = Field(default=10, ge=1, le=100)


class Generations(BaseModel):
    """List the latest generations, newest first."""

    command: Literal["generations"]
    limit: int = Field(default=10, ge=1, le=100)


class Inspect(BaseModel):
    """Show one generation: its documents, and the file, digest, day and rows of each source."""

    command: Literal["inspect"]
    generation: int


class Publish(BaseModel):
    """Make an older or newer generation the current one."""

    command: Literal["publish"]
    generation: int


class Decide(BaseModel):
    """Publish what a run held, and start the reconciliation; or erase it."""

    command: Literal["release", "drop"]


class Replay(BaseModel):
    """Build a generation's documents again from the inputs it kept, and compare."""

    command: Literal["replay"]
    generation: int


Command = Annotated[Runs | Generations | Inspect | Publish | Decide | Replay, Field(discriminator="command")]
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


@dataclass(frozen=True, slots=True)
class Operations:
    """What the commands need.

    Attributes:
        storage: Runs, generations and manifests.
        registry: The pointer.
        ingestion_lease: Of the ingestion; fails at once when it is held.
        announce: Starts the reconciliation, given a scheduled time and what is published.
        memory_limit_mb: For the database of a replay, in MiB.

    """

    storage: Storage
    registry: Registry
    ingestion_lease: Lease
    announce: Callable[[datetime, Publication], None]
    memory_limit_mb: int


def command_of(event: Mapping[str, Any]) -> Command:
    """Read an event; raises pydantic's ValidationError when it is none of the commands."""
    return _COMMAND.validate_python(event)


def carry_out(command: Command, operations: Operations) -> dict[str, Any]:
    """Carry out one command; the answer is JSON.

    Raises:
        NoSuchGeneration: There is none of that number.
        NothingHeld: There is nothing to release or to drop.
        Busy: An ingestion is running, so that the pointer must not move.

    """
    storage = operations.storage
    match command:
        case Runs():
            return {"runs": runs.latest(storage, command.function, command.limit)}
        case Generations():
            return _generations(operations, command.limit)
        case Inspect():
            generation = generations.find(storage, command.generation)
            manifest = Manifest.model_validate_json(storage.read(generation.publication.snapshot))
            return {**_brief(generation), "outcomes": manifest.model_dump(mode="json")["outcomes"]}
        case Publish():
            return _publish(operations, command.generation)
        case Decide():
            return _decide(operations, command.command)
        case Replay():
            snapshot = generations.find(storage, command.generation).publication.snapshot
            with TemporaryDirectory() as scratch:
                return replay(ReplayContext(storage, Path(scratch), operations.memory_limit_mb), snapshot)


def _generations(operations: Operations, limit: int) -> dict[str, Any]:
    current = operations.registry.current()
    newest = current.newest if current else 0
    # One above the newest is held, or was left by a run that died: it was never published.
    latest = [number for number in generations.numbers(operations.storage) if number <= newest][-limit:]
    return {
        "current": current.generation if current else None,
        "generations": [_brief(generations.find(operations.storage, number)) for number in reversed(latest)],
    }


def _brief(generation: generations.Generation) -> dict[str, Any]:
    return {
        "generation": generation.number,
        "day": generation.publication.generation_day,
        "documents": generation.documents,
        "snapshot": generation.publication.snapshot,
    }


def _publish(operations: Operations, number: int) -> dict[str, Any]:
    """Move the pointer while no ingestion runs, and start the reconciliation."""
    with operations.ingestion_lease.hold(f"publishing generation {number}"):
        now = datetime.now(UTC)
        publication = generations.go_to(operations.registry, operations.storage, number, day=paris_day(now))
        operations.announce(now, publication)
    return {"generation": publication.generation, "newest": publication.newest, "day": publication.day}


def _decide(operations: Operations, decision: Literal["release", "drop"]) -> dict[str, Any]:
    """Move the pointer to what is held and start the reconciliation, as the run would have; or erase it."""
    with operations.ingestion_lease.hold(f"the command {decision}"):
        if decision == "release":
            held = holding.release(operations.registry)
            operations.announce(datetime.fromisoformat(held.scheduled_time), held.publication)
        else:
            held = holding.drop(operations.registry, operations.storage)
    return {"state": held.decision, "generation": held.publication.generation, "day": held.publication.day}

"""One ingestion: today's files become a snapshot, documents, and a publication."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from quiforme.clock import paris_day
from quiforme.database import open_database, run_script
from quiforme.documents.build import KEPT, build_documents
from quiforme.registry import publish
from quiforme.registry.ports import Publication, Registry
from quiforme.snapshot.collect import Collector, Outcome
from quiforme.snapshot.manifest import Manifest, manifest_key
from quiforme.snapshot.ports import Origin, Storage
from quiforme.sources.catalogue import SOURCES
from quiforme.stopwatch import Stopwatch


class NoListeOf(Exception):
    """There is no OF list, today's or an earlier one: no document can be built."""


class OutOfOrder(Exception):
    """The run's day is before the day already published: an old trigger came late."""


@dataclass(frozen=True, slots=True)
class World:
    """What an ingestion works with.

    Attributes:
        origins: Where each source's files are, by the source's name.
        storage: Keeps tables and manifests.
        registry: Serves the documents.
        announce: Tells whoever listens that a run ended well, given its scheduled time.
        scratch: An empty local folder.
        memory_limit_mb: For the database, in MiB.
        retention_days: For inactive NDAs.
        exclusions: The marks that put a SIRET out of perimeter.

    """

    origins: Mapping[str, Origin]
    storage: Storage
    registry: Registry
    announce: Callable[[datetime, Publication], None]
    scratch: Path
    memory_limit_mb: int
    retention_days: int
    exclusions: tuple[str, ...]


def ingest(world: World, scheduled_time: datetime, *, run_id: str) -> dict[str, Any]:
    """Run one ingestion.

    Args:
        world: Where to read and publish.
        scheduled_time: UTC; its day in Paris is the run's day.
        run_id: Unique; names what this run keeps.

    Returns:
        The summary: generation, day, sources, documents, seconds.

    Raises:
        NoListeOf: Nothing was changed.
        OutOfOrder: Nothing was changed.

    """
    watch = Stopwatch()
    day = paris_day(scheduled_time)
    publish.clean_up(world.registry, world.storage)
    current = world.registry.current()
    before = Manifest.model_validate_json(world.storage.read(current.snapshot)) if current else None
    if before and day < before.day:
        raise OutOfOrder(f"the run of {day} comes after that of {before.day}")

    with open_database(world.scratch, memory_limit_mb=world.memory_limit_mb) as database:
        collector = Collector(database, world.origins, world.storage, world.scratch, run_id, day)
        with watch.stage("sources"):
            outcomes = _collect(database, collector, before)
        with watch.stage("documents"):
            build_documents(database, day=day, retention_days=world.retention_days, exclusions=world.exclusions)
        counts = _count(database, "SELECT nature, count(*) FROM changements GROUP BY ALL")
        with watch.stage("publication"):
            publication = _publish(
                world, collector, outcomes, before=before, current=current, scheduled_time=scheduled_time
            )
        world.announce(scheduled_time, publication)
        total = _count(database, "SELECT 'document', count(*) FROM documents")["document"]
    new, changed = counts.get("new", 0), counts.get("changed", 0)
    return {
        "generation": publication.generation,
        "day": day.isoformat(),
        "sources": {name: _source_summary(outcome) for name, outcome in outcomes.items()},
        "documents": {
            "total": total,
            "new": new,
            "changed": changed,
            "retired": counts.get("retired", 0),
            "unchanged": total - new - changed,
        },
        "seconds": watch.seconds,
    }


def _collect(database: duckdb.DuckDBPyConnection, collector: Collector, before: Manifest | None) -> dict[str, Outcome]:
    run_script(database, "quiforme.sources", "schema.sql")
    run_script(database, "quiforme.documents", "etat.sql")
    in_use = before.sources if before else {}
    outcomes = {source.name: collector.collect(source, in_use.get(source.name)) for source in SOURCES}
    if outcomes["liste_of"].in_use is None:
        reason = outcomes["liste_of"].reason or "there is none"
        raise NoListeOf(f"no OF list was ever accepted, and today: {reason}")
    if before:
        for table in KEPT:
            database.execute(f"DROP TABLE before.{table}")
        database.execute("DROP TABLE before.liste_of")
        collector.lay(before.tables, schema="before")
        collector.lay(before.sources["liste_of"].tables, schema="before")
    return outcomes


def _publish(
    world: World,
    collector: Collector,
    outcomes: dict[str, Outcome],
    *,
    before: Manifest | None,
    current: Publication | None,
    scheduled_time: datetime,
) -> Publication:
    """Write what changed and move the pointer; nothing at all when nothing changed."""
    database = collector.database
    in_use = {name: outcome.in_use for name, outcome in outcomes.items() if outcome.in_use}
    changed = _count(database, "SELECT 'items', count(*) FROM changements")["items"]
    same_sources = before is not None and before.sources == in_use
    if current and before and not changed and same_sources and before.day == collector.day:
        return current
    tables = {table: f"snapshots/{collector.run_id}/{table}.parquet" for table in KEPT}
    for table, key in tables.items():
        collector.store(table, key)
    manifest = Manifest(
        id=collector.run_id,
        scheduled_time=scheduled_time,
        day=collector.day,
        previous=manifest_key(before.id) if before else None,
        sources=in_use,
        tables=tables,
    )
    world.storage.write(manifest.key, manifest.model_dump_json().encode())
    generation = current.generation if current else 0
    if changed:
        generation += 1
        publish.write_generation(database, world.registry, world.storage, generation, run_id=collector.run_id)
    publication = Publication(
        generation=generation,
        day=collector.day.isoformat(),
        generation_day=(current.generation_day if current and not changed else collector.day.isoformat()),
        snapshot=manifest.key,
        sources={name: source.day.isoformat() for name, source in in_use.items()},
    )
    publish.move_pointer(world.registry, publication, replacing=current)
    return publication


def _source_summary(outcome: Outcome) -> dict[str, Any]:
    in_use = outcome.in_use
    return {
        "state": outcome.state,
        "file": in_use.file if in_use else None,
        "day": in_use.day.isoformat() if in_use else None,
        "rows_read": in_use.rows_read if in_use else 0,
        "rows_set_aside": in_use.rows_set_aside if in_use else 0,
        "set_aside": in_use.set_aside_key if in_use else None,
        "reason": outcome.reason,
    }


def _count(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in database.execute(query).fetchall()}

"""One ingestion: today's files become a snapshot, documents, and a publication.

A run that has too little time left stops between two steps and says where it was; another invocation takes it
up there. What it had accepted and written by then is kept, and no reader sees any of it before the end.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from quiforme.clock import paris_day
from quiforme.database import open_database, run_script
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.enrichment.services import EnrichmentServices, enrich
from quiforme.jobs.cleanup import delete_unreferenced
from quiforme.jobs.progress import Progress, progress_key
from quiforme.jobs.stopwatch import Stopwatch
from quiforme.pipeline.build import KEPT, build_documents, find_changes
from quiforme.registry import exports, generations, publish
from quiforme.registry.ports import Publication, Registry
from quiforme.snapshot.collect import Collector, Damaged
from quiforme.snapshot.manifest import DocumentSettings, Enrichment, Manifest, SourceOutcome, manifest_key
from quiforme.snapshot.ports import Origin, Storage
from quiforme.sources.catalogue import SOURCES, STOCK
from quiforme.sources.reading import BROKEN, FileRefused


class NoListeOf(Exception):
    """There is no OF list, today's or an earlier one: no document can be built."""


class OutOfOrder(Exception):
    """The run's day is before the day already published: an old trigger came late."""


class Unfinished(Exception):
    """There was too little time left; `progress_key` is where another invocation goes on from."""

    def __init__(self, progress_key: str) -> None:
        """Take the storage key of the progress made."""
        super().__init__(progress_key)
        self.progress_key = progress_key


@dataclass(frozen=True, slots=True)
class IngestionContext:
    """What an ingestion works with.

    Attributes:
        origins: Where each source's files are, by the source's name.
        storage: Keeps tables and manifests.
        registry: Serves the documents.
        announce: Tells whoever listens that a run ended well, given its scheduled time.
        scratch: An empty local folder.
        memory_limit_mb: For the database, in MiB.
        settings: What the documents depend on besides the sources.
        history_days: For how many days what a document said before is kept.
        services: What may be asked beside the files, and for how long.
        reconciled: Gives the storage key of the manifest that was reconciled last.
        today: The calendar's day: nothing is forgotten as of a day that has yet to come.

    """

    origins: Mapping[str, Origin]
    storage: Storage
    registry: Registry
    announce: Callable[[datetime, Publication], None]
    scratch: Path
    memory_limit_mb: int
    settings: DocumentSettings
    history_days: int
    services: EnrichmentServices
    reconciled: Callable[[], str | None]
    today: date

    def enough_time(self) -> bool:
        """Whether this invocation has time for one more step."""
        return self.services.seconds_left() > 0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What a run is asked to do.

    Attributes:
        scheduled_time: UTC; its day in Paris is the run's day.
        run_id: Unique; names what this run keeps.
        any_volume: The names of files that ops accept for this run, however few rows they have.
        progress_key: Where an earlier invocation of this run stopped.

    """

    scheduled_time: datetime
    run_id: str
    any_volume: tuple[str, ...] = ()
    progress_key: str | None = None

    @property
    def day(self) -> date:
        """The run's day."""
        return paris_day(self.scheduled_time)


def ingest(context: IngestionContext, request: RunRequest) -> dict[str, Any]:
    """Run one ingestion, or go on with one.

    Returns:
        The summary: state (`published`, or `unchanged` when the documents are those published already), generation,
        day, sources, services, documents, invocations, forgotten (items erased since history is promised no longer), deleted
        (stored objects that nothing refers to any more), spent (by this invocation: requests, write units), seconds.

    Raises:
        NoListeOf: Nothing was changed.
        OutOfOrder: Nothing was changed.
        Unfinished: Too little time; nothing is visible yet.

    """
    watch = Stopwatch()
    damaged: dict[str, FileRefused] = {}
    while True:
        try:
            with TemporaryDirectory(dir=context.scratch) as scratch:
                return _attempt(replace(context, scratch=Path(scratch)), request, damaged, watch)
        except Damaged as found:
            # Whatever was made of that file is left behind, as if the run had died, and made again without it.
            damaged[found.source] = found.refusal


def _attempt(
    context: IngestionContext, request: RunRequest, damaged: Mapping[str, FileRefused], watch: Stopwatch
) -> dict[str, Any]:
    """Run without the files that turned out damaged."""
    current = context.registry.current()
    progress = _progress(context, request, current)
    if progress.written is None:
        publish.clean_up(context.registry, context.storage)
    before = _manifest(context, current.snapshot) if current else None
    if before and request.day < before.day:
        raise OutOfOrder(f"the run of {request.day} comes after that of {before.day}")

    with open_database(context.scratch, memory_limit_mb=context.memory_limit_mb) as database:
        collector = Collector(
            database,
            context.origins,
            context.storage,
            context.scratch,
            request.run_id,
            request.day,
            request.any_volume,
            damaged,
        )
        run = _Run(context, request, database, collector, current, before)
        with watch.stage("sources"):
            outcomes = run.collect(progress)
            run.lay(outcomes)
        try:
            with watch.stage("services"):
                enrichment = run.enrich(progress, outcomes)
            with watch.stage("documents"):
                build_documents(database, day=request.day, settings=context.settings)
            with watch.stage("changes"):
                find_changes(database, generation=run.next_generation)
        except BROKEN:
            collector.keep_in_place()  # which says so if it is for a file read in place
            raise
        counts = _count(database, "SELECT nature, count(*) FROM changements GROUP BY ALL")
        total = _count(database, "SELECT 'document', count(*) FROM documents")["document"]
        new, changed = counts.get("new", 0), counts.get("changed", 0)
        documents = {
            "total": total,
            "new": new,
            "changed": changed,
            "retired": counts.get("retired", 0),
            "unchanged": total - new - changed,
        }
        with watch.stage("publication"):
            publication = run.publish(_Used(outcomes, enrichment), progress, documents)
        context.announce(request.scheduled_time, publication)
        with watch.stage("forgetting"):
            exports.clear(context.storage, publication)
            forgotten = _forget(database, context, request.day)
    return {
        "state": "unchanged" if current and publication.generation == current.generation else "published",
        "generation": publication.generation,
        "day": request.day.isoformat(),
        "sources": {name: _source_summary(outcome) for name, outcome in outcomes.items()},
        "services": enrichment.summary,
        "documents": documents,
        "invocations": progress.invocations + 1,
        "forgotten": forgotten["items"],
        "deleted": forgotten["objects"],
        "spent": asdict(context.registry.spent),
        "seconds": watch.seconds,
    }


@dataclass(frozen=True, slots=True)
class _Used:
    """What the documents of a run are made from."""

    outcomes: dict[str, SourceOutcome]
    enrichment: Enrichment


@dataclass(frozen=True, slots=True)
class _Run:
    """One invocation at work."""

    context: IngestionContext
    request: RunRequest
    database: duckdb.DuckDBPyConnection
    collector: Collector
    current: Publication | None
    before: Manifest | None

    @property
    def next_generation(self) -> int:
        return self.current.newest + 1 if self.current else 1

    def collect(self, progress: Progress) -> dict[str, SourceOutcome]:
        """Take every source that is not done yet, as long as there is time."""
        todo = [source for source in SOURCES if source.name not in progress.outcomes]
        found = progress.outcomes | self.collector.collect(
            todo, self.before.sources if self.before else {}, enough_time=self.context.enough_time
        )
        outcomes = {source.name: found[source.name] for source in SOURCES if source.name in found}
        if len(outcomes) < len(SOURCES):
            raise self._unfinished(progress, outcomes)
        if outcomes["liste_of"].in_use is None:
            reason = outcomes["liste_of"].reason or "there is none"
            raise NoListeOf(f"no OF list was ever accepted, and today: {reason}")
        if todo and not self.context.enough_time():
            raise self._unfinished(progress, outcomes)
        return outcomes

    def lay(self, outcomes: dict[str, SourceOutcome]) -> None:
        """Lay the sources and what the run before kept; Sirene's stock last, which is asked about what they name."""
        run_script(self.database, "pipeline/shared/source_tables.sql")
        run_script(self.database, "pipeline/shared/previous_run.sql")
        for source in SOURCES:
            if source is not STOCK:
                self.collector.lay_source(source, outcomes[source.name].in_use)
        self._lay_before()
        run_script(self.database, "pipeline/shared/sirens_named.sql")
        self.collector.lay_source(STOCK, outcomes[STOCK.name].in_use)

    def _lay_before(self) -> None:
        if self.before is None or self.current is None:
            return
        repertoire = self.before.tables["repertoire"]
        if self.current.newest != self.current.generation:
            # Rolled back: the items of later generations still stand, so what is written is told from the newest.
            newest = generations.find(self.context.storage, self.current.newest)
            repertoire = _manifest(self.context, newest.publication.snapshot).tables["repertoire"]
        self.collector.lay_before(self.before, repertoire=repertoire)

    def enrich(self, progress: Progress, outcomes: dict[str, SourceOutcome]) -> Enrichment:
        """Ask the optional services, unless an earlier invocation of this run did."""
        if progress.enrichment:
            self.collector.lay({table: self._key(table) for table in ENRICHMENT})
            overlay_recent_sirene(self.database)
            return progress.enrichment
        stock = outcomes["sirene"].in_use
        enriched = enrich(
            self.database,
            self.context.services,
            day=self.request.day,
            stock_day=stock.day if stock else None,
            sirene_complete_up_to=self.before.enrichment.sirene_complete_up_to if self.before else None,
        )
        enrichment = Enrichment(**asdict(enriched))
        if not self.context.enough_time():
            for table in ENRICHMENT:
                self.collector.store(table, self._key(table))
            raise self._unfinished(progress, outcomes, enrichment)
        return enrichment

    def _key(self, table: str) -> str:
        return f"snapshots/{self.request.run_id}/{table}.parquet"

    def publish(self, used: _Used, progress: Progress, documents: dict[str, int]) -> Publication:
        """Write what changed and move the pointer; nothing at all when nothing changed."""
        changed = _count(self.database, "SELECT 'items', count(*) FROM changements")["items"]
        manifest = Manifest(
            id=self.request.run_id,
            scheduled_time=self.request.scheduled_time,
            day=self.request.day,
            previous=manifest_key(self.before.id) if self.before else None,
            settings=self.context.settings,
            outcomes=used.outcomes,
            enrichment=used.enrichment,
            tables={table: self._key(table) for table in (*KEPT, *ENRICHMENT)},
        )
        if self.current and self.before and not changed and self.before.says_the_same_as(manifest):
            return self.current
        # To keep what stands in the producers' files takes the processors, to write mostly the network.
        with ThreadPoolExecutor(1) as aside:
            in_place = aside.submit(self.collector.keep_in_place)
            if changed:
                self._write(used, progress)
            in_place.result()
        for table, key in manifest.tables.items():
            self.collector.store(table, key)
        self.context.storage.write(manifest.key, manifest.model_dump_json().encode())
        publication = self._publication(manifest, changed=bool(changed))
        if changed:
            exports.write(self.database, self.context.storage, self.context.scratch, self.next_generation)
            replaced = self._key("remplaces")
            self.collector.store("remplaces", replaced)
            generations.record(
                self.context.storage,
                generations.Generation(publication=publication, documents=documents, replaced=replaced),
            )
        publish.move_pointer(self.context.registry, publication, replacing=self.current, day=self.request.day)
        return publication

    def _publication(self, manifest: Manifest, *, changed: bool) -> Publication:
        day = self.request.day.isoformat()
        newest = self.next_generation if changed or not self.current else self.current.newest
        same_generation = self.current is not None and self.current.generation == newest
        withdrawn = self.current.withdrawn if self.current else []
        if self.current and self.current.generation < self.current.newest < newest:
            withdrawn = [*withdrawn, [self.current.generation + 1, self.current.newest, day]]
        return Publication(
            generation=newest,
            newest=newest,
            day=day,
            generation_day=self.current.generation_day if self.current and same_generation else day,
            snapshot=manifest.key,
            sources={name: source.day.isoformat() for name, source in manifest.sources.items()},
            states={name: outcome.state for name, outcome in manifest.outcomes.items()},
            withdrawn=withdrawn,
        )

    def _write(self, used: _Used, progress: Progress) -> None:
        total = _count(self.database, "SELECT 'items', count(*) FROM changements")["items"]
        written = progress.written
        if written is None:
            publish.intend(
                self.database,
                self.context.registry,
                self.context.storage,
                self.next_generation,
                run_id=self.request.run_id,
            )
            written = 0
        written = publish.write_items(
            self.database,
            self.context.registry,
            self.next_generation,
            day=self.request.day,
            written=written,
            enough_time=self.context.enough_time,
        )
        if written < total:
            raise self._unfinished(progress, used.outcomes, used.enrichment, written)

    def _unfinished(
        self,
        progress: Progress,
        outcomes: dict[str, SourceOutcome],
        enrichment: Enrichment | None = None,
        written: int | None = None,
    ) -> Unfinished:
        made = Progress(
            replacing=self.current,
            outcomes=outcomes,
            enrichment=enrichment,
            written=written,
            invocations=progress.invocations + 1,
        )
        self.collector.keep_in_place()
        key = progress_key(self.request.run_id, made.invocations)
        self.context.storage.write(key, made.model_dump_json().encode())
        return Unfinished(key)


def _forget(database: duckdb.DuckDBPyConnection, context: IngestionContext, day: date) -> dict[str, int]:
    """Forget what history is promised for no longer, and delete what nothing refers to then: how many of each."""
    items = generations.forget(
        database,
        context.registry,
        context.storage,
        context.scratch,
        day=min(day, context.today),
        history_days=context.history_days,
        enough_time=context.enough_time,
    )
    objects = delete_unreferenced(
        context.registry, context.storage, reconciled=context.reconciled(), enough_time=context.enough_time
    )
    return {"items": items, "objects": objects}


def _progress(context: IngestionContext, request: RunRequest, current: Publication | None) -> Progress:
    """Where the run was, unless another one published meanwhile or erased what it had written."""
    if request.progress_key is None:
        return Progress()
    progress = Progress.model_validate_json(context.storage.read(request.progress_key))
    intent = context.registry.intent()
    lost = progress.written is not None and (intent is None or request.run_id not in intent.ids_key)
    return Progress(invocations=progress.invocations) if lost or progress.replacing != current else progress


def _manifest(context: IngestionContext, key: str) -> Manifest:
    return Manifest.model_validate_json(context.storage.read(key))


def _source_summary(outcome: SourceOutcome) -> dict[str, Any]:
    in_use = outcome.in_use
    return {
        "state": outcome.state,
        "file": in_use.file if in_use else None,
        "day": in_use.day.isoformat() if in_use else None,
        "rows_read": in_use.rows_read if in_use else 0,
        "rows_set_aside": in_use.rows_set_aside if in_use else 0,
        "set_aside": in_use.set_aside_key if in_use else None,
        "refused": outcome.file,
        "reason": outcome.reason,
    }


def _count(database: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return {str(name): int(number) for name, number in database.execute(query).fetchall()}

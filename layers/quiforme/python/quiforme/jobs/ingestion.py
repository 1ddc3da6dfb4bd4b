"""One ingestion: today's files become a snapshot, documents, and a publication.

`ingest` runs the steps of this file in order, from top to bottom. Each takes the run and its state, and returns a new
state. A step that runs out of time saves its state as a progress and raises `Unfinished`: a new invocation takes over
from there. Readers see nothing of a run before its end.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from quiforme.clock import paris_day
from quiforme.database import count, open_database, run_script
from quiforme.enrichment import KEPT as ENRICHMENT
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.enrichment.services import EnrichmentServices, enrich
from quiforme.jobs.cleanup import delete_unreferenced
from quiforme.jobs.progress import Progress, progress_key
from quiforme.jobs.stopwatch import Stopwatch
from quiforme.pipeline.build import STORED, build_documents, find_changes
from quiforme.pipeline.exports import delete_old_exports, write_exports
from quiforme.pipeline.identities import Stocks, stocks_in_use
from quiforme.pipeline.losses import LossLimits, find_losses
from quiforme.registry import generations, holding, publish
from quiforme.registry.ports import Held, Losses, Publication, Registry
from quiforme.snapshot.collect import Collector
from quiforme.snapshot.manifest import (
    DocumentSettings,
    Enrichment,
    Manifest,
    SourceOutcome,
    manifest_key,
    read_manifest,
)
from quiforme.snapshot.ports import Origin, Storage
from quiforme.snapshot.tables import Damaged, SnapshotTables
from quiforme.sources.catalogue import SOURCES, STOCK
from quiforme.sources.reading import BROKEN, FileRefused


class NoListeOf(Exception):
    """No OF list was ever accepted: no document can be built."""


class OutOfOrder(Exception):
    """The run's day is before the published day: a trigger was delivered late."""


class Unfinished(Exception):
    """The invocation is about to reach its time limit; a new one takes over from the progress."""

    def __init__(self, progress_key: str) -> None:
        """Take the storage key of the progress."""
        super().__init__(progress_key)
        self.progress_key = progress_key


@dataclass(frozen=True, slots=True)
class IngestionContext:
    """The dependencies of an ingestion.

    Attributes:
        origins: Where each source's files come from, by the source's name.
        storage: Stores tables and manifests.
        registry: Stores and publishes the documents.
        announce: Called when a run has published, with its scheduled time and publication.
        scratch: An empty local folder.
        memory_limit_mb: Of the database, in MiB.
        settings: The parameters that the documents depend on besides the sources.
        loss_limits: How much the documents in force may lose before the run is held.
        history_days: For how many days replaced items are kept.
        services: The optional services, and the time left.
        reconciled: Gives the storage key of the manifest that was reconciled last.
        today: The current day. No item is erased as of a day in the future.

    """

    origins: Mapping[str, Origin]
    storage: Storage
    registry: Registry
    announce: Callable[[datetime, Publication], None]
    scratch: Path
    memory_limit_mb: int
    settings: DocumentSettings
    loss_limits: LossLimits
    history_days: int
    services: EnrichmentServices
    reconciled: Callable[[], str | None]
    today: date

    def enough_time(self) -> bool:
        """Whether this invocation has time for one more step."""
        return self.services.seconds_left() > 0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The parameters of a run.

    Attributes:
        scheduled_time: UTC; its day in Paris is the run's day.
        run_id: Unique; part of the storage keys of what this run saves.
        any_volume: The names of files that ops accept for this run, however few rows or filled cells they have.
        progress_key: The storage key of the progress of the run's previous invocation.

    """

    scheduled_time: datetime
    run_id: str
    any_volume: tuple[str, ...] = ()
    progress_key: str | None = None

    @property
    def day(self) -> date:
        """The run's day."""
        return paris_day(self.scheduled_time)


@dataclass(frozen=True, slots=True)
class _Run:
    """What does not change during an invocation.

    Attributes:
        context: Its dependencies.
        request: Its parameters.
        current: The publication that the run replaces; None for the first run.
        previous: The manifest of that publication.
        collector: Collects the sources.
        tables: Loads and saves tables.

    """

    context: IngestionContext
    request: RunRequest
    current: Publication | None
    previous: Manifest | None
    collector: Collector
    tables: SnapshotTables

    @property
    def database(self) -> duckdb.DuckDBPyConnection:
        return self.tables.database

    @property
    def next_generation(self) -> int:
        return self.current.newest + 1 if self.current else 1

    def key(self, table: str) -> str:
        """The storage key of a table that this run saves."""
        return f"snapshots/{self.request.run_id}/{table}.parquet"


@dataclass(frozen=True, slots=True)
class _State:
    """The results of the steps so far.

    Attributes:
        invocations: How many invocations came before this one.
        outcomes: The sources collected, by name.
        enrichment: The result of the optional services; None before they are called.
        documents: How many documents there are in `total`, and how many are `new`, `changed`, `retired`, `unchanged`.
        items: How many items change.
        written: How many of them are written; None before the first.

    """

    invocations: int = 0
    outcomes: dict[str, SourceOutcome] = field(default_factory=dict)
    enrichment: Enrichment | None = None
    documents: dict[str, int] = field(default_factory=dict)
    items: int = 0
    written: int | None = None


def ingest(context: IngestionContext, request: RunRequest) -> dict[str, Any]:
    """Run one ingestion, or continue one.

    Returns:
        The summary: state (`published`; `unchanged` when the documents are those already published; `held` when those in
        force would lose too much, so that ops must release or drop the publication), generation, day, sources, services,
        documents, held (why, when it is), invocations, forgotten (items erased since they are older than the history),
        deleted (stored objects that nothing refers to any more), spent (by this invocation: requests, write units),
        seconds. A run that is held forgets and deletes nothing.

    Raises:
        NoListeOf: Nothing was changed.
        OutOfOrder: Nothing was changed.
        Unfinished: A new invocation must continue; readers see nothing of the run yet.

    """
    watch = Stopwatch()
    damaged: dict[str, FileRefused] = {}
    while True:
        try:
            with TemporaryDirectory(dir=context.scratch) as scratch:
                return _ingest(replace(context, scratch=Path(scratch)), request, damaged, watch)
        except Damaged as found:
            # Start over without the file. What was made of it is left behind, as if the run had died.
            damaged[found.source] = found.refusal


def _ingest(
    context: IngestionContext, request: RunRequest, damaged: Mapping[str, FileRefused], watch: Stopwatch
) -> dict[str, Any]:
    """Run all steps, without the files that turned out damaged."""
    current, previous, state = _start(context, request)
    with open_database(context.scratch, memory_limit_mb=context.memory_limit_mb) as database:
        tables = SnapshotTables(database, context.storage, context.scratch)
        collector = Collector(tables, context.origins, request.run_id, request.day, request.any_volume, damaged)
        run = _Run(context, request, current, previous, collector, tables)
        with watch.stage("sources"):
            state = _collect_sources(run, state)
            _load_tables(run, state)
        with _damage_found(run):
            with watch.stage("services"):
                state, enrichment = _enrich(run, state)
            with watch.stage("documents"):
                build_documents(database, day=request.day, settings=context.settings, stocks=_stocks(run, state))
            with watch.stage("changes"):
                state = _find_changes(run, state)
        with watch.stage("publication"):
            publication, held = _publish(run, state, _manifest(run, state, enrichment))
        tidied = {"forgotten": 0, "deleted": 0}
        if held is None:
            context.announce(request.scheduled_time, publication)
            with watch.stage("forgetting"):
                tidied = _tidy_up(run, publication)
    changed = current is None or publication.generation != current.generation
    return {
        "state": "held" if held else "published" if changed else "unchanged",
        "generation": publication.generation,
        "day": request.day.isoformat(),
        "sources": {name: _source_summary(outcome) for name, outcome in state.outcomes.items()},
        "services": enrichment.summary,
        "documents": state.documents,
        **({"held": _losses_summary(held.losses)} if held else {}),
        "invocations": state.invocations + 1,
        **tidied,
        "spent": asdict(context.registry.spent),
        "seconds": watch.seconds,
    }


# --- start --------------------------------------------------------------------------------------------------


def _start(context: IngestionContext, request: RunRequest) -> tuple[Publication | None, Manifest | None, _State]:
    """Give the publication to replace, its manifest, and the state that the previous invocation reached."""
    current = context.registry.current()
    progress = _progress(context, request, current)
    previous = read_manifest(context.storage, current.snapshot) if current else None
    if previous and request.day < previous.day:
        raise OutOfOrder(f"the run of {request.day} comes after that of {previous.day}")
    return (
        current,
        previous,
        _State(
            invocations=progress.invocations,
            outcomes=progress.outcomes,
            enrichment=progress.enrichment,
            written=progress.written,
        ),
    )


def _progress(context: IngestionContext, request: RunRequest, current: Publication | None) -> Progress:
    """Read the progress of the previous invocation.

    It is void when another run published meanwhile, or erased the items that this run had written.
    """
    if request.progress_key is None:
        return Progress()
    progress = Progress.model_validate_json(context.storage.read(request.progress_key))
    intent = context.registry.intent()
    erased = progress.written is not None and (intent is None or request.run_id not in intent.ids_key)
    return Progress(invocations=progress.invocations) if erased or progress.replacing != current else progress


def _hand_over(run: _Run, state: _State) -> Unfinished:
    """Save the state as a progress; the caller raises the exception returned."""
    progress = Progress(
        replacing=run.current,
        outcomes=state.outcomes,
        enrichment=state.enrichment,
        written=state.written,
        invocations=state.invocations + 1,
    )
    run.tables.save_in_place()
    key = progress_key(run.request.run_id, progress.invocations)
    run.context.storage.write(key, progress.model_dump_json().encode())
    return Unfinished(key)


# --- sources ------------------------------------------------------------------------------------------------


def _collect_sources(run: _Run, state: _State) -> _State:
    """Collect every source that no earlier invocation collected."""
    todo = [source for source in SOURCES if source.name not in state.outcomes]
    in_use = run.previous.sources if run.previous else {}
    found = state.outcomes | run.collector.collect(todo, in_use, enough_time=run.context.enough_time)
    state = replace(state, outcomes={source.name: found[source.name] for source in SOURCES if source.name in found})
    if len(state.outcomes) < len(SOURCES):
        raise _hand_over(run, state)
    liste_of = state.outcomes["liste_of"]
    if liste_of.in_use is None:
        raise NoListeOf(f"no OF list was ever accepted, and today: {liste_of.reason or 'there is none'}")
    if todo and not run.context.enough_time():
        raise _hand_over(run, state)
    return state


def _load_tables(run: _Run, state: _State) -> None:
    """Load the sources and the tables of the previous run.

    Sirene's stock is last: it is filtered by the SIRENs that all others name.
    """
    run_script(run.database, "pipeline/shared/source_tables.sql")
    run_script(run.database, "pipeline/shared/previous_run.sql")
    for source in SOURCES:
        if source is not STOCK:
            run.tables.load_source(source, state.outcomes[source.name].in_use)
    _load_previous(run)
    run_script(run.database, "pipeline/shared/named_sirens.sql")
    run.tables.load_source(STOCK, state.outcomes[STOCK.name].in_use)


def _load_previous(run: _Run) -> None:
    if run.previous is None or run.current is None:
        return
    repertoire = run.previous.tables["repertoire"]
    if run.current.newest != run.current.generation:
        # After a roll-back, the items of the later generations are still stored: changes are relative to the newest.
        newest = generations.find(run.context.storage, run.current.newest)
        repertoire = read_manifest(run.context.storage, newest.publication.snapshot).tables["repertoire"]
    run.tables.load_previous(run.previous, repertoire=repertoire)


# --- services -----------------------------------------------------------------------------------------------


def _enrich(run: _Run, state: _State) -> tuple[_State, Enrichment]:
    """Call the optional services, unless an earlier invocation did."""
    if state.enrichment:
        run.tables.load({table: run.key(table) for table in ENRICHMENT})
        overlay_recent_sirene(run.database)
        return state, state.enrichment
    stock = state.outcomes[STOCK.name].in_use
    result = enrich(
        run.database,
        run.context.services,
        day=run.request.day,
        stock_day=stock.day if stock else None,
        sirene_complete_up_to=run.previous.enrichment.sirene_complete_up_to if run.previous else None,
    )
    enrichment = Enrichment(**asdict(result))
    state = replace(state, enrichment=enrichment)
    if not run.context.enough_time():
        for table in ENRICHMENT:
            run.tables.save(table, run.key(table))
        raise _hand_over(run, state)
    return state, enrichment


# --- documents ----------------------------------------------------------------------------------------------


def _stocks(run: _Run, state: _State) -> Stocks:
    in_use = {name: outcome.in_use for name, outcome in state.outcomes.items() if outcome.in_use}
    return stocks_in_use(run.tables, in_use, run.previous.sources if run.previous else {})


@contextmanager
def _damage_found(run: _Run) -> Iterator[None]:
    """Turn an error of the database into `Damaged` when a table in place is the cause."""
    try:
        yield
    except BROKEN:
        run.tables.save_in_place()
        raise


def _find_changes(run: _Run, state: _State) -> _State:
    """Compare the documents with the published ones."""
    find_changes(run.database, generation=run.next_generation)
    natures = dict(run.database.execute("SELECT nature, count(*) FROM changes GROUP BY ALL").fetchall())
    total, new, changed = count(run.database, "documents"), natures.get("new", 0), natures.get("changed", 0)
    documents = {
        "total": total,
        "new": new,
        "changed": changed,
        "retired": natures.get("retired", 0),
        "unchanged": total - new - changed,
    }
    return replace(state, documents=documents, items=sum(natures.values()))


# --- publication --------------------------------------------------------------------------------------------


def _manifest(run: _Run, state: _State, enrichment: Enrichment) -> Manifest:
    return Manifest(
        id=run.request.run_id,
        scheduled_time=run.request.scheduled_time,
        day=run.request.day,
        previous=manifest_key(run.previous.id) if run.previous else None,
        settings=run.context.settings,
        outcomes=state.outcomes,
        enrichment=enrichment,
        tables={table: run.key(table) for table in (*STORED, *ENRICHMENT)},
    )


def _publish(run: _Run, state: _State, manifest: Manifest) -> tuple[Publication, Held | None]:
    """Write the changes, save the snapshot, then move the pointer or hold it; nothing at all when nothing changed.

    Returns:
        The publication and, when ops must release or drop it first, what is held.

    """
    registry, storage = run.context.registry, run.context.storage
    limits = run.context.loss_limits
    losses = (
        find_losses(run.database, limits, retention_days=run.previous.settings.retention_days) if run.previous else None
    )
    if state.written is None:
        held = holding.undecided(registry)
        if (
            held
            and held.losses == losses
            and read_manifest(storage, held.publication.snapshot).has_same_inputs_as(manifest)
        ):
            return held.publication, held
        holding.discard(registry)
        publish.erase_unpublished(registry, storage)
        if run.current and run.previous and not state.items and run.previous.has_same_inputs_as(manifest):
            return run.current, None
    # Saving the tables in place takes the processors, writing items mostly waits for the network.
    with ThreadPoolExecutor(1) as executor:
        saving = executor.submit(run.tables.save_in_place)
        if state.items:
            _write_items(run, state)
        saving.result()
    for table, key in manifest.tables.items():
        run.tables.save(table, key)
    storage.write(manifest.key, manifest.model_dump_json().encode())
    publication = publish.next_publication(run.current, manifest, changed=bool(state.items))
    if state.items:
        _save_generation(run, state, publication)
    if run.current and losses and losses.too_many:
        held = Held(publication, run.request.scheduled_time.isoformat(), losses)
        registry.hold(held, beside=run.current)
        return publication, held
    publish.move_pointer(registry, publication, replacing=run.current, day=run.request.day)
    return publication, None


def _write_items(run: _Run, state: _State) -> None:
    registry, storage = run.context.registry, run.context.storage
    if state.written is None:
        publish.set_intent(run.database, registry, storage, run.next_generation, run_id=run.request.run_id)
    written = publish.write_items(
        run.database,
        registry,
        run.next_generation,
        day=run.request.day,
        written=state.written or 0,
        enough_time=run.context.enough_time,
    )
    if written < state.items:
        raise _hand_over(run, replace(state, written=written))


def _save_generation(run: _Run, state: _State, publication: Publication) -> None:
    """Save the exports and the record of the new generation."""
    write_exports(run.database, run.context.storage, run.context.scratch, run.next_generation)
    replaced = run.key("remplaces")  # a stored name
    run.tables.save("replaced_items", replaced)
    generations.record(
        run.context.storage,
        generations.Generation(publication=publication, documents=state.documents, replaced=replaced),
    )


# --- tidy up ------------------------------------------------------------------------------------------------


def _tidy_up(run: _Run, publication: Publication) -> dict[str, int]:
    """Delete old exports, items older than the history, and stored objects that nothing refers to any more."""
    context = run.context
    delete_old_exports(context.storage, publication)
    forgotten = generations.forget(
        run.database,
        context.registry,
        context.storage,
        context.scratch,
        day=min(run.request.day, context.today),
        history_days=context.history_days,
        enough_time=context.enough_time,
    )
    deleted = delete_unreferenced(
        context.registry, context.storage, reconciled=context.reconciled(), enough_time=context.enough_time
    )
    return {"forgotten": forgotten, "deleted": deleted}


def _losses_summary(losses: Losses) -> dict[str, Any]:
    return {
        "reason": f"{losses.losing} of the {losses.in_force} documents in force ({losses.share} %) would lose something: "
        f"{losses.least} or more, and more than {losses.percent} %",
        "share": losses.share,
        "documents": losses.losing,
        "kinds": losses.kinds,
        "examples": losses.examples,
    }


def _source_summary(outcome: SourceOutcome) -> dict[str, Any]:
    """What a run did with one source: `file` and `day` are of the file in use, the counts of the one that came."""
    in_use = outcome.in_use
    counted = outcome.counts if outcome.state == "refused" else in_use
    return {
        "state": outcome.state,
        "file": in_use.file if in_use else None,
        "day": in_use.day.isoformat() if in_use else None,
        "rows_read": counted.rows_read if counted else 0,
        "rows_set_aside": counted.rows_set_aside if counted else 0,
        "set_aside": counted.set_aside_key if counted else None,
        "malformed": {name: one.malformed for name, one in counted.columns.items() if one.malformed} if counted else {},
        "refused": outcome.file,
        "reason": outcome.reason,
    }

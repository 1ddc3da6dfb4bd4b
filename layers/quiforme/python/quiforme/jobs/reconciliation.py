"""One reconciliation: evaluate the rules on a snapshot, update the ledger of anomalies, publish what changed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.evaluation import evaluate_rules, load_facts
from quiforme.anomalies.ledger import LedgerStore, save_ledger
from quiforme.anomalies.loading import (
    StoredFiles,
    available,
    load_ledger,
    load_previous,
    load_snapshot,
    snapshots_to_compare,
)
from quiforme.clock import paris_day
from quiforme.database import open_database, run_script
from quiforme.jobs.stopwatch import Stopwatch
from quiforme.registry.ports import Publication


class NothingPublished(Exception):
    """There is no snapshot to reconcile."""


@dataclass(frozen=True, slots=True)
class ReconciliationContext:
    """What a reconciliation works with.

    Attributes:
        store: The ledger's store. Its storage also holds the snapshots.
        publication: The current publication; None before the first.
        memory_limit_mb: The database's memory limit, in MiB.
        forget_before: Files of ledgers from before this day are deleted, except the current one's.

    """

    store: LedgerStore
    publication: Publication | None
    memory_limit_mb: int
    forget_before: date


def reconcile(context: ReconciliationContext, scheduled_time: datetime, *, run_id: str) -> dict[str, Any]:
    """Run one reconciliation.

    Args:
        context: What to work with.
        scheduled_time: UTC; its day in Paris is the run's day, unless the snapshot is from a later day.
        run_id: Unique; names the stored files.

    Returns:
        The summary: day, generation, rules_evaluated, rules_not_evaluated, opened, modified, resolved,
        still_open, held (the openings of this run that the flood breaker holds, by code), seconds.

    Raises:
        NothingPublished: No ingestion has published anything yet.
        Conflict: Another run has replaced the ledger meanwhile.

    """
    watch = Stopwatch()
    store = context.store
    state = store.pointer.get()
    with watch.stage("unsent"):
        state = store.publish_pending(state)
    if context.publication is None:
        raise NothingPublished("no snapshot was ever published")
    files = StoredFiles(store.storage, store.scratch)
    manifest = files.manifest(context.publication.snapshot)
    # A late trigger may find a newer snapshot: its data is never judged as of a day before its own.
    day = max(paris_day(scheduled_time), manifest.day)
    with open_database(store.scratch, memory_limit_mb=context.memory_limit_mb) as database:
        with watch.stage("facts"):
            load_snapshot(database, files, manifest)
            load_ledger(database, files, state, store.follow_up.dismissed())
            load_previous(database, files, snapshots_to_compare(files, manifest, state))
            load_facts(database, day)
        with watch.stage("rules"):
            evaluated = evaluate_rules(
                database, available(database, manifest), has_previous=manifest.previous is not None
            )
        with watch.stage("ledger"):
            run_script(database, "anomalies/transitions.sql")
            transitions = dict(
                database.execute("SELECT transition, count(*) FROM ledger_today GROUP BY transition").fetchall()
            )
            floods = dict(database.execute("SELECT code, opened FROM floods ORDER BY code").fetchall())
            [(still_open,)] = database.execute("SELECT count(*) FROM ledger_today WHERE etat = 'ouverte'").fetchall()
            saved = save_ledger(
                database,
                store,
                run_id=run_id,
                rules={rule.code: rule for rule in RULES},
                generation=context.publication.generation,
                snapshot=manifest.key,
                evaluated=frozenset(rule.code for rule in evaluated),
                replacing=state,
            )
        with watch.stage("sending"):
            store.publish_pending(saved)
        store.delete_older(saved, context.forget_before)
    return {
        "day": day.isoformat(),
        "generation": context.publication.generation,
        "rules_evaluated": [rule.code for rule in evaluated],
        "rules_not_evaluated": [rule.code for rule in RULES if rule not in evaluated],
        "opened": transitions.get("ouverte", 0),
        "modified": transitions.get("modifiee", 0),
        "resolved": transitions.get("resolue", 0),
        "still_open": still_open,
        "held": floods,
        "seconds": watch.seconds,
    }

"""One invocation of the ingestion: it takes the lease, runs, and hands over to a new invocation before the time limit."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from quiforme.clock import as_utc
from quiforme.jobs import runs
from quiforme.jobs.ingestion import IngestionContext, RunRequest, Unfinished, ingest
from quiforme.jobs.lease import Busy, Lease
from quiforme.run_id import new_run_id
from quiforme.snapshot.ports import Storage

RESERVE_S = 120.0
"""Seconds of an invocation's time limit that no step may start in: longer than the longest step takes."""


class Continuation(BaseModel):
    """The run that an invocation continues, and the storage key of its progress."""

    run_id: str
    progress_key: str


class Trigger(BaseModel):
    """The event that starts an invocation.

    Attributes:
        scheduled_time: ISO 8601; UTC when it has no zone.
        accept: Names of files that ops accept for this run, however few rows they have.
        continues: Set only by an invocation that hands over to the next.

    """

    scheduled_time: datetime
    accept: tuple[str, ...] = ()
    continues: Continuation | None = None

    def request(self) -> RunRequest:
        """The run that it asks for, new or continued."""
        scheduled_time = as_utc(self.scheduled_time)
        if self.continues:
            return RunRequest(scheduled_time, self.continues.run_id, self.accept, self.continues.progress_key)
        return RunRequest(scheduled_time, new_run_id(scheduled_time), self.accept)


@dataclass(frozen=True, slots=True)
class IngestionInvocation:
    """What one invocation of the ingestion needs.

    Attributes:
        storage: Keeps the ledger of runs.
        lease: Of the ingestion; fails at once when it is held.
        context: Gives what a run works with, in a scratch folder that is removed afterwards.
        invoke_again: Starts a new invocation with an event, and does not wait for it.
        measure: Gives a metric, by its name, a value.

    """

    storage: Storage
    lease: Lease
    context: Callable[[], AbstractContextManager[IngestionContext]]
    invoke_again: Callable[[dict[str, Any]], None]
    measure: Callable[[str, int], None]


def run(trigger: Trigger, invocation: IngestionInvocation) -> dict[str, Any]:
    """Ingest for the day of the scheduled time, and enter the summary in the ledger of runs.

    Returns:
        The summary of `ingest`; or state `duplicate` (another invocation already works for this scheduled time), day
        and reason; or state `continues` (handed over to a new invocation), day and progress.

    Raises:
        Busy: A run of another scheduled time holds the lease.
        NoListeOf: Nothing was changed.
        OutOfOrder: Nothing was changed.

    """
    request = trigger.request()
    with runs.recorded(invocation.storage, "ingest", request.run_id) as entry:
        summary = _run(trigger, request, invocation)
        entry.update(summary)
    invocation.measure("RunHeld", int(summary["state"] == "held"))
    return summary


def _run(trigger: Trigger, request: RunRequest, invocation: IngestionInvocation) -> dict[str, Any]:
    purpose, day = request.scheduled_time.isoformat(), request.day.isoformat()
    try:
        with invocation.lease.hold(purpose), invocation.context() as context:
            return ingest(context, request)
    except Busy as busy:
        if busy.purpose != purpose:
            raise
        # The scheduler delivers at least once: the invocation that holds the lease does the whole run.
        return {"state": "duplicate", "day": day, "reason": str(busy)}
    except Unfinished as unfinished:
        continuation = Continuation(run_id=request.run_id, progress_key=unfinished.progress_key)
        following = trigger.model_copy(update={"continues": continuation})
        invocation.invoke_again(following.model_dump(mode="json"))
        return {"state": "continues", "day": day, "progress": unfinished.progress_key}

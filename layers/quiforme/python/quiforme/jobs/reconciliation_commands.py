"""The commands of the reconciliation's function: a run, or ops' decision on the openings that the flood breaker holds."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from quiforme import clock
from quiforme.anomalies.decision import decide, held
from quiforme.anomalies.ledger import LedgerStore
from quiforme.jobs import runs
from quiforme.jobs.reconciliation import NothingPublished, ReconciliationContext, reconcile
from quiforme.registry.ports import Publication
from quiforme.run_id import new_run_id
from quiforme.snapshot.ports import Storage


class Trigger(BaseModel):
    """Run a reconciliation.

    Attributes:
        scheduled_time: ISO 8601; UTC when it has no zone.

    """

    scheduled_time: datetime


class Decide(BaseModel):
    """Release the held openings of a rule to the consumers, or drop them."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["release", "drop"]
    code: str


class Held(BaseModel):
    """Count the held openings, by code."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["held"]


Command = Trigger | Decide | Held
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


@dataclass(frozen=True, slots=True)
class ReconciliationInvocation:
    """What one invocation of the reconciliation needs.

    Attributes:
        storage: Keeps the ledger of runs.
        ledger: Gives the ledger's store while this invocation holds the lease; takes the lease's purpose.
        publication: Gives what is published now; None before the first publication.
        memory_limit_mb: For the database, in MiB.
        history_days: How long replaced ledgers are kept, in days.

    """

    storage: Storage
    ledger: Callable[[str], AbstractContextManager[LedgerStore]]
    publication: Callable[[], Publication | None]
    memory_limit_mb: int
    history_days: int


def command_of(event: Mapping[str, Any]) -> Command:
    """Read an event; raises pydantic's ValidationError when it is none of the three commands."""
    return _COMMAND.validate_python(event)


def carry_out(command: Command, invocation: ReconciliationInvocation) -> dict[str, Any]:
    """Carry out one command, after any other that is running.

    Returns:
        The summary of `reconcile` or of `decide`, or `held`: how many openings are held, by code.

    Raises:
        Busy: Another run held the lease until there was too little time left.
        NothingPublished: Nothing was ever ingested.

    """
    match command:
        case Trigger():
            return _reconcile(clock.as_utc(command.scheduled_time), invocation)
        case Decide():
            return _decide(command, invocation)
        case Held():
            with invocation.ledger("held") as ledger:
                return {"held": held(ledger, memory_limit_mb=invocation.memory_limit_mb)}


def _reconcile(scheduled_time: datetime, invocation: ReconciliationInvocation) -> dict[str, Any]:
    run_id = new_run_id(scheduled_time)
    with runs.recorded(invocation.storage, "reconcile", run_id) as entry:
        with invocation.ledger(scheduled_time.isoformat()) as ledger:
            # A scheduled time in the future must not make ledgers expire early.
            day = min(clock.paris_day(scheduled_time), clock.today())
            context = ReconciliationContext(
                store=ledger,
                publication=invocation.publication(),
                memory_limit_mb=invocation.memory_limit_mb,
                forget_before=day - timedelta(days=invocation.history_days),
            )
            summary = reconcile(context, scheduled_time, run_id=run_id)
        entry.update(summary)
    return summary


def _decide(command: Decide, invocation: ReconciliationInvocation) -> dict[str, Any]:
    run_id = new_run_id(datetime.now(UTC))
    with runs.recorded(invocation.storage, "reconcile", run_id) as entry:
        with invocation.ledger(f"{command.command} {command.code}") as ledger:
            publication = invocation.publication()
            if publication is None:
                raise NothingPublished("no snapshot was ever published")
            summary = decide(
                ledger,
                command.code,
                command.command,
                day=clock.today(),
                generation=publication.generation,
                run_id=run_id,
                memory_limit_mb=invocation.memory_limit_mb,
            )
        entry.update(summary)
    return summary

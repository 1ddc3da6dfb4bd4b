"""The reconciliation, after each publication or by hand, and ops' decisions on what the flood breaker holds."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, TypeAdapter
from quiforme.anomalies.decision import decide, held
from quiforme.anomalies.ledger import LedgerStore
from quiforme.aws.anomalies import DynamoLedgerPointer, SnsOutbox
from quiforme.aws.documents import read_pointer
from quiforme.aws.follow_up import DynamoFollowUp
from quiforme.aws.lease import lease
from quiforme.aws.settings import setting
from quiforme.aws.storage import S3Storage
from quiforme.clock import as_utc, paris_day, today
from quiforme.jobs import runs
from quiforme.jobs.reconciliation import NothingPublished, ReconciliationContext, reconcile
from quiforme.run_id import new_run_id

logger = Logger(service="reconcile")
dynamodb, s3, sns = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sns")


class Trigger(BaseModel):
    """What starts a run."""

    scheduled_time: datetime


class Decide(BaseModel):
    """Release the openings of a rule that are held, or drop them."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["release", "drop"]
    code: str


class Held(BaseModel):
    """How many openings are held, by code."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["held"]


_ORDER: TypeAdapter[Trigger | Decide | Held] = TypeAdapter(Trigger | Decide | Held)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconcile what is published, or carry out a command of ops; while another is at work, wait for it first."""
    order = _ORDER.validate_python(event)
    storage = S3Storage(s3, setting("BUCKET"))
    match order:
        case Trigger():
            scheduled_time = as_utc(order.scheduled_time)
            run_id = new_run_id(scheduled_time)
            with runs.recorded(storage, "reconcile", run_id) as entry:
                summary = _run(scheduled_time, run_id, storage, context)
                entry.update(summary)
        case Decide():
            run_id = new_run_id(datetime.now(UTC))
            with runs.recorded(storage, "reconcile", run_id) as entry:
                summary = _decide(order, run_id, storage, context)
                entry.update(summary)
        case Held():
            with _ledger_store(storage, context, purpose="held") as store:
                summary = {"held": held(store, memory_limit_mb=_memory_limit_mb(context))}
    logger.info("reconciliation", extra={"summary": summary})
    return summary


def _run(scheduled_time: datetime, run_id: str, storage: S3Storage, context: LambdaContext) -> dict[str, Any]:
    with _ledger_store(storage, context, purpose=scheduled_time.isoformat()) as store:
        reconciliation = ReconciliationContext(
            store=store,
            publication=read_pointer(dynamodb, setting("STATE_TABLE")),
            memory_limit_mb=_memory_limit_mb(context),
            forget_before=min(paris_day(scheduled_time), today()) - timedelta(days=int(setting("HISTORY_DAYS"))),
        )
        return reconcile(reconciliation, scheduled_time, run_id=run_id)


def _decide(order: Decide, run_id: str, storage: S3Storage, context: LambdaContext) -> dict[str, Any]:
    with _ledger_store(storage, context, purpose=f"{order.command} {order.code}") as store:
        publication = read_pointer(dynamodb, setting("STATE_TABLE"))
        if publication is None:
            raise NothingPublished("no snapshot was ever published")
        return decide(
            store,
            order.code,
            order.command,
            day=today(),
            generation=publication.generation,
            run_id=run_id,
            memory_limit_mb=_memory_limit_mb(context),
        )


@contextmanager
def _ledger_store(storage: S3Storage, context: LambdaContext, *, purpose: str) -> Iterator[LedgerStore]:
    """The ledger's store, under a lease: one reconciliation or decision at a time."""
    state_table = setting("STATE_TABLE")
    with (
        tempfile.TemporaryDirectory() as scratch,
        lease(
            dynamodb,
            state_table,
            "reconcile",
            owner=context.aws_request_id,
            purpose=purpose,
            remaining_ms=context.get_remaining_time_in_millis,
            wait=True,
        ),
    ):
        yield LedgerStore(
            storage=storage,
            pointer=DynamoLedgerPointer(dynamodb, state_table),
            follow_up=DynamoFollowUp(dynamodb, setting("FOLLOW_UP_TABLE")),
            outbox=SnsOutbox(sns, setting("ANOMALY_TOPIC")),
            scratch=Path(scratch),
            api_url=setting("API_URL"),
        )


def _memory_limit_mb(context: LambdaContext) -> int:
    return int(context.memory_limit_in_mb) // 2

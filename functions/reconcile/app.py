"""The reconciliation, after each publication or by hand: see quiforme.reconciliation."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from quiforme import runs
from quiforme.aws.anomalies import DynamoLedgerPointer, SnsOutbox
from quiforme.aws.documents import read_pointer
from quiforme.aws.lease import lease
from quiforme.aws.settings import setting
from quiforme.aws.storage import S3Storage
from quiforme.clock import as_utc, paris_day, today
from quiforme.reconciliation import Office, reconcile

logger = Logger(service="reconcile")
dynamodb, s3, sns = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sns")


class Trigger(BaseModel):
    """What starts a run."""

    scheduled_time: datetime


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconcile what is published; while another reconciliation is at work, wait for it first."""
    scheduled_time = as_utc(Trigger.model_validate(event).scheduled_time)
    run_id = runs.new_id(scheduled_time)
    storage = S3Storage(s3, setting("BUCKET"))
    with runs.recorded(storage, "reconcile", run_id) as entry:
        summary = _run(scheduled_time, run_id, storage, context)
        entry.update(summary)
    logger.info("reconciliation", extra={"summary": summary})
    return summary


def _run(scheduled_time: datetime, run_id: str, storage: S3Storage, context: LambdaContext) -> dict[str, Any]:
    state_table = setting("STATE_TABLE")
    with (
        tempfile.TemporaryDirectory() as scratch,
        lease(
            dynamodb,
            state_table,
            "reconcile",
            owner=context.aws_request_id,
            purpose=scheduled_time.isoformat(),
            remaining_ms=context.get_remaining_time_in_millis,
            wait=True,
        ),
    ):
        office = Office(
            storage=storage,
            publication=read_pointer(dynamodb, state_table),
            pointer=DynamoLedgerPointer(dynamodb, state_table),
            outbox=SnsOutbox(sns, setting("ANOMALY_TOPIC")),
            scratch=Path(scratch),
            memory_limit_mb=int(context.memory_limit_in_mb) // 2,
            forget_before=min(paris_day(scheduled_time), today()) - timedelta(days=int(setting("HISTORY_DAYS"))),
        )
        return reconcile(office, scheduled_time, run_id=run_id)

"""Wires the reconciliation, whose layers have duckdb, pydantic and the anomaly kit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3

from quiforme.anomalies.ledger import LedgerStore
from quiforme.aws.anomalies import DynamoLedgerPointer, SnsOutbox
from quiforme.aws.documents import read_pointer
from quiforme.aws.follow_up import DynamoFollowUp
from quiforme.aws.lease import DynamoLease
from quiforme.aws.storage import S3Storage
from quiforme.jobs.reconciliation_commands import ReconciliationInvocation
from quiforme.settings import ReconcileSettings, read

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def reconciliation() -> Callable[["LambdaContext"], ReconciliationInvocation]:
    """What gives each invocation of the reconciliation what it needs.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(ReconcileSettings)
    dynamodb, s3, sns = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("sns")
    storage = S3Storage(s3, settings.bucket)

    def invocation(context: "LambdaContext") -> ReconciliationInvocation:
        lease = DynamoLease(
            dynamodb,
            settings.state_table,
            "reconcile",
            owner=context.aws_request_id,
            remaining_ms=context.get_remaining_time_in_millis,
            wait=True,
        )

        @contextmanager
        def ledger(purpose: str) -> Iterator[LedgerStore]:
            with TemporaryDirectory() as scratch, lease.hold(purpose):
                yield LedgerStore(
                    storage=storage,
                    pointer=DynamoLedgerPointer(dynamodb, settings.state_table),
                    follow_up=DynamoFollowUp(dynamodb, settings.follow_up_table),
                    outbox=SnsOutbox(sns, settings.anomaly_topic),
                    scratch=Path(scratch),
                    api_url=settings.api_url,
                )

        return ReconciliationInvocation(
            storage=storage,
            ledger=ledger,
            publication=lambda: read_pointer(dynamodb, settings.state_table),
            memory_limit_mb=int(context.memory_limit_in_mb) // 2,
            history_days=settings.history_days,
        )

    return invocation

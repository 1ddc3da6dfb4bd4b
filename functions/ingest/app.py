"""The ingestion, once a day on a schedule: see quiforme.ingestion."""

import tempfile
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from quiforme.aws.documents import DynamoRegistry
from quiforme.aws.events import announce
from quiforme.aws.lease import lease
from quiforme.aws.settings import setting
from quiforme.aws.storage import S3Drop, S3Storage
from quiforme.clock import as_utc
from quiforme.ingestion import World, ingest
from quiforme.sources.catalogue import SOURCES

logger = Logger(service="ingest")
dynamodb, s3, events = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("events")


class Trigger(BaseModel):
    """What starts a run."""

    scheduled_time: datetime


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Ingest the drop for the day of the scheduled time; the summary is returned and logged."""
    scheduled_time = as_utc(Trigger.model_validate(event).scheduled_time)
    state_table, bucket = setting("STATE_TABLE"), setting("BUCKET")
    owner, remaining = context.aws_request_id, context.get_remaining_time_in_millis
    with (
        tempfile.TemporaryDirectory() as scratch,
        lease(dynamodb, state_table, "ingest", owner=owner, remaining_ms=remaining, wait=False),
    ):
        world = World(
            origins=dict.fromkeys((source.name for source in SOURCES), S3Drop(s3, setting("DROP"))),
            storage=S3Storage(s3, bucket),
            registry=DynamoRegistry(
                dynamodb,
                s3,
                documents_table=setting("DOCUMENTS_TABLE"),
                state_table=state_table,
                bucket=bucket,
            ),
            announce=lambda when, publication: announce(events, when, generation=publication.generation),
            scratch=Path(scratch),
            memory_limit_mb=int(context.memory_limit_in_mb) // 2,
            retention_days=int(setting("NDA_RETENTION_DAYS")),
            exclusions=tuple(setting("PERIMETER_EXCLUSIONS").split(",")),  # "none" excludes nothing
        )
        run_id = f"{scheduled_time:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
        summary = ingest(world, scheduled_time, run_id=run_id)
    logger.info("ingestion done", extra={"summary": summary})
    return summary

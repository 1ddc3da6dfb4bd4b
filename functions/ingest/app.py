"""The ingestion, once a day on a schedule: see quiforme.jobs.ingestion."""

import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from quiforme.aws.anomalies import DynamoLedgerPointer
from quiforme.aws.documents import BULK, DynamoRegistry
from quiforme.aws.events import announce
from quiforme.aws.lease import Busy, lease
from quiforme.aws.settings import setting
from quiforme.aws.storage import S3Drop, S3Storage
from quiforme.clock import as_utc, today
from quiforme.enrichment.services import EnrichmentServices
from quiforme.fetching.http import Http
from quiforme.fetching.producers import HttpOrigin
from quiforme.jobs import runs
from quiforme.jobs.ingestion import IngestionContext, RunRequest, Unfinished, ingest
from quiforme.run_id import new_run_id
from quiforme.snapshot.manifest import DocumentSettings
from quiforme.snapshot.ports import Origin
from quiforme.sources.catalogue import SOURCES

RESERVE_MS = 120_000
"""No step is begun with less than this left: it has to be long enough for the longest one."""

logger = Logger(service="ingest")
dynamodb, s3, events = boto3.client("dynamodb", config=BULK), boto3.client("s3"), boto3.client("events")
functions, secrets = boto3.client("lambda"), boto3.client("secretsmanager")


class Continuation(BaseModel):
    """Where an earlier invocation of a run stopped for want of time."""

    run_id: str
    progress_key: str


class Trigger(BaseModel):
    """What starts a run.

    `accept` names files that ops accept for this run, however few rows they have; `continues` is for the
    function's own use.
    """

    scheduled_time: datetime
    accept: tuple[str, ...] = ()
    continues: Continuation | None = None


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Ingest for the day of the scheduled time; the summary is returned, logged, and kept in the ledger of runs."""
    trigger = Trigger.model_validate(event)
    scheduled_time = as_utc(trigger.scheduled_time)
    order = RunRequest(
        scheduled_time,
        trigger.continues.run_id if trigger.continues else new_run_id(scheduled_time),
        trigger.accept,
        trigger.continues.progress_key if trigger.continues else None,
    )
    storage = S3Storage(s3, setting("BUCKET"))
    with runs.recorded(storage, "ingest", order.run_id) as entry:
        summary = _run(trigger, order, storage, context)
        entry.update(summary)
    logger.info("ingestion", extra={"summary": summary})
    return summary


def _run(trigger: Trigger, order: RunRequest, storage: S3Storage, context: LambdaContext) -> dict[str, Any]:
    state_table, purpose = setting("STATE_TABLE"), order.scheduled_time.isoformat()
    remaining = context.get_remaining_time_in_millis
    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            lease(
                dynamodb,
                state_table,
                "ingest",
                owner=context.aws_request_id,
                purpose=purpose,
                remaining_ms=remaining,
                wait=False,
            ),
        ):
            return ingest(_world(storage, context, Path(scratch), state_table), order)
    except Busy as busy:
        if busy.purpose != purpose:
            raise
        # The scheduler may fire twice for one time: the run at work does it all.
        return {"state": "duplicate", "day": order.day.isoformat(), "reason": str(busy)}
    except Unfinished as unfinished:
        _go_on(trigger, order, unfinished.progress_key, context)
        return {"state": "continues", "day": order.day.isoformat(), "progress": unfinished.progress_key}


def _world(storage: S3Storage, context: LambdaContext, scratch: Path, state_table: str) -> IngestionContext:
    def left() -> float:
        return (context.get_remaining_time_in_millis() - RESERVE_MS) / 1000

    return IngestionContext(
        origins=_origins(Http(budget_s=left(), request_budget_s=left())),
        storage=storage,
        registry=DynamoRegistry(
            dynamodb,
            s3,
            documents_table=setting("DOCUMENTS_TABLE"),
            days_table=setting("DAYS_TABLE"),
            state_table=state_table,
            bucket=setting("BUCKET"),
        ),
        announce=lambda when, publication: announce(events, when, generation=publication.generation),
        scratch=scratch,
        memory_limit_mb=int(context.memory_limit_in_mb) // 2,
        settings=DocumentSettings(
            retention_days=int(setting("NDA_RETENTION_DAYS")),
            exclusions=tuple(setting("PERIMETER_EXCLUSIONS").split(",")),  # "none" excludes nothing
        ),
        history_days=int(setting("HISTORY_DAYS")),
        services=_services(left),
        reconciled=lambda: _reconciled(state_table),
        today=today(),
    )


def _reconciled(state_table: str) -> str | None:
    ledger = DynamoLedgerPointer(dynamodb, state_table).get()
    return ledger.snapshot if ledger else None


def _services(seconds_left: Callable[[], float]) -> EnrichmentServices:
    sirene, geocoder = setting("SIRENE_API_ADDRESS"), setting("GEOCODER_ADDRESS")
    key = "" if sirene == "off" else secrets.get_secret_value(SecretId=setting("SIRENE_API_KEY"))["SecretString"]
    return EnrichmentServices(
        sirene_address=None if sirene == "off" else sirene,
        sirene_key=key,
        geocoder_address=None if geocoder == "off" else geocoder,
        seconds_left=seconds_left,
    )


def _origins(http: Http) -> dict[str, Origin]:
    """Where each source's files are: the producer's own address, or the drop."""
    drop = S3Drop(s3, setting("DROP"))
    addresses = {source.name: setting(f"ADDRESS_{source.name.upper()}") for source in SOURCES}
    return {name: drop if address == "drop" else HttpOrigin(http, address) for name, address in addresses.items()}


def _go_on(trigger: Trigger, order: RunRequest, progress_key: str, context: LambdaContext) -> None:
    """Invoke this function again, to go on where this invocation stopped."""
    following = trigger.model_copy(update={"continues": Continuation(run_id=order.run_id, progress_key=progress_key)})
    functions.invoke(
        FunctionName=context.function_name,
        InvocationType="Event",
        Payload=json.dumps(following.model_dump(mode="json")).encode(),
    )

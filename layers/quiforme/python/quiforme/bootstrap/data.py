"""Wires the ingestion and ops' commands, whose layer has duckdb and pydantic, but not the anomaly kit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3

from quiforme import clock
from quiforme.aws.anomalies import DynamoLedgerPointer
from quiforme.aws.documents import BULK, DynamoRegistry
from quiforme.aws.events import EventBridgeAnnouncer
from quiforme.aws.invocation import AsyncInvoker
from quiforme.aws.lease import DynamoLease
from quiforme.aws.metrics import StackMetrics
from quiforme.aws.storage import S3Drop, S3Storage
from quiforme.enrichment.services import EnrichmentServices
from quiforme.fetching.http import Http
from quiforme.fetching.producers import HttpOrigin
from quiforme.jobs.ingestion import IngestionContext
from quiforme.jobs.invocation import RESERVE_S, IngestionInvocation
from quiforme.jobs.operations import Operations
from quiforme.pipeline import losses
from quiforme.settings import IngestSettings, OperateSettings, read
from quiforme.snapshot.manifest import DocumentSettings
from quiforme.snapshot.ports import Origin

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def ingestion() -> Callable[["LambdaContext"], IngestionInvocation]:
    """What gives each invocation of the ingestion what it needs.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(IngestSettings)
    dynamodb, s3, events = boto3.client("dynamodb", config=BULK), boto3.client("s3"), boto3.client("events")
    functions, secrets = boto3.client("lambda"), boto3.client("secretsmanager")
    storage = S3Storage(s3, settings.bucket)

    def origins(http: Http) -> dict[str, Origin]:
        drop = S3Drop(s3, settings.drop)
        return {
            name: drop if address == "drop" else HttpOrigin(http, address)
            for name, address in settings.source_addresses.items()
        }

    def services(seconds_left: Callable[[], float]) -> EnrichmentServices:
        key = ""
        if settings.sirene_api_address:
            key = secrets.get_secret_value(SecretId=settings.sirene_api_key)["SecretString"]
        return EnrichmentServices(
            sirene_address=settings.sirene_api_address,
            sirene_key=key,
            geocoder_address=settings.geocoder_address,
            seconds_left=seconds_left,
        )

    def reconciled() -> str | None:
        ledger = DynamoLedgerPointer(dynamodb, settings.state_table).get()
        return ledger.snapshot if ledger else None

    def invocation(context: "LambdaContext") -> IngestionInvocation:
        def seconds_left() -> float:
            return context.get_remaining_time_in_millis() / 1000 - RESERVE_S

        @contextmanager
        def ingestion_context() -> Iterator[IngestionContext]:
            with TemporaryDirectory() as scratch:
                yield IngestionContext(
                    origins=origins(Http(budget_s=seconds_left(), request_budget_s=seconds_left())),
                    storage=storage,
                    registry=DynamoRegistry(
                        dynamodb,
                        s3,
                        documents_table=settings.documents_table,
                        days_table=settings.days_table,
                        state_table=settings.state_table,
                        bucket=settings.bucket,
                    ),
                    announce=EventBridgeAnnouncer(events),
                    scratch=Path(scratch),
                    memory_limit_mb=_database_memory_mb(context),
                    settings=DocumentSettings(
                        retention_days=settings.nda_retention_days, exclusions=settings.perimeter_exclusions
                    ),
                    loss_limits=losses.LossLimits(settings.loss_percent, losses.LEAST),
                    history_days=settings.history_days,
                    services=services(seconds_left),
                    reconciled=reconciled,
                    today=clock.today(),
                )

        return IngestionInvocation(
            storage=storage,
            lease=DynamoLease(
                dynamodb,
                settings.state_table,
                "ingest",
                owner=context.aws_request_id,
                remaining_ms=context.get_remaining_time_in_millis,
                wait=False,
            ),
            context=ingestion_context,
            invoke_again=AsyncInvoker(functions, context.function_name),
            measure=StackMetrics(settings.stack),
        )

    return invocation


def operations() -> Callable[["LambdaContext"], Operations]:
    """What gives each invocation of ops' function what its commands need.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(OperateSettings)
    dynamodb, s3, events = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("events")

    def invocation(context: "LambdaContext") -> Operations:
        return Operations(
            storage=S3Storage(s3, settings.bucket),
            registry=DynamoRegistry(
                dynamodb,
                s3,
                documents_table=settings.documents_table,
                days_table=settings.days_table,
                state_table=settings.state_table,
                bucket=settings.bucket,
            ),
            ingestion_lease=DynamoLease(
                dynamodb,
                settings.state_table,
                "ingest",
                owner=context.aws_request_id,
                remaining_ms=context.get_remaining_time_in_millis,
                wait=False,
            ),
            announce=EventBridgeAnnouncer(events),
            memory_limit_mb=_database_memory_mb(context),
        )

    return invocation


def _database_memory_mb(context: "LambdaContext") -> int:
    return int(context.memory_limit_in_mb) // 2

"""What ops ask for: the ledger of runs, the generations, going back to one, replaying one."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field, TypeAdapter
from quiforme.aws.documents import DynamoRegistry
from quiforme.aws.events import announce
from quiforme.aws.lease import lease
from quiforme.aws.settings import setting
from quiforme.aws.storage import S3Storage
from quiforme.clock import paris_day
from quiforme.jobs import runs
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.registry import generations
from quiforme.snapshot.manifest import Manifest

logger = Logger(service="operate")
dynamodb, s3, events = boto3.client("dynamodb"), boto3.client("s3"), boto3.client("events")


class Runs(BaseModel):
    """The latest runs of a function, newest first."""

    command: Literal["runs"]
    function: Literal["ingest", "reconcile"] = "ingest"
    limit: int = Field(default=10, ge=1, le=100)


class Generations(BaseModel):
    """The latest generations, newest first."""

    command: Literal["generations"]
    limit: int = Field(default=10, ge=1, le=100)


class Inspect(BaseModel):
    """One generation: its documents, and the file, digest, day and rows of each source."""

    command: Literal["inspect"]
    generation: int


class Publish(BaseModel):
    """Make a generation, earlier or later, the one that every reader sees."""

    command: Literal["publish"]
    generation: int


class Replay(BaseModel):
    """Build a generation's documents again from the inputs it kept, and compare."""

    command: Literal["replay"]
    generation: int


Command = Annotated[Runs | Generations | Inspect | Publish | Replay, Field(discriminator="command")]
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


@logger.inject_lambda_context(clear_state=True, log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Carry out one command; see docs/exploitation.md."""
    command = _COMMAND.validate_python(event)
    storage = S3Storage(s3, setting("BUCKET"))
    registry = DynamoRegistry(
        dynamodb,
        s3,
        documents_table=setting("DOCUMENTS_TABLE"),
        days_table=setting("DAYS_TABLE"),
        state_table=setting("STATE_TABLE"),
        bucket=setting("BUCKET"),
    )
    match command:
        case Runs():
            return {"runs": runs.latest(storage, command.function, command.limit)}
        case Generations():
            current = registry.current()
            published = generations.numbers(storage)[-command.limit :]
            return {
                "current": current.generation if current else None,
                "generations": [_brief(generations.find(storage, number)) for number in reversed(published)],
            }
        case Inspect():
            generation = generations.find(storage, command.generation)
            manifest = Manifest.model_validate_json(storage.read(generation.publication.snapshot))
            return {**_brief(generation), "outcomes": manifest.model_dump(mode="json")["outcomes"]}
        case Publish():
            return _publish(command.generation, registry, storage, context)
        case Replay():
            snapshot = generations.find(storage, command.generation).publication.snapshot
            with tempfile.TemporaryDirectory() as scratch:
                return replay(ReplayContext(storage, Path(scratch), int(context.memory_limit_in_mb) // 2), snapshot)


def _brief(generation: generations.Generation) -> dict[str, Any]:
    return {
        "generation": generation.number,
        "day": generation.publication.generation_day,
        "documents": generation.documents,
        "snapshot": generation.publication.snapshot,
    }


def _publish(number: int, registry: DynamoRegistry, storage: S3Storage, context: LambdaContext) -> dict[str, Any]:
    """Move the pointer while no ingestion is at work, and have the anomalies follow."""
    with lease(
        dynamodb,
        setting("STATE_TABLE"),
        "ingest",
        owner=context.aws_request_id,
        purpose=f"publishing generation {number}",
        remaining_ms=context.get_remaining_time_in_millis,
        wait=False,
    ):
        publication = generations.go_to(registry, storage, number, day=paris_day(datetime.now(UTC)))
        announce(events, datetime.now(UTC), generation=publication.generation)
    return {"generation": publication.generation, "newest": publication.newest, "day": publication.day}

"""The reference consumer: one follow-up file for each anomaly. To be copied: of Quiforme it uses the kit alone.

A file is several items under the anomaly's id: `dossier`, which says how things stand, and one for each event, which
are its history. Events may come twice, late or in any order: an event's item is always the same, and the state is
the one that the event of the highest rank gives.
"""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.types import TypeSerializer
from pydantic import ValidationError
from quiforme_anomalies import EvenementAlerte, EvenementModifiee, EvenementOuverte, EvenementResolue, parse

logger = Logger(service="consume")
dynamodb = boto3.client("dynamodb")
FILES = os.environ["FILES_TABLE"]

# An event that was dealt with is remembered longer than a queue keeps messages, twice over.
once = IdempotencyConfig(expires_after_seconds=30 * 24 * 3600)
seen = DynamoDBPersistenceLayer(os.environ["SEEN_TABLE"], boto3_client=dynamodb)
# A batch of nothing but failures is reported like any other: raising would hand the queue no list of them.
processor = BatchProcessor(
    EventType.SQS,
    raise_on_entire_batch_failure=False,
    logger=logger,  # type: ignore[arg-type]  # stands for one of the standard library
)

_ETAT = {"ouverte": "ouvert", "modifiee": "ouvert", "resolue": "clos"}
_as_attribute = TypeSerializer().serialize


class Unreadable(Exception):
    """A message is no event of the version that this consumer reads."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """A batch of messages; those that fail are named, and come again until the queue sets them aside."""
    once.register_lambda_context(context)
    return process_partial_response(event, _take, processor, context)


def _take(record: SQSRecord) -> None:
    try:
        event = parse(record.body)
    except ValidationError as error:
        # What is wrong and where, but nothing of the text, which may be anybody's.
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors())
        raise Unreadable(f"message {record.message_id}: {wrong}") from None
    if isinstance(event, EvenementAlerte):
        logger.warning(event.data.message, extra={"code": event.data.code, "ouvertures": event.data.ouvertures})
        return
    follow(event_id=event.id, event=event, body=record.body)


@idempotent_function(data_keyword_argument="event_id", config=once, persistence_store=seen)  # type: ignore[untyped-decorator]  # Any, in Powertools
def follow(*, event_id: str, event: EvenementOuverte | EvenementModifiee | EvenementResolue, body: str) -> None:
    """Write an event in its anomaly's file. Doing it again, if it stopped half-way, changes nothing more."""
    anomaly = event.data
    written = {
        "id": anomaly.id,
        "element": f"evenement#{event.rang:06}",
        "evenement": event.evenement,
        "date": event.time.isoformat(),
        "message": anomaly.message,
        "texte": body,
    }
    dynamodb.put_item(TableName=FILES, Item={name: _as_attribute(value) for name, value in written.items()})

    state = {
        "rang": event.rang,
        "etat": _ETAT[event.evenement],
        "code": anomaly.code,
        "severite": anomaly.severite,
        "region": anomaly.region,
        "siret": anomaly.siret,
        "message": anomaly.message,
        "constats": json.dumps(anomaly.constats, ensure_ascii=False),
        "liens": anomaly.liens.model_dump(),
        "occurrence": anomaly.occurrence,
        "ouverte_le": anomaly.premiere_detection.isoformat(),
        "date": event.time.isoformat(),
    }
    try:
        # What the team adds to a file by itself (who deals with it, notes) stays.
        dynamodb.update_item(
            TableName=FILES,
            Key={"id": {"S": anomaly.id}, "element": {"S": "dossier"}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in state),
            ConditionExpression="attribute_not_exists(#rang) OR #rang < :rang",
            ExpressionAttributeNames={f"#{name}": name for name in state},
            ExpressionAttributeValues={f":{name}": _as_attribute(value) for name, value in state.items()},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        logger.info("a later event came first", extra={"event": event_id})

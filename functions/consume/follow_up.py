"""What the reference consumer does with an event: it keeps a follow-up file for each anomaly. Replace it with your own.

A file is several items under the anomaly's id: `dossier`, its present state, and one item for each event, its history.
SQS may deliver an event twice, late or out of order: an event always makes the same item, and the state is that of the
event of the highest rank.
"""

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from boto3.dynamodb.types import TypeSerializer
from quiforme_anomalies import EvenementModifiee, EvenementOuverte, EvenementResolue

logger = Logger(service="consume")
dynamodb = boto3.client("dynamodb")
FILES = os.environ["FILES_TABLE"]
seen = DynamoDBPersistenceLayer(os.environ["SEEN_TABLE"], boto3_client=dynamodb)
# Processed events are remembered for twice as long as a queue keeps messages at most.
idempotency = IdempotencyConfig(expires_after_seconds=30 * 24 * 3600)

_ETAT = {"ouverte": "ouvert", "modifiee": "ouvert", "resolue": "clos"}
_as_attribute = TypeSerializer().serialize

Event = EvenementOuverte | EvenementModifiee | EvenementResolue


@idempotent_function(data_keyword_argument="event_id", config=idempotency, persistence_store=seen)  # type: ignore[untyped-decorator]  # Any, in Powertools
def follow(*, event_id: str, event: Event, body: str) -> None:
    """Enter an event in its anomaly's file. Repeating it after a crash half-way does no harm.

    Args:
        event_id: The event's id; an id that was processed is skipped.
        event: The event.
        body: Its JSON text, kept as it came.

    """
    _put_history(event, body)
    state = _state(event)
    try:
        # Attributes that your team adds to a file (who handles it, notes) stay.
        dynamodb.update_item(
            TableName=FILES,
            Key={"id": {"S": event.data.id}, "element": {"S": "dossier"}},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in state),
            ConditionExpression="attribute_not_exists(#rang) OR #rang < :rang",
            ExpressionAttributeNames={f"#{name}": name for name in state},
            ExpressionAttributeValues={f":{name}": _as_attribute(value) for name, value in state.items()},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        logger.info("a later event came first", extra={"event": event_id})


def _put_history(event: Event, body: str) -> None:
    item = {
        "id": event.data.id,
        "element": f"evenement#{event.rang:06}",
        "evenement": event.evenement,
        "date": event.time.isoformat(),
        "message": event.data.message,
        "texte": body,
    }
    dynamodb.put_item(TableName=FILES, Item={name: _as_attribute(value) for name, value in item.items()})


def _state(event: Event) -> dict[str, Any]:
    anomaly = event.data
    return {
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

"""The reference consumer: reads a batch of anomaly events, and hands each to follow_up.py. Copy this folder to start yours."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from follow_up import follow, idempotency
from pydantic import ValidationError
from quiforme_anomalies import EvenementAlerte, parse

logger = Logger(service="consume")
# When every message fails, the batch is reported like any other: an exception would hide which ones failed.
processor = BatchProcessor(
    EventType.SQS,
    raise_on_entire_batch_failure=False,
    logger=logger,  # type: ignore[arg-type]  # stands for one of the standard library
)


class Unreadable(Exception):
    """A message is not an event of the version that this consumer reads."""


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process a batch; messages that fail are named, and SQS delivers them again until their dead-letter queue takes them."""
    idempotency.register_lambda_context(context)
    return process_partial_response(event, _take, processor, context)


def _take(record: SQSRecord) -> None:
    try:
        event = parse(record.body)
    except ValidationError as error:
        # The log names the wrong fields but quotes none of the text, which may be personal data.
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors())
        raise Unreadable(f"message {record.message_id}: {wrong}") from None
    if isinstance(event, EvenementAlerte):
        logger.warning(event.data.message, extra={"code": event.data.code, "ouvertures": event.data.ouvertures})
        return
    follow(event_id=event.id, event=event, body=record.body)

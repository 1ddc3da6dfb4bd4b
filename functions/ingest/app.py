"""The ingestion, once a day on a schedule: see quiforme.jobs.invocation."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.bootstrap import data
from quiforme.jobs.invocation import Trigger, run

logger = Logger(service="ingest")
invocation_of = data.ingestion()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Ingest for the day of the scheduled time; the summary is returned, logged, and kept in the ledger of runs."""
    summary = run(Trigger.model_validate(event), invocation_of(context))
    logger.info("ingestion", extra={"summary": summary})
    return summary

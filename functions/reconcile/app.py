"""The reconciliation, after each publication or by hand: see quiforme.jobs.reconciliation_commands."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.bootstrap import anomalies
from quiforme.jobs.reconciliation_commands import carry_out, command_of

logger = Logger(service="reconcile")
invocation_of = anomalies.reconciliation()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Reconcile what is published, or carry out a command of ops."""
    summary = carry_out(command_of(event), invocation_of(context))
    logger.info("reconciliation", extra={"summary": summary})
    return summary

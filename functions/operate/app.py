"""Ops' commands on runs and generations: see quiforme.jobs.operations and docs/exploitation.md."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.bootstrap import data
from quiforme.jobs.operations import carry_out, command_of

logger = Logger(service="operate")
operations_of = data.operations()


@logger.inject_lambda_context(clear_state=True, log_event=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Carry out one command."""
    return carry_out(command_of(event), operations_of(context))

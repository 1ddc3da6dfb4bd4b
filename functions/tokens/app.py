"""Ops' commands on tokens and keys: see quiforme.access.commands and docs/exploitation.md."""

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.access.commands import carry_out
from quiforme.bootstrap import access

logger = Logger(service="tokens")
issuer = access.issuer()


@logger.inject_lambda_context(clear_state=True)  # the event is not logged, and the answer neither: it may hold a token
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Carry out one command."""
    outcome = carry_out(event, issuer, now=int(time.time()))
    if outcome.change:
        logger.info(outcome.change, extra=outcome.log)
    return outcome.answer

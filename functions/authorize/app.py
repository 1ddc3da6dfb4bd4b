"""The Lambda authorizer: see quiforme.access.authorizer."""

import time
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.access.authorizer import Decision
from quiforme.bootstrap import access

logger = Logger(service="authorize")
authorizer = access.authorizer()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Decide on the Authorization header alone, so that the gateway may cache the decision by it."""
    decision = authorizer.decide(_authorization(event), now=time.time())
    if decision.unregistered:
        logger.error("a token that is not in the register", extra=decision.refusal)
    elif decision.refusal:
        logger.info("refused", extra=decision.refusal)
    return _policy(decision, event["methodArn"])


def _authorization(event: dict[str, Any]) -> list[str]:
    """The values of the Authorization headers."""
    several = event.get("multiValueHeaders") or {}
    values = [value for name, many in several.items() if name.lower() == "authorization" for value in many]
    single = event.get("headers") or {}
    return values or [value for name, value in single.items() if name.lower() == "authorization"]


def _policy(decision: Decision, method_arn: str) -> dict[str, Any]:
    # For every method and resource of the stage: a cached decision must not depend on the first call's path.
    resource = "/".join(method_arn.split("/")[:2]) + "/*"
    effect = "Allow" if decision.allowed else "Deny"
    return {
        "principalId": decision.principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
        "context": decision.context,
    }

"""The Lambda authorizer: see quiforme.access.authorizer."""

import time
from typing import TYPE_CHECKING, Any

from quiforme.access.authorizer import Decision
from quiforme.bootstrap import access
from quiforme.log_line import write_line

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

authorizer = access.authorizer()


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Decide on the Authorization header alone, so that the gateway may cache the decision by it."""
    decision = authorizer.decide(_authorization(event), now=time.time())
    if decision.unregistered:
        _log("ERROR", "a token that is not in the register", decision, context)
    elif decision.refusal:
        _log("INFO", "refused", decision, context)
    return _policy(decision, event["methodArn"])


def _log(level: str, message: str, decision: Decision, context: "LambdaContext") -> None:
    write_line(level, message, decision.refusal, service="authorize", request_id=context.aws_request_id)


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

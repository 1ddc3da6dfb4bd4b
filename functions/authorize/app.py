"""The Lambda authorizer: lets in the bearers of tokens that our keys signed, and that are in the register.

A gateway's denial has one body for all, so a token that is ours but expired or revoked is let through with
its refusal in the context: the function behind answers the 401 that says why (quiforme.access.caller).
A register that does not answer makes the call fail: that is no decision, and the gateway remembers none.
"""

import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.access.keys import RememberedKeys
from quiforme.access.tokens import TokenRefused, verify
from quiforme.aws.reader import FAST
from quiforme.aws.settings import setting
from quiforme.aws.tokens import DynamoTokenStore
from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, REVOKED_TOKEN

logger = Logger(service="authorize")
register = DynamoTokenStore(boto3.client("dynamodb", config=FAST), setting("REGISTER_TABLE"))
keys = RememberedKeys(register.keys_in_use)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Decide on the Authorization header alone, so that the gateway may cache the decision by it."""
    # For every method and resource of the stage: a cached decision must not depend on the first call's path.
    resource = "/".join(event["methodArn"].split("/")[:2]) + "/*"
    try:
        claims = verify(_bearer(event), keys, now=time.time())
    except TokenRefused as refusal:
        logger.info("refused", extra={"code": refusal.problem.code})
        if refusal.problem is EXPIRED_TOKEN:
            return _policy("Allow", resource, "expire", {"refus": EXPIRED_TOKEN.code})
        return _policy("Deny", resource, "anonyme", {})
    entry = register.find(claims.jti)
    if entry is None:
        # Well signed, yet it was not issued here: a key leaked, or the register was lost.
        logger.error("a token that is not in the register", extra={"jti": claims.jti})
        return _policy("Deny", resource, "anonyme", {})
    if entry.revoked_at:
        logger.info("refused", extra={"code": REVOKED_TOKEN.code, "jti": claims.jti})
        return _policy("Allow", resource, claims.uid, {"refus": REVOKED_TOKEN.code, "jti": claims.jti})
    context = {
        "jti": claims.jti,
        "uid": claims.uid,
        "siret": claims.siret,
        "scopes": " ".join(claims.scopes),
        "exp": str(claims.exp),
        "rate_limit_per_minute": str(claims.rate_limit_per_minute or ""),
        "regions": " ".join(claims.regions or ()),
    }
    return _policy("Allow", resource, claims.uid, context)


def _bearer(event: dict[str, Any]) -> str:
    values = [
        value
        for name, several in (event.get("multiValueHeaders") or {}).items()
        if name.lower() == "authorization"
        for value in several
    ] or [value for name, value in (event.get("headers") or {}).items() if name.lower() == "authorization"]
    scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused(INVALID_TOKEN)
    return token.strip()


def _policy(effect: str, resource: str, principal: str, context: dict[str, str]) -> dict[str, Any]:
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
        "context": context,
    }

"""The Lambda authorizer: lets in the bearers of tokens that our keys signed.

A gateway's denial has one body for all, so a token that is ours but expired or revoked is let through with
its refusal in the context: the function behind answers the 401 that says why (quiforme.api.access).
"""

from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from quiforme.api.errors import EXPIRED_TOKEN, INVALID_TOKEN, REVOKED_TOKEN
from quiforme.api.tokens import Keys, Refused, verify
from quiforme.aws.settings import setting

logger = Logger(service="authorize")
dynamodb = boto3.client("dynamodb", config=Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard"}))
keys = Keys.from_json(setting("TOKEN_KEYS"))
access_table = setting("ACCESS_TABLE")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Decide on the Authorization header alone, so that the gateway may cache the decision by it."""
    # For every method and resource of the stage: a cached decision must not depend on the first call's path.
    resource = "/".join(event["methodArn"].split("/")[:2]) + "/*"
    try:
        claims = verify(_bearer(event), keys)
    except Refused as refusal:
        logger.info("refused", extra={"code": refusal.problem.code})
        if refusal.problem is EXPIRED_TOKEN:
            return _policy("Allow", resource, "expire", {"refus": EXPIRED_TOKEN.code})
        return _policy("Deny", resource, "anonyme", {})
    if _revoked(claims["jti"]):
        logger.info("refused", extra={"code": REVOKED_TOKEN.code, "jti": claims["jti"]})
        return _policy("Allow", resource, claims["uid"], {"refus": REVOKED_TOKEN.code, "jti": claims["jti"]})
    context = {
        "jti": claims["jti"],
        "uid": claims["uid"],
        "siret": claims["siret"],
        "scopes": " ".join(claims["scopes"]),
        "exp": str(claims["exp"]),
        "rate_limit_per_minute": str(claims.get("rate_limit_per_minute") or ""),
    }
    return _policy("Allow", resource, claims["uid"], context)


def _bearer(event: dict[str, Any]) -> str:
    values = [
        value
        for name, several in (event.get("multiValueHeaders") or {}).items()
        if name.lower() == "authorization"
        for value in several
    ] or [value for name, value in (event.get("headers") or {}).items() if name.lower() == "authorization"]
    scheme, _, token = (values[0] if len(values) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(INVALID_TOKEN)
    return token.strip()


def _revoked(jti: str) -> bool:
    answer = dynamodb.get_item(TableName=access_table, Key={"id": {"S": f"revoked/{jti}"}})
    return "Item" in answer


def _policy(effect: str, resource: str, principal: str, context: dict[str, str]) -> dict[str, Any]:
    return {
        "principalId": principal,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}],
        },
        "context": context,
    }

"""What ops ask for about tokens: issue, list, revoke them; make, list and retire the keys that sign them.

Its answer to `issue` is the only place where a token is ever seen; neither it nor a key is logged.
"""

import time
from dataclasses import asdict
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from quiforme.access.issuing import InvalidCommand, IssuedToken, PublicKey, TokenIssuer, TokenRequest, fields
from quiforme.aws.settings import setting
from quiforme.aws.tokens import DynamoTokenStore, SecretVault

logger = Logger(service="tokens")
office = TokenIssuer(
    DynamoTokenStore(boto3.client("dynamodb"), setting("REGISTER_TABLE")),
    SecretVault(boto3.client("secretsmanager"), setting("SIGNING_KEYS")),
)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Carry out one command; see docs/exploitation.md."""
    now = int(time.time())
    match event.get("command"):
        case "issue":
            issued = office.issue(TokenRequest.from_event(event), now=now)
            logger.info("issued", extra=asdict(issued.entry))
            return {"token": issued.token, "jti": issued.entry.jti, "expires": issued.entry.expires}
        case "list":
            fields(event)
            return {"tokens": [asdict(entry) for entry in office.tokens()]}
        case "revoke":
            return _noted("revoked", office.revoke(event, now=now))
        case "rotate":
            fields(event)
            return _noted("rotated", office.rotate(now=now))
        case "retire":
            return _noted("retired", office.retire(event, now=now))
        case "keys":
            fields(event)
            return {"keys": [asdict(key) for key in office.public_keys()]}
    raise InvalidCommand("command: one of issue, list, revoke, rotate, retire, keys")


def _noted(what: str, outcome: IssuedToken | PublicKey) -> dict[str, Any]:
    answer = asdict(outcome)
    logger.info(what, extra=answer)
    return answer

"""The look-up behind API Gateway: see quiforme.api.routes."""

import base64
import gzip
import re
import time
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from quiforme.api.access import holds_token
from quiforme.api.errors import STORE_FAILED, STORE_TIMED_OUT, ApiError
from quiforme.api.http import Request, Response, error_answer
from quiforme.api.routes import respond
from quiforme.api.world import World
from quiforme.aws.reader import FAST, DynamoCounter, DynamoReader
from quiforme.aws.secret import RotatingSecret
from quiforme.aws.settings import setting
from quiforme.aws.shelf import S3Shelf

LARGEST_PLAIN = 4_000_000
"""Lambda answers at most 6 MB, the JSON escapes of the body's own quotes included: larger bodies go as gzip."""
_LONGEST_LOGGED = 500

logger = Logger(service="lookup", location=None, utc=True)  # the line is always the same one
dynamodb = boto3.client("dynamodb", config=FAST)
world = World(
    reader=DynamoReader(
        dynamodb,
        documents_table=setting("DOCUMENTS_TABLE"),
        days_table=setting("DAYS_TABLE"),
        state_table=setting("STATE_TABLE"),
        bucket=setting("BUCKET"),
    ),
    counter=DynamoCounter(dynamodb, setting("ACCESS_TABLE")),
    connector=RotatingSecret(setting("CONNECTOR_SECRET")),
    shelf=S3Shelf(setting("BUCKET")),
    history_days=int(setting("HISTORY_DAYS")),
    now=time.time,
)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer one call and leave its audit line."""
    request = Request.from_event(event)
    response = _answer(request)
    logger.info(
        "appel",
        extra={
            "resource": request.resource,
            **{name: value[:20] for name, value in request.path.items()},
            **{name: _logged(request.query.get(name)) for name in ("context", "object", "recipient", "date")},
            "jti": request.authorizer.get("jti"),
            "status": response.status,
            **response.audit,
        },
    )
    # The gateway unpacks base64 only for a call that says which media types it accepts.
    gzip_accepted = "accept" in request.headers and _accepts_gzip(request.headers.get("accept-encoding", ""))
    return _proxy(response, gzip_accepted=gzip_accepted)


def _answer(request: Request) -> Response:
    try:
        return respond(request, world)
    except ApiError as error:
        return error_answer(error)
    except (ConnectTimeoutError, ReadTimeoutError):
        logger.exception("the store did not answer in time")
        return error_answer(ApiError(504, STORE_TIMED_OUT))
    except (BotoCoreError, ClientError):
        logger.exception("the store failed")
        return error_answer(ApiError(502, STORE_FAILED))


def _logged(text: str | None) -> str | None:
    if text and holds_token(text):
        return "un jeton, non journalisé"
    return text[:_LONGEST_LOGGED] if text else text


def _accepts_gzip(accept_encoding: str) -> bool:
    return bool(re.search(r"\b(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))", accept_encoding))


def _proxy(response: Response, *, gzip_accepted: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "statusCode": response.status,
        "headers": response.headers
        | {
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Strict-Transport-Security": "max-age=31536000",
        },
        "body": response.body,
        "isBase64Encoded": False,
    }
    if gzip_accepted and len(response.body) > LARGEST_PLAIN:
        packed = gzip.compress(response.body.encode(), compresslevel=5)
        answer["headers"]["Content-Encoding"] = "gzip"
        answer |= {"body": base64.b64encode(packed).decode(), "isBase64Encoded": True}
    return answer

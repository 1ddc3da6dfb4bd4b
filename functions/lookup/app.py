"""The look-up behind API Gateway: see quiforme.api.lookup."""

import base64
import gzip
import json
import re
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from quiforme.api.errors import STORE_FAILED, STORE_TIMED_OUT, ApiError
from quiforme.api.lookup import Request, Response, certifications
from quiforme.aws.reader import FAST, DynamoCounter, DynamoReader
from quiforme.aws.settings import setting

LARGEST_PLAIN = 4_000_000
"""Lambda answers at most 6 MB, the JSON escapes of the body's own quotes included: larger bodies go as gzip."""

logger = Logger(service="lookup")
dynamodb = boto3.client("dynamodb", config=FAST)
reader = DynamoReader(
    dynamodb,
    documents_table=setting("DOCUMENTS_TABLE"),
    state_table=setting("STATE_TABLE"),
    bucket=setting("BUCKET"),
)
counter = DynamoCounter(dynamodb, setting("ACCESS_TABLE"))


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer one call and leave its audit line."""
    request = Request.from_event(event)
    response = _answer(request)
    logger.info(
        "appel",
        extra={
            "siret": request.siret[:20],
            "context": request.query.get("context"),
            "object": request.query.get("object"),
            "recipient": request.query.get("recipient"),
            "jti": request.authorizer.get("jti"),
            "status": response.status,
        },
    )
    # The gateway unpacks base64 only for a call that says which media types it accepts.
    gzip_accepted = "accept" in request.headers and _accepts_gzip(request.headers.get("accept-encoding", ""))
    return _proxy(response, gzip_accepted=gzip_accepted)


def _answer(request: Request) -> Response:
    try:
        return certifications(request, reader, counter)
    except ApiError as error:
        return _error(error)
    except (ConnectTimeoutError, ReadTimeoutError):
        logger.exception("the store did not answer in time")
        return _error(ApiError(504, STORE_TIMED_OUT))
    except (BotoCoreError, ClientError):
        logger.exception("the store failed")
        return _error(ApiError(502, STORE_FAILED))


def _error(error: ApiError) -> Response:
    headers = error.headers | {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(error.status, headers, json.dumps(error.body(), ensure_ascii=False))


def _accepts_gzip(accept_encoding: str) -> bool:
    return bool(re.search(r"\b(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))", accept_encoding))


def _proxy(response: Response, *, gzip_accepted: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "statusCode": response.status,
        "headers": response.headers | {"Vary": "Accept-Encoding"},
        "body": response.body,
        "isBase64Encoded": False,
    }
    if gzip_accepted and len(response.body) > LARGEST_PLAIN:
        packed = gzip.compress(response.body.encode(), compresslevel=5)
        answer["headers"]["Content-Encoding"] = "gzip"
        answer |= {"body": base64.b64encode(packed).decode(), "isBase64Encoded": True}
    return answer

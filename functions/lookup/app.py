"""The look-up behind API Gateway: see quiforme.api.routes.

Its one log line a call is written here and not by a logger, which would take most of what a cold start may cost
beside the SDK (docs/lookup-speed.md).
"""

import base64
import gzip
import os
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from quiforme.access.caller import holds_token
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, compact, error_answer
from quiforme.api.routes import respond
from quiforme.aws.exports import S3Exports
from quiforme.aws.followed_anomalies import DynamoFollowUpStore
from quiforme.aws.reader import FAST, DynamoCounter, DynamoReader
from quiforme.aws.secret import RotatingSecret
from quiforme.aws.settings import setting
from quiforme.errors import STORE_FAILED, STORE_TIMED_OUT, ApiError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

LARGEST_PLAIN = 4_000_000
"""Lambda answers at most 6 MB, the JSON escapes of the body's own quotes included: larger bodies go as gzip."""
_LONGEST_LOGGED = 500

dynamodb = boto3.client("dynamodb", config=FAST)
backend = Backend(
    reader=DynamoReader(
        dynamodb,
        documents_table=setting("DOCUMENTS_TABLE"),
        days_table=setting("DAYS_TABLE"),
        state_table=setting("STATE_TABLE"),
        bucket=setting("BUCKET"),
    ),
    counter=DynamoCounter(dynamodb, setting("ACCESS_TABLE")),
    connector=RotatingSecret(setting("CONNECTOR_SECRET")),
    shelf=S3Exports(setting("BUCKET")),
    dossiers=DynamoFollowUpStore(dynamodb, setting("FOLLOW_UP_TABLE")),
    history_days=int(setting("HISTORY_DAYS")),
    now=time.time,
)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one call and leave its audit line."""
    request = Request.from_event(event)
    response, failure = _answer(request)
    _log(
        {
            "level": "ERROR" if failure else "INFO",
            "message": "appel",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "service": "lookup",
            "function_request_id": context.aws_request_id,
            "xray_trace_id": os.environ.get("_X_AMZN_TRACE_ID"),
            "resource": request.resource,
            **{name: value[:20] for name, value in request.path.items()},
            **{name: _logged(request.query.get(name)) for name in ("context", "object", "recipient", "date")},
            "jti": request.authorizer.get("jti"),
            "status": response.status,
            **response.audit,
            **failure,
        }
    )
    # The gateway unpacks base64 only for a call that says which media types it accepts.
    gzip_accepted = "accept" in request.headers and _accepts_gzip(request.headers.get("accept-encoding", ""))
    return _proxy(response, gzip_accepted=gzip_accepted)


def _answer(request: Request) -> tuple[Response, dict[str, str]]:
    """The answer, and what went wrong if anything did."""
    try:
        return respond(request, backend), {}
    except ApiError as error:
        return error_answer(error), {}
    except (ConnectTimeoutError, ReadTimeoutError):
        return error_answer(ApiError(504, STORE_TIMED_OUT)), {"exception": traceback.format_exc()}
    except (BotoCoreError, ClientError):
        return error_answer(ApiError(502, STORE_FAILED)), {"exception": traceback.format_exc()}


def _log(line: dict[str, Any]) -> None:
    """Write a line of JSON; it is the runtime's to keep."""
    sys.stdout.write(compact(line) + "\n")


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

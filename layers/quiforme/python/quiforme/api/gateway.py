"""From API Gateway's event to the answer that it takes back: the call, its errors, its audit line, its encoding."""

import base64
import gzip
import re
import traceback
from collections.abc import Mapping
from typing import Any, NamedTuple

from quiforme.api.audit import write_audit_line
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, error_response
from quiforme.api.routes import respond
from quiforme.errors import STORE_FAILED, STORE_TIMED_OUT, ApiError

LARGEST_PLAIN = 4_000_000
"""Characters. Lambda answers at most 6 MB, the JSON escapes of the body's quotes included: larger bodies go as gzip."""


class StoreErrors(NamedTuple):
    """The exceptions of the store's client.

    Attributes:
        timeouts: The store did not answer in time.
        failures: Any failure of the store; timeouts may be among them.

    """

    timeouts: tuple[type[Exception], ...]
    failures: tuple[type[Exception], ...]


def serve(event: Mapping[str, Any], backend: Backend, store_errors: StoreErrors, *, request_id: str) -> dict[str, Any]:
    """Answer one call and write its audit line.

    Args:
        event: API Gateway's REST proxy event.
        backend: What the look-up works with.
        store_errors: The exceptions that are answered with 504 and 502.
        request_id: Of the invocation, for the audit line.

    Returns:
        API Gateway's proxy answer.

    """
    request = Request.from_event(event)
    response, failure = _respond(request, backend, store_errors)
    write_audit_line(request, response, failure, request_id=request_id)
    # The gateway decodes base64 only for a call that has an Accept header.
    gzip_accepted = "accept" in request.headers and _accepts_gzip(request.headers.get("accept-encoding", ""))
    return _proxy_answer(response, gzip_accepted=gzip_accepted)


def _respond(request: Request, backend: Backend, store_errors: StoreErrors) -> tuple[Response, dict[str, str]]:
    """The answer, and what the audit line says of a failure of the store."""
    try:
        return respond(request, backend), {}
    except ApiError as error:
        return error_response(error), {}
    except store_errors.timeouts:
        return error_response(ApiError(504, STORE_TIMED_OUT)), {"exception": traceback.format_exc()}
    except store_errors.failures:
        return error_response(ApiError(502, STORE_FAILED)), {"exception": traceback.format_exc()}


def _accepts_gzip(accept_encoding: str) -> bool:
    return bool(re.search(r"\b(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))", accept_encoding))


def _proxy_answer(response: Response, *, gzip_accepted: bool) -> dict[str, Any]:
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

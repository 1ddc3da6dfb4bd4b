"""The audit line: one line of JSON for each call.

It is written without a logger, whose import would take most of the cold start that the SDK leaves (docs/lookup-speed.md).
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from quiforme.access.caller import holds_token
from quiforme.api.http import Request, Response, compact

_LONGEST_LOGGED = 500


def write_audit_line(
    request: Request, response: Response, failure: Mapping[str, str], *, request_id: str, trace_id: str | None
) -> None:
    """Write a call's line on standard output, which the runtime sends to the log.

    Args:
        request: The call.
        response: Its answer.
        failure: What the line says of a failure of the store; empty when there was none.
        request_id: Of the invocation.
        trace_id: Of its trace.

    """
    line = {
        "level": "ERROR" if failure else "INFO",
        "message": "appel",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "service": "lookup",
        "function_request_id": request_id,
        "xray_trace_id": trace_id,
        "resource": request.resource,
        **{name: value[:20] for name, value in request.path.items()},
        **{name: _loggable(request.query.get(name)) for name in ("context", "object", "recipient", "date")},
        "jti": request.authorizer.get("jti"),
        "status": response.status,
        **response.audit,
        **failure,
    }
    sys.stdout.write(compact(line) + "\n")


def _loggable(text: str | None) -> str | None:
    if text and holds_token(text):
        return "un jeton, non journalisé"
    return text[:_LONGEST_LOGGED] if text else text

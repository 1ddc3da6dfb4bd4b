"""The audit line: one line of JSON for each call."""

from collections.abc import Mapping

from quiforme.access.caller import holds_token
from quiforme.api.http import Request, Response
from quiforme.log_line import write_line

_LONGEST_LOGGED = 500


def write_audit_line(request: Request, response: Response, failure: Mapping[str, str], *, request_id: str) -> None:
    """Write a call's line.

    Args:
        request: The call.
        response: Its answer.
        failure: What the line says of a failure of the store; empty when there was none.
        request_id: Of the invocation.

    """
    fields = {
        "resource": request.resource,
        **{name: value[:20] for name, value in request.path.items()},
        **{name: _loggable(request.query.get(name)) for name in ("context", "object", "recipient", "date")},
        "jti": request.authorizer.get("jti"),
        "status": response.status,
        **response.audit,
        **failure,
    }
    write_line("ERROR" if failure else "INFO", "appel", fields, service="lookup", request_id=request_id)


def _loggable(text: str | None) -> str | None:
    if text and holds_token(text):
        return "un jeton, non journalisé"
    return text[:_LONGEST_LOGGED] if text else text

"""A call as the gateway hands it over, and an answer as it takes it back."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quiforme.errors import ApiError

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Attributes:
        resource: The template of its path, such as `/v1/uai/{uai}/etablissements`.
        method: In capitals.
        address: The path as it was asked for, without the stage.
        path: The values of the template's parameters.
        query: The query's parameters, the last value of each.
        repeated: The names of the query's parameters that were given several times.
        headers: By lower-cased name, the last value of each.
        several: The headers given several times, by lower-cased name.
        authorizer: What the authorizer found in the token; empty where the resource asks for none.
        body: What was sent.

    """

    resource: str
    method: str
    address: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    repeated: frozenset[str]
    headers: Mapping[str, str]
    several: frozenset[str]
    authorizer: Mapping[str, str]
    body: bytes

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read an API Gateway REST proxy event."""
        values: dict[str, list[str]] = {}
        several = event.get("multiValueHeaders") or {name: [one] for name, one in (event.get("headers") or {}).items()}
        for name, those in several.items():
            values.setdefault(name.lower(), []).extend(those)
        queries = event.get("multiValueQueryStringParameters") or {}
        return cls(
            resource=event.get("resource") or "",
            method=event.get("httpMethod") or "",
            address=event.get("path") or "",
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            repeated=frozenset(name for name, those in queries.items() if len(those) > 1),
            headers={name: those[-1] for name, those in values.items()},
            several=frozenset(name for name, those in values.items() if len(those) > 1),
            authorizer=(event.get("requestContext") or {}).get("authorizer") or {},
            body=_body(event),
        )


@dataclass(frozen=True, slots=True)
class Response:
    """One answer.

    Attributes:
        status: Of HTTP.
        headers: By name.
        body: Text already.
        audit: What the audit line has to say of this call beside its address.

    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    audit: dict[str, object] = field(default_factory=dict)


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""


def compact(content: object) -> str:
    """JSON as it is answered: UTF-8, nothing between. A lone surrogate, which JSON can hold and UTF-8 cannot, is a `?`."""
    text = _ENCODER.encode(content)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def answer(content: object) -> Response:
    """A 200 with JSON that no cache may keep without asking again."""
    return text_answer(compact(content))


def text_answer(
    body: str, *, content_type: str = "application/json", cache: str = "private, no-cache", says: str | None = None
) -> Response:
    """A 200 with a text, its ETag with it: a protected datum is revalidated and never shared.

    Args:
        body: The text.
        content_type: Its media type.
        cache: Who may keep it.
        says: What of it counts, when another text that says the same is as good; its ETag is weak then.

    """
    digest = hashlib.sha256((body if says is None else says).encode()).hexdigest()[:32]
    etag = f'"{digest}"' if says is None else f'W/"{digest}"'
    return Response(200, {"Content-Type": content_type, "Cache-Control": cache, "ETag": etag}, body)


def unless_known(request: Request, response: Response) -> Response:
    """A 304 in the answer's place when the caller already has it."""
    etag = response.headers.get("ETag")
    if response.status != 200 or etag is None or request.method != "GET":
        return response
    candidates = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if etag.removeprefix("W/") not in candidates and "*" not in candidates:
        return response
    kept = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    return Response(304, kept, audit=response.audit)


def error_answer(error: ApiError) -> Response:
    """An error of the contract."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(error.status, error.headers | headers, compact(error.body()))

"""Requests and responses: what an endpoint receives and returns."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quiforme.errors import ApiError
from quiforme.json_text import compact


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Attributes:
        resource: The template of its path, such as `/v1/uai/{uai}/etablissements`.
        method: In capitals.
        address: The requested path, without the stage.
        path: The values of the path parameters, by name.
        query: The values of the query parameters, by name; the last value of a repeated one.
        repeated: The names of the query parameters that are given several times.
        headers: By lower-cased name; the last value of a repeated one.
        repeated_headers: The lower-cased names of the headers that are given several times.
        authorizer: The context that the authorizer made from the token; empty where the resource needs no token.
        body: Bytes, decoded from base64 if need be.

    """

    resource: str
    method: str
    address: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    repeated: frozenset[str]
    headers: Mapping[str, str]
    repeated_headers: frozenset[str]
    authorizer: Mapping[str, str]
    body: bytes

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read an API Gateway REST proxy event."""
        headers: dict[str, list[str]] = {}
        single = {name: [value] for name, value in (event.get("headers") or {}).items()}
        for name, values in (event.get("multiValueHeaders") or single).items():
            headers.setdefault(name.lower(), []).extend(values)
        queries = event.get("multiValueQueryStringParameters") or {}
        return cls(
            resource=event.get("resource") or "",
            method=event.get("httpMethod") or "",
            address=event.get("path") or "",
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            repeated=frozenset(name for name, values in queries.items() if len(values) > 1),
            headers={name: values[-1] for name, values in headers.items()},
            repeated_headers=frozenset(name for name, values in headers.items() if len(values) > 1),
            authorizer=(event.get("requestContext") or {}).get("authorizer") or {},
            body=_body(event),
        )


@dataclass(frozen=True, slots=True)
class Response:
    """One answer.

    Attributes:
        status: The HTTP status.
        headers: By name.
        body: Text.
        audit: Fields that the audit line adds for this call.

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


def json_response(content: object) -> Response:
    """A 200 with JSON, which caches must revalidate."""
    return text_response(compact(content))


def text_response(
    body: str,
    *,
    content_type: str = "application/json",
    cache: str = "private, no-cache",
    etag_source: str | None = None,
) -> Response:
    """A 200 with a text and its ETag; by default no shared cache may keep it.

    Args:
        body: The text.
        content_type: Its media type.
        cache: The value of Cache-Control.
        etag_source: The text that the weak ETag hashes; None for a strong ETag of the body.

    """
    digest = hashlib.sha256((body if etag_source is None else etag_source).encode()).hexdigest()[:32]
    etag = f'"{digest}"' if etag_source is None else f'W/"{digest}"'
    return Response(200, {"Content-Type": content_type, "Cache-Control": cache, "ETag": etag}, body)


def not_modified_or(request: Request, response: Response) -> Response:
    """The response, or a 304 when the caller's If-None-Match names its ETag."""
    etag = response.headers.get("ETag")
    if response.status != 200 or etag is None or request.method != "GET":
        return response
    candidates = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if etag.removeprefix("W/") not in candidates and "*" not in candidates:
        return response
    kept = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    return Response(304, kept, audit=response.audit)


def error_response(error: ApiError) -> Response:
    """The response of an error of the contract."""
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(error.status, error.headers | headers, compact(error.body()))

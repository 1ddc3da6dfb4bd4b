"""API Entreprise v3: one establishment's certifications (api.md, section 1).

Checks come in the contract's order: token, scope, rate, parameters all at once, then the document.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quiforme.api.access import Caller, Counter, admit
from quiforme.api.errors import (
    INVALID_TOKEN,
    NOTHING_PUBLISHED,
    OUT_OF_PERIMETER,
    RECIPIENT_MALFORMED,
    SIRET_MALFORMED,
    UNKNOWN_SIRET,
    ApiError,
    Problem,
    missing_parameter,
)
from quiforme.identifiers import is_siret
from quiforme.registry.ports import Item, Publication

_TOKEN_PARAMETERS = frozenset({"token", "access_token", "jwt"})
"""A token in an address ends up in logs: such a call is refused, whatever its header holds."""
SCOPE = "certifications_qualiopi_france_competences"


class Reader(Protocol):
    """The registry, as the look-up sees it."""

    def current(self) -> Publication | None:
        """The pointer, at most a few seconds old."""

    def read(self, siret: str, generation: int) -> Item | None:
        """What a SIRET answers as of a generation."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as the gateway hands it over."""

    siret: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    authorizer: Mapping[str, str]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Read an API Gateway REST proxy event; header names are lower-cased."""
        return cls(
            siret=(event.get("pathParameters") or {}).get("siret", ""),
            query=event.get("queryStringParameters") or {},
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            authorizer=(event.get("requestContext") or {}).get("authorizer") or {},
        )


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers, and a body that is JSON text already."""

    status: int
    headers: dict[str, str]
    body: str


def certifications(request: Request, reader: Reader, counter: Counter) -> Response:
    """Answer one call.

    Raises:
        ApiError: Any error of the contract but those of the store.

    """
    if not _TOKEN_PARAMETERS.isdisjoint(request.query):
        raise ApiError(401, INVALID_TOKEN)
    caller = Caller.from_authorizer(request.authorizer)
    caller.require(SCOPE)
    rate_headers = admit(caller, counter, now=time.time())
    try:
        problems = _problems(request)
        if problems:
            raise ApiError(422, *problems)
        publication = reader.current()
        if publication is None:
            raise ApiError(503, NOTHING_PUBLISHED)
        item = reader.read(request.siret, publication.generation)
        if item is None or item.etat != "document":
            excluded = item is not None and item.etat == "hors_perimetre"
            raise ApiError(404, OUT_OF_PERIMETER if excluded else UNKNOWN_SIRET)
    except ApiError as error:
        error.headers |= rate_headers
        raise
    body = _body(item, publication)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    # A protected datum: revalidate, never share.
    headers = rate_headers | {"ETag": etag, "Cache-Control": "private, no-cache"}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(304, headers, "")
    return Response(200, headers | {"Content-Type": "application/json"}, body)


def _problems(request: Request) -> list[Problem]:
    problems = [
        missing_parameter(name)
        for name in ("context", "object", "recipient")
        if not (request.query.get(name) or "").strip()
    ]
    recipient = request.query.get("recipient") or ""
    if recipient.strip() and not is_siret(recipient):
        problems.append(RECIPIENT_MALFORMED)
    if not is_siret(request.siret):
        problems.append(SIRET_MALFORMED)
    return problems


def _body(item: Item, publication: Publication) -> str:
    """Put the answer together as text: a document of several megabytes is never parsed here."""
    meta = json.dumps(
        {
            "generation": publication.generation,
            "jour": publication.day,
            "sources": publication.sources,
        },
        separators=(",", ":"),
    )
    details = item.details.removeprefix("{")
    return f'{{"data":{item.data},"links":{{}},"meta":{meta[:-1]},{details}}}'


def _matches(if_none_match: str, etag: str) -> bool:
    candidates = [candidate.strip().removeprefix("W/") for candidate in if_none_match.split(",")]
    return "*" in candidates or etag in candidates

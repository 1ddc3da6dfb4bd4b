"""Reverse look-up: the establishments of a legal unit, a declaration, a UAI or a certification.

One item lists the establishments of an identifier. The cursor names the generation, so that all pages are of the same one.
"""

import json
from bisect import bisect_right
from urllib.parse import urlencode

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters, cursor
from quiforme.api.publication import published
from quiforme.errors import CURSOR_MALFORMED, NO_ACTIVE_HABILITATION, NO_ESTABLISHMENT, ApiError

PAGE = 100
_SIRET = 14
_MARK = {"former": "F", "organiser": "O"}


def of_siren(request: Request, backend: Backend, _: Caller) -> Response:
    """The establishments of a legal unit."""
    return _page(request, backend, f"siren/{request.path['siren']}")


def of_nda(request: Request, backend: Backend, _: Caller) -> Response:
    """The establishments that carry a declaration, active or not."""
    return _page(request, backend, f"nda/{request.path['nda']}")


def of_uai(request: Request, backend: Backend, _: Caller) -> Response:
    """The establishments of a UAI."""
    return _page(request, backend, f"uai/{request.path['uai']}")


def of_certification(request: Request, backend: Backend, _: Caller) -> Response:
    """The establishments that may train for a certification, or assess for it."""
    return _page(request, backend, f"certification/{request.path['code']}", "role")


def _page(request: Request, backend: Backend, identifier: str, *known: str) -> Response:
    parameters = Parameters(request, "limite", "curseur", *known)
    limit, position = parameters.limit(default=PAGE), parameters.cursor()
    role = parameters.role() if "role" in known else None
    parameters.check()
    publication = published(backend)
    generation, after = position or (publication.generation, "")
    if generation > publication.generation:
        raise ApiError(422, CURSOR_MALFORMED)
    item = backend.reader.read(identifier, generation)
    if item is None or item.etat != "index":
        raise ApiError(404, NO_ACTIVE_HABILITATION if identifier.startswith("certification/") else NO_ESTABLISHMENT)
    entries: list[str] = [one for one in json.loads(item.data) if role is None or _MARK[role] in one[_SIRET:]]
    start = bisect_right(entries, after, key=lambda one: one[:_SIRET])
    page = entries[start : start + limit]
    next_cursor = cursor(generation, page[-1][:_SIRET]) if start + limit < len(entries) else None
    kind = identifier.partition("/")[0]
    return json_response(
        {
            "data": [_entry(kind, one) for one in page],
            "links": {"next": _next(request, next_cursor)},
            "meta": {"generation": generation, "total": len(entries), "curseur": next_cursor},
        }
    )


def _entry(kind: str, text: str) -> dict[str, object]:
    siret, marks = text[:_SIRET], text[_SIRET:]
    match kind:
        case "nda":
            return {"siret": siret, "actif": marks == "A"}
        case "certification":
            return {
                "siret": siret,
                "habilitation_pour_former": "F" in marks,
                "habilitation_pour_organiser_l_evaluation": "O" in marks,
            }
        case _:
            return {"siret": siret}


def _next(request: Request, next_cursor: str | None) -> str | None:
    """The address of the next page, relative to this one."""
    return "?" + urlencode({**request.query, "curseur": next_cursor}) if next_cursor else None

"""Who is behind an identifier: the establishments of a legal unit, a declaration, a UAI or a certification.

Each identifier has one item that lists them; a walk over its pages reads one generation from its start to its end.
"""

import json
from bisect import bisect_right
from urllib.parse import urlencode

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters, cursor
from quiforme.api.publication import published
from quiforme.errors import CURSOR_MALFORMED, NOBODY_ABLE, NOBODY_BEHIND, ApiError

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
    """The establishments that a UAI stands for."""
    return _page(request, backend, f"uai/{request.path['uai']}")


def of_certification(request: Request, backend: Backend, _: Caller) -> Response:
    """The establishments that may train for a certification, or examine it."""
    return _page(request, backend, f"certification/{request.path['code']}", "role")


def _page(request: Request, backend: Backend, identifier: str, *known: str) -> Response:
    parameters = Parameters(request, "limite", "curseur", *known)
    limit, place = parameters.limit(default=PAGE), parameters.cursor()
    role = parameters.role() if "role" in known else None
    parameters.check()
    publication = published(backend)
    generation, after = place or (publication.generation, "")
    if generation > publication.generation:
        raise ApiError(422, CURSOR_MALFORMED)
    item = backend.reader.read(identifier, generation)
    if item is None or item.etat != "index":
        raise ApiError(404, NOBODY_ABLE if identifier.startswith("certification/") else NOBODY_BEHIND)
    entries: list[str] = [one for one in json.loads(item.data) if role is None or _MARK[role] in one[_SIRET:]]
    start = bisect_right(entries, after, key=lambda one: one[:_SIRET])
    page = entries[start : start + limit]
    following = cursor(generation, page[-1][:_SIRET]) if start + limit < len(entries) else None
    kind = identifier.partition("/")[0]
    return json_response(
        {
            "data": [_entry(kind, one) for one in page],
            "links": {"next": _next(request, following)},
            "meta": {"generation": generation, "total": len(entries), "curseur": following},
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


def _next(request: Request, following: str | None) -> str | None:
    """The next page's address, relative to this one's."""
    return "?" + urlencode({**request.query, "curseur": following}) if following else None

"""Every route: which method, who may call, and what answers.

Checks come in the contract's order: token, scope, rate, then what the resource itself checks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from quiforme.access.caller import Caller, admit, holds_token
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, not_modified_or
from quiforme.errors import INVALID_TOKEN, UNKNOWN_ROUTE, WRONG_METHOD, ApiError

SCOPE = "certifications_qualiopi_france_competences"
_TOKEN_PARAMETERS = frozenset({"token", "access_token", "jwt"})
"""A token in an address ends up in logs: such a call is refused, whatever its header holds."""

Endpoint = Callable[[Request, Backend, Any], Response]


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may call."""

    def enter(self, _request: Request, _backend: Backend) -> tuple[None, dict[str, str]]:
        """Let everybody in."""
        return None, {}


@dataclass(frozen=True, slots=True)
class Connector:
    """API Entreprise's connector may call, with its shared secret."""

    def enter(self, request: Request, backend: Backend) -> tuple[None, dict[str, str]]:
        """Let in whoever knows the secret."""
        given = request.headers.get("token-connexion", "")
        if not given or "token-connexion" in request.repeated_headers or not backend.connector.accepts(given):
            raise ApiError(401, INVALID_TOKEN)
        return None, {}


@dataclass(frozen=True, slots=True)
class Scope:
    """The bearers of a token with this scope may call, so many times a minute."""

    name: str

    def enter(self, request: Request, backend: Backend) -> tuple[Caller, dict[str, str]]:
        """Let in who holds the scope and has calls left; the headers that tell how many."""
        if not _TOKEN_PARAMETERS.isdisjoint(request.query) or any(map(holds_token, request.query.values())):
            raise ApiError(401, INVALID_TOKEN)
        caller = Caller.from_authorizer(request.authorizer)
        caller.require(self.name)
        return caller, admit(caller, backend.counter, now=backend.now())


@dataclass(frozen=True, slots=True)
class Route:
    """One resource's one method."""

    method: str
    access: Public | Connector | Scope
    endpoint: str
    """The module of this package and the function in it: a process loads those of the resources that it serves."""

    def answer(self, request: Request, backend: Backend, caller: Caller | None) -> Response:
        """Have the resource answer."""
        module, _, name = self.endpoint.partition(".")
        endpoint: Endpoint = getattr(import_module(f"quiforme.api.{module}"), name)
        return endpoint(request, backend, caller)


_HOLDER, _AGENT = Scope(SCOPE), Scope("anomalies")
ROUTES: dict[str, Route] = {
    "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences": Route(
        "GET", _HOLDER, "api_entreprise.certifications"
    ),
    "/organisme/{siret}": Route("GET", Connector(), "raw_quiforme.organisme"),
    "/v1/etablissements/{siret}": Route("GET", _HOLDER, "establishments.one"),
    "/v1/etablissements/{siret}/historique": Route("GET", _HOLDER, "history.history"),
    "/v1/etablissements/recherche": Route("POST", _HOLDER, "establishments.batch"),
    "/v1/unites-legales/{siren}/etablissements": Route("GET", _HOLDER, "reverse_lookup.of_siren"),
    "/v1/declarations/{nda}/etablissements": Route("GET", _HOLDER, "reverse_lookup.of_nda"),
    "/v1/uai/{uai}/etablissements": Route("GET", _HOLDER, "reverse_lookup.of_uai"),
    "/v1/certifications/{code}/etablissements": Route("GET", _HOLDER, "reverse_lookup.of_certification"),
    "/v1/anomalies": Route("GET", _AGENT, "anomalies.listing"),
    "/v1/anomalies/statistiques": Route("GET", _AGENT, "anomalies.statistics"),
    "/v1/anomalies/{id}": Route("GET", _AGENT, "anomalies.one"),
    "/v1/anomalies/{id}/suivi": Route("POST", _AGENT, "anomalies.follow"),
    "/v1/exports": Route("GET", Scope("exports"), "exports.links"),
    "/v1/etat": Route("GET", Public(), "publication.state"),
    "/ping/carif_oref/qualiopi": Route("GET", Public(), "publication.ping"),
    "/openapi.json": Route("GET", Public(), "docs.openapi"),
    "/docs": Route("GET", Public(), "docs.page"),
    "/docs/{fichier}": Route("GET", Public(), "docs.asset"),
}


def respond(request: Request, backend: Backend) -> Response:
    """Answer one call.

    Raises:
        ApiError: Any error of the contract but those of the store.

    """
    route = ROUTES.get(request.resource)
    if route is None:
        raise _no_route(request.address)
    caller, headers = route.access.enter(request, backend)
    try:
        response = route.answer(request, backend, caller)
    except ApiError as error:
        error.headers |= headers
        raise
    response = not_modified_or(request, response)
    response.headers.update(headers)
    return response


def _no_route(address: str) -> ApiError:
    """The gateway found no route of this method: there is one of another method, or none at all."""
    found = [route for resource, route in ROUTES.items() if _pattern(resource).fullmatch(address)]
    literal = ROUTES.get(address) or next(iter(found), None)
    if literal is None:
        return ApiError(404, UNKNOWN_ROUTE)
    return ApiError(405, WRONG_METHOD, headers={"Allow": literal.method})


def _pattern(resource: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]*\}", "[^/]+", resource.replace(".", r"\.")))

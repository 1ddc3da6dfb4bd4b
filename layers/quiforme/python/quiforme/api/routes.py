"""Every route: its method, who may call it, and the function that answers.

Checks come in the contract's order: token, scope, rate limit, then those of the resource.
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
"""A token in an address ends up in logs: such a call is refused even with a valid header."""

Endpoint = Callable[[Request, Backend, Any], Response]


@dataclass(frozen=True, slots=True)
class Public:
    """Anybody may call."""

    def enter(self, _request: Request, _backend: Backend) -> tuple[None, dict[str, str]]:
        """Accept every call."""
        return None, {}


@dataclass(frozen=True, slots=True)
class Connector:
    """API Entreprise's connector may call, with its shared secret."""

    def enter(self, request: Request, backend: Backend) -> tuple[None, dict[str, str]]:
        """Accept a call with the secret; 401 otherwise."""
        secret = request.headers.get("token-connexion", "")
        if not secret or "token-connexion" in request.repeated_headers or not backend.connector.accepts(secret):
            raise ApiError(401, INVALID_TOKEN)
        return None, {}


@dataclass(frozen=True, slots=True)
class Scope:
    """Tokens with this scope may call, a limited number of times a minute."""

    name: str

    def enter(self, request: Request, backend: Backend) -> tuple[Caller, dict[str, str]]:
        """Accept a token that has the scope and calls left; also returns the RateLimit headers."""
        if not _TOKEN_PARAMETERS.isdisjoint(request.query) or any(map(holds_token, request.query.values())):
            raise ApiError(401, INVALID_TOKEN)
        caller = Caller.from_authorizer(request.authorizer)
        caller.require(self.name)
        return caller, admit(caller, backend.counter, now=backend.now())


@dataclass(frozen=True, slots=True)
class Route:
    """The one method of a resource."""

    method: str
    access: Public | Connector | Scope
    endpoint: str
    """A module of this package and a function in it, imported at the first call: a cold start loads only what it serves."""

    def answer(self, request: Request, backend: Backend, caller: Caller | None) -> Response:
        """Call the resource's function."""
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
        ApiError: Any error of the contract, except the failures of the store.

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
    """The error for a call that matched no route: 405 if there is one of another method, else 404."""
    found = [route for resource, route in ROUTES.items() if _pattern(resource).fullmatch(address)]
    literal = ROUTES.get(address) or next(iter(found), None)
    if literal is None:
        return ApiError(404, UNKNOWN_ROUTE)
    return ApiError(405, WRONG_METHOD, headers={"Allow": literal.method})


def _pattern(resource: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]*\}", "[^/]+", resource.replace(".", r"\.")))

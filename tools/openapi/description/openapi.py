"""Builds the OpenAPI 3.1 description from the routes, the texts, the models and real answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from quiforme.access.caller import DEFAULT_RATE_LIMIT
from quiforme.api.routes import ROUTES, Connector, Public, Route, Scope

from tools.openapi.description import bodies
from tools.openapi.description.operations import OPERATIONS, TAGS, Operation
from tools.openapi.description.refusals import RATE_HEADERS, Refusal, access_refusals

_PRESENTATION = f"""\
Cet organisme de formation peut-il être payé ? Pour un établissement (SIRET), Quiforme dit s'il a une déclaration \
d'activité (NDA), s'il est certifié Qualiopi, pour quoi et comment, et pour quelles certifications RNCP et RS il peut \
former ou évaluer.

**Accès.** Réservé aux administrations et à ceux qu'elles habilitent, avec un jeton (JWT) dans l'en-tête \
`Authorization: Bearer …`. Un jeton dans une adresse est refusé. Portées : `certifications_qualiopi_france_competences` \
(tout ce qui n'en demande pas une autre), `exports`, `anomalies`, `non_diffusibles` (voir les identités qui ne sont pas \
diffusibles).

**Quotas.** {DEFAULT_RATE_LIMIT} appels par minute et par jeton, sauf jeton particulier ; les en-têtes `RateLimit-*` \
disent où l'on en est.

**Fraîcheur.** Les données sont publiées une fois par jour. Chaque document porte un `ETag` : le renvoyer dans \
`If-None-Match` épargne un transfert quand rien n'a changé.

**Erreurs.** Toutes ont la même forme, celles de la passerelle comprises ; se régler sur le statut, puis sur `code`. Une \
route qui n'existe pas répond 404 `00404`, une méthode qu'elle n'a pas 405 `00405` avec l'en-tête `Allow`.

**Évolutions.** Des champs peuvent s'ajouter hors de `data` d'un document, ainsi que des valeurs aux listes marquées \
`x-liste-ouverte` ; rien n'est retiré ni changé sans une nouvelle version.

Les exemples sont de vraies réponses du service, sur des établissements fictifs."""
_SECURITY = {
    "jeton": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Jeton signé en RS256 ou ES256, valable dix-huit mois au plus. Les portées demandées sont données "
        "par ressource.",
    },
    "connecteur": {
        "type": "apiKey",
        "in": "header",
        "name": "token-connexion",
        "description": "Secret partagé du connecteur d'API Entreprise.",
    },
}
_ETAG = {"description": "Empreinte de la réponse, pour If-None-Match.", "required": True, "schema": {"type": "string"}}
_CACHE = {
    "description": "Ce que les caches peuvent en faire.",
    "required": True,
    "schema": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The service's answer to one call, which becomes an example.

    Attributes:
        resource: The path template.
        status: The HTTP status.
        name: The example's name, unique within its resource and status.
        summary: What the example shows, in French.
        body: The answer's body, parsed.
        parameters: The values of the call's parameters, by name.
        sent: The call's body, parsed; None without one.

    """

    resource: str
    status: int
    name: str
    summary: str
    body: Any
    parameters: Mapping[str, str] = field(default_factory=dict)
    sent: Any = None

    def example(self) -> dict[str, Any]:
        """The Example Object."""
        return {"summary": self.summary, "value": self.body}


def describe(version: str, answers: Sequence[Answer]) -> dict[str, Any]:
    """Build the description.

    Args:
        version: The API's version.
        answers: Real answers, which become the examples. Operations that share a refusal share its examples.

    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Quiforme",
            "version": version,
            "summary": "Déclarations d'activité, Qualiopi et habilitations RNCP et RS des organismes de formation",
            "description": _PRESENTATION,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": ".", "description": "Le service qui sert cette description"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": {
            resource: {
                ROUTES[resource].method.lower(): _operation(
                    operation, ROUTES[resource], [one for one in answers if one.resource == resource]
                )
            }
            for resource, operation in OPERATIONS.items()
        },
        "components": {
            "schemas": bodies.schemas(_models()),
            "responses": dict(sorted(_shared(answers))),
            "headers": {
                name: {**header, "required": True}
                for name, header in {**RATE_HEADERS, "ETag": _ETAG, "Cache-Control": _CACHE}.items()
            },
            "securitySchemes": _SECURITY,
        },
    }


def _models() -> Iterable[type[BaseModel]]:
    for operation in OPERATIONS.values():
        yield from (model for model in (operation.found, operation.body) if model and not isinstance(model, str))
        yield from (model for _, model in operation.also.values())
    yield bodies.Erreurs


def _operation(operation: Operation, route: Route, answers: Sequence[Answer]) -> dict[str, Any]:
    found = next((one for one in answers if one.status == 200), None)
    values = found.parameters if found else {}
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": _security(route.access),
        "parameters": [one.as_openapi(values.get(one.name)) for one in operation.parameters],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {"schema": _ref(operation.body), "example": found.sent if found else None},
            },
        }
    return {**described, "responses": _responses(operation, route, answers)}


def _security(access: Public | Connector | Scope) -> list[dict[str, list[str]]]:
    match access:
        case Scope(name):
            return [{"jeton": [name]}]
        case Connector():
            return [{"connecteur": []}]
        case Public():
            return []


def _responses(operation: Operation, route: Route, answers: Sequence[Answer]) -> dict[str, Any]:
    counted = tuple(RATE_HEADERS) if isinstance(route.access, Scope) else ()
    tagged = ("ETag",) if operation.revalidated else ()
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*counted, *tagged, "Cache-Control")}
    responses: dict[int, Any] = {200: _found(operation, answers, headers)}
    if operation.revalidated and route.method == "GET":
        responses[304] = {"description": "Rien n'a changé depuis la réponse dont l'ETag est donné.", "headers": headers}
    for status, (text, model) in operation.also.items():
        responses[status] = {"description": text, "content": _json(_ref(model), answers, status)}
    for refusal in refused_by(operation, route):
        responses[refusal.status] = (
            {"$ref": f"#/components/responses/{refusal.name}"}
            if refusal.name
            else refusal.as_openapi(_examples(answers, refusal.status))
        )
    return {str(status): responses[status] for status in sorted(responses)}


def refused_by(operation: Operation, route: Route) -> list[Refusal]:
    """The refusals of an operation, sorted by status."""
    refusals = [*access_refusals(route.access), *operation.unprocessable(), *operation.refusals]
    return sorted(refusals, key=lambda one: one.status)


def _found(operation: Operation, answers: Sequence[Answer], headers: dict[str, Any]) -> dict[str, Any]:
    content = (
        {operation.found: {"schema": {"type": "string"}}}
        if isinstance(operation.found, str)
        else _json(_ref(operation.found), answers, 200)
    )
    response: dict[str, Any] = {"description": operation.found_text, "headers": headers, "content": content}
    if operation.links:
        response["links"] = {
            name: {"operationId": link.operation, "description": link.description, "parameters": link.parameters}
            for name, link in operation.links.items()
        }
    return response


def _json(schema: dict[str, Any], answers: Sequence[Answer], status: int) -> dict[str, Any]:
    examples = _examples(answers, status)
    return {"application/json": {"schema": schema, **({"examples": examples} if examples else {})}}


def _examples(answers: Sequence[Answer], status: int) -> dict[str, Any]:
    return {one.name: one.example() for one in answers if one.status == status}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _shared(answers: Sequence[Answer]) -> Iterable[tuple[str, dict[str, Any]]]:
    """The refusals that several operations share, with examples from all of them."""
    for resource, operation in OPERATIONS.items():
        for refusal in refused_by(operation, ROUTES[resource]):
            if refusal.name:
                users = {other for other, one in OPERATIONS.items() if refusal in refused_by(one, ROUTES[other])}
                shared = [one for one in answers if one.resource in users]
                yield refusal.name, refusal.as_openapi(_examples(shared, refusal.status))

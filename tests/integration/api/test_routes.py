"""Every route: who may call it, with which method, and that the template opens just these."""

import json
import re
from typing import Any

import jwt
import pytest
from quiforme.api.backend import Export
from quiforme.api.http import Request
from quiforme.api.routes import ROUTES, Connector, Public, Scope

from tools.in_process.documents import SIRET, item
from tools.in_process.lookup import SCOPES, SECRET, Service, codes, publication
from tools.local_stack.template import of_type

PATHS = {"siret": SIRET, "siren": "990000101", "nda": "11750000175", "uai": "0861288H", "code": "RNCP1"}
TOKENS = [resource for resource, route in ROUTES.items() if isinstance(route.access, Scope)]


def call(service: Service, resource: str, method: str | None = None, **changes: Any) -> Any:
    path = {name: value for name, value in PATHS.items() if f"{{{name}}}" in resource}
    if "{fichier}" in resource:
        path["fichier"] = "page.js"
    return service.call(resource, method or ROUTES[resource].method, **path, **changes)


def test_the_template_opens_these_routes_and_no_other() -> None:
    opened: dict[str, dict[str, bool]] = {}
    every = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
    for event in of_type("AWS::Serverless::Function")["Lookup"]["Events"].values():
        properties = event["Properties"]
        token = properties.get("Auth", {}).get("Authorizer") != "NONE"
        opened.setdefault(properties["Path"], {})[properties["Method"]] = token
    assert opened.pop("/{proxy+}") == dict.fromkeys(every, False)
    assert opened == {resource: {route.method: isinstance(route.access, Scope)} for resource, route in ROUTES.items()}


@pytest.mark.parametrize("resource", ROUTES)
def test_another_method_is_told_which_one_there_is(resource: str) -> None:
    """The gateway hands what it has no route for to the one that takes everything."""
    address = re.sub(r"\{[^}]*\}", "x", resource)
    answer = Service().call("/{proxy+}", "DELETE", address=address, proxy=address[1:])
    assert codes(answer) == (405, ["00405"])
    assert answer.headers["Allow"] == ROUTES[resource].method


def test_an_unknown_route() -> None:
    for address in ("/v2/etablissements", "/openapixjson", "/v1/etablissements/1/2", "", "/"):
        assert codes(Service().call("/{proxy+}", address=address, proxy=address[1:])) == (404, ["00404"])
    assert codes(Service().call("/docs/{fichier}", fichier="../errors.py")) == (404, ["00404"])


@pytest.mark.parametrize("resource", TOKENS)
def test_checks_come_in_the_contract_s_order(resource: str) -> None:
    service = Service()
    service.registry.pointer = None
    wrong: dict[str, Any] = {"query": {"token": "x"}, "authorizer": {"scopes": "autre"}}
    assert codes(call(service, resource, **wrong)) == (401, ["00101"])
    wrong["query"] = {"recipient": "x"}
    assert codes(call(service, resource, **wrong)) == (403, ["00100"])
    assert not service.calls
    wrong["authorizer"] = {"rate_limit_per_minute": "1"}
    answer = call(service, resource, **wrong)
    assert answer.status in (415, 422)
    assert answer.headers["RateLimit-Remaining"] == "0"
    answer = call(service, resource, **wrong)
    assert codes(answer) == (429, ["00429"])
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("resource", TOKENS)
@pytest.mark.parametrize("refused", [{"exp": "1"}, {"refus": "00103"}, {"refus": "00105"}, {"exp": ""}])
def test_a_token_that_opens_nothing(resource: str, refused: dict[str, str]) -> None:
    status, _ = codes(call(Service(), resource, authorizer=refused))
    assert status == 401


@pytest.mark.parametrize("resource", [name for name, route in ROUTES.items() if isinstance(route.access, Public)])
def test_no_token_where_none_is_asked(resource: str) -> None:
    answer = call(Service(), resource, authorizer={"jti": "", "scopes": "", "exp": ""})
    assert answer.status == 200


def test_only_exports_need_their_scope_and_only_the_connector_its_secret() -> None:
    assert [name for name, route in ROUTES.items() if route.access == Scope("exports")] == ["/v1/exports"]
    assert [name for name, route in ROUTES.items() if isinstance(route.access, Connector)] == ["/organisme/{siret}"]


def test_a_header_given_twice_opens_nothing() -> None:
    event = {
        "resource": "/organisme/{siret}",
        "httpMethod": "GET",
        "pathParameters": {"siret": SIRET},
        "headers": {"Token-Connexion": SECRET},
        "multiValueHeaders": {"Token-Connexion": ["x", SECRET]},
    }
    assert Request.from_event(event).repeated_headers == {"token-connexion"}


def test_unknown_parameters_are_refused_on_ours_and_ignored_on_the_others() -> None:
    service = Service()
    service.registry.put(item())
    for resource, route in ROUTES.items():
        ours = resource.startswith("/v1/")
        query = {"context": "c", "object": "o", "recipient": SIRET, "inconnu": "1"}
        answer = call(service, resource, query=query, headers={"token-connexion": SECRET})
        assert (answer.status == 422) == ours, (resource, route)


def test_etags() -> None:
    service = Service()
    service.registry.put(item())
    first = call(service, "/v1/etablissements/{siret}")
    again = call(
        service,
        "/v1/etablissements/{siret}",
        headers={"If-None-Match": f'"x", {first.headers["ETag"].removeprefix("W/")}'},
    )
    assert (again.status, again.body) == (304, "")
    assert again.headers["Cache-Control"] == "private, no-cache"
    service.registry.pointer = publication(2, "2026-11-25")  # another day that says the same of it
    later = call(service, "/v1/etablissements/{siret}", headers={"If-None-Match": first.headers["ETag"]})
    assert later.status == 304
    service.registry.put(item(generation=2, details=item().details.replace('"A"', '"F"')))
    changed = call(service, "/v1/etablissements/{siret}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status == 200
    assert call(service, "/v1/etablissements/{siret}", scopes=SCOPES, headers={"If-None-Match": '"x"'}).status == 200


def test_exports() -> None:
    service = Service()
    assert codes(call(service, "/v1/exports")) == (503, ["33020"])
    service.files[1] = [Export("quiforme.parquet", 3, "https://b"), Export("quiforme.csv", 2, "https://a")]
    answer = call(service, "/v1/exports")
    assert [one["fichier"] for one in json.loads(answer.body)["data"]] == ["quiforme.csv", "quiforme.parquet"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert codes(call(service, "/v1/exports", scopes="certifications_qualiopi_france_competences"))[0] == 403


def test_state() -> None:
    service = Service()
    service.registry.pointer = publication(2, states={"rncp": "refused"}, sources={"rncp": "2026-11-20"})
    data = json.loads(call(service, "/v1/etat").body)["data"]
    assert (data["generation"], data["jour"]) == (2, "2026-11-24")
    assert data["sources"] == [{"source": "rncp", "etat": "refusee", "jour": "2026-11-20"}]


def test_ping_reads_the_store() -> None:
    service = Service()
    answer = call(service, "/ping/carif_oref/qualiopi")
    well = json.loads(answer.body)
    assert (answer.status, well["status"]) == (200, "ok")
    service.registry.failing = True
    service.now += 60
    answer = call(service, "/ping/carif_oref/qualiopi")
    ill = json.loads(answer.body)
    assert (answer.status, ill["status"]) == (502, "bad_gateway")
    assert ill["last_ok_status"] == well["last_update"] < ill["last_update"]


@pytest.mark.parametrize("name", ["context", "autre", "authorization"])
def test_a_token_in_the_address_is_refused_under_whatever_name(name: str) -> None:
    token = jwt.encode({"uid": "x"}, "y" * 32, algorithm="HS256")
    query = {"context": "c", "object": "o", "recipient": SIRET} | {name: f"a {token}"}
    for resource in TOKENS:
        assert codes(call(Service(), resource, query=query)) == (401, ["00101"])


def test_the_page_takes_nothing_from_elsewhere() -> None:
    service = Service()
    page = call(service, "/docs")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert "http" not in page.body
    assert "<script>" not in page.body
    for file in ("page.js", "swagger-ui.js", "swagger-ui.css"):
        assert service.call("/docs/{fichier}", fichier=file).status == 200

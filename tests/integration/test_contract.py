"""Every kind of answer against API Entreprise's published contract, when it lies beside the project.

What the contract does not say, and the specification orders all the same, is named here with its reason:
anything else that strays fails.
"""

import json
from collections.abc import Hashable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from botocore.exceptions import ClientError, ReadTimeoutError
from quiforme.access.caller import DEFAULT_RATE_LIMIT

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED, UNKNOWN
from tools.in_process.cloud import Cloud, Fault, Function, deployed, lookup_event, sample
from tools.local_stack.emulator import ROOT
from tools.local_stack.template import of_type
from tools.oracle import Oracle

CONTRACT = ROOT.parent / "shared" / "contract"
OPENAPI = CONTRACT / "openapi_api_entreprise_carif_oref.yaml"
pytestmark = pytest.mark.skipif(not OPENAPI.exists(), reason="no recorded contract beside the project")

NULL_ALLOWED = dict.fromkeys(
    ("date_derniere_declaration", "date_debut_exercice", "date_fin_exercice"),
    "document.md: null when absent or unreadable; no date may be made up",
)
"""Fields of a declaration that the contract does not call nullable, and why they may be null all the same."""
CODES_ADDED = {
    "00210": "api.md: a recipient that is there and is no SIRET",
    "33020": "api.md: nothing was ever published",
    "00404": "api.md: a route that is not there",
}
"""Codes that the contract does not list under the status they come with."""
STATUS_ADDED = {503: "api.md: nothing was ever published"}
"""A status that the contract does not have; its body is that of the other errors."""
GATEWAY_ONLY = ("REQUEST_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "DEFAULT_4XX")
"""What only the gateway answers, with a status that the contract does not have; its body is that of the other errors."""
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


# --- the contract as JSON Schema ----------------------------------------------------------------------------


@cache
def contract() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    return content


def responses() -> dict[str, Any]:
    """The contract's answers, by status."""
    (path,) = contract()["paths"].values()
    found: dict[str, Any] = path["get"]["responses"]
    return found


def checker(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator of one of the contract's schemas."""
    whole = {**_nullable(schema), "components": _nullable(contract()["components"])}
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


def answer_checker(status: int) -> jsonschema.Draft202012Validator:
    """A validator of the body that goes with a status."""
    if status in STATUS_ADDED:
        return checker(contract()["components"]["schemas"]["Error"])
    schema = deepcopy(responses()[str(status)]["content"]["application/json"]["schema"])
    if status == 200:
        declaration = schema["properties"]["data"]["properties"]["declarations_activites_etablissement"]["items"]
        for name in NULL_ALLOWED:
            assert "nullable" not in declaration["properties"][name], f"{name}: the contract allows it by now"
            declaration["properties"][name]["nullable"] = True
    return checker(schema)


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema says it; the examples, which are no schema, are left out."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _nullable(part) for name, part in schema.items() if name not in ("nullable", "example")}
    if schema.get("nullable") is True:
        changed["type"] = [schema["type"], "null"]
    return changed


# --- the answers --------------------------------------------------------------------------------------------


@dataclass
class Service:
    """A published day, and the look-up in front of it."""

    cloud: Cloud
    lookup: Function
    oracle: Oracle
    before: dict[str, Any]

    def answer(self, siret: str, **authorizer: str) -> dict[str, Any]:
        """Look a SIRET up, as the sample's caller but for what is given."""
        caller = sample("lookup")["requestContext"]["authorizer"]
        answer: dict[str, Any] = self.lookup(lookup_event(siret, caller | authorizer))
        return answer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("drop")
    write_day(folder, FIRST_DAY, ministry_fiches=3)
    with deployed() as cloud:
        before = cloud.invoke("Lookup", sample("lookup"))
        cloud.fill(folder)
        cloud.invoke("Ingest", sample("ingest"))
        oracle = Oracle()
        oracle.ingest(folder, FIRST_DAY)
        yield Service(cloud, cloud.function("Lookup"), oracle, before)


def shape(value: Any) -> Hashable:
    """What is null, what is empty, what is there: documents of one shape say nothing new to a schema."""
    if isinstance(value, dict):
        return tuple((name, shape(part)) for name, part in value.items())
    if isinstance(value, list):
        return frozenset(shape(part) for part in value)
    return type(value).__name__


def test_the_checker_takes_the_recorded_answer_and_no_other() -> None:
    recorded = yaml.safe_load((CONTRACT / "sandbox" / "200.yaml").read_text(encoding="utf-8"))
    answer = json.loads(recorded["payload"])
    check = answer_checker(200)
    check.validate(answer)
    for path in ("siret", "declarations_activites_etablissement", "habilitations_france_competence"):
        wrong = deepcopy(answer)
        wrong["data"][path] = None
        assert not check.is_valid(wrong), path
    assert not check.is_valid(answer | {"data": answer["data"] | {"autre": 1}})
    declaration = deepcopy(answer)
    declaration["data"]["declarations_activites_etablissement"][0]["date_fin_exercice"] = "31/12/2021"
    assert not check.is_valid(declaration)


def test_documents_of_every_shape(service: Service) -> None:
    """Whole bodies, one a shape: data, links and meta."""
    one_a_shape = {shape(document): siret for siret, document in service.oracle.documents.items()}
    assert len(one_a_shape) > 20
    check = answer_checker(200)
    for siret in one_a_shape.values():
        answer = service.answer(siret)
        assert answer["statusCode"] == 200, siret
        assert answer["headers"]["Content-Type"] == "application/json"
        body = json.loads(answer["body"])
        check.validate(body)
        assert body["links"] == {}
        assert body["data"] == service.oracle.documents[siret]
        for declaration in body["data"]["declarations_activites_etablissement"]:
            assert declaration["specialites"].keys() == {f"specialite_{slot}" for slot in (1, 2, 3)}


def test_the_deviations_are_needed(service: Service) -> None:
    """A date that is never null any more would be a deviation to strike off."""
    documents: dict[str, dict[str, Any]] = service.oracle.documents
    declarations = [one for document in documents.values() for one in document["declarations_activites_etablissement"]]
    for name in NULL_ALLOWED:
        assert any(declaration[name] is None for declaration in declarations), name


def store_fails(operation: str, _: dict[str, Any]) -> dict[str, Any] | None:
    """The documents' table answers with an error."""
    if operation == "Query":
        raise ClientError({"Error": {"Code": "InternalServerError", "Message": "secret detail"}}, operation)
    return None


def store_is_slow(operation: str, _: dict[str, Any]) -> dict[str, Any] | None:
    """The documents' table does not answer."""
    if operation == "Query":
        raise ReadTimeoutError(endpoint_url="https://internal.example")
    return None


def spends_all(operation: str, _: dict[str, Any]) -> dict[str, Any] | None:
    """The token's calls of this minute are spent."""
    return {"Attributes": {"calls": {"N": "251"}}} if operation == "UpdateItem" else None


EXCLUDED = "out of perimeter"
ERRORS: dict[str, tuple[str, dict[str, str], Fault | None, int, str]] = {
    "no sound authorizer": (CERTIFIED, {"exp": ""}, None, 401, "00101"),
    "expired": (CERTIFIED, {"refus": "00103"}, None, 401, "00103"),
    "expired since": (CERTIFIED, {"exp": "1"}, None, 401, "00103"),
    "revoked": (CERTIFIED, {"refus": "00105"}, None, 401, "00105"),
    "no scope": (CERTIFIED, {"scopes": "exports"}, None, 403, "00100"),
    "unknown": (UNKNOWN, {}, None, 404, "33003"),
    EXCLUDED: (EXCLUDED, {}, None, 404, "33003"),
    "no SIRET": ("1234", {}, None, 422, "00302"),
    "too many calls": (CERTIFIED, {}, spends_all, 429, "00429"),
    "the store fails": (CERTIFIED, {}, store_fails, 502, "33999"),
    "the store is slow": (CERTIFIED, {}, store_is_slow, 504, "33002"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors(service: Service, what: str) -> None:
    siret, authorizer, fault, status, code = ERRORS[what]
    siret = min(service.oracle.excluded) if siret == EXCLUDED else siret
    with service.cloud.fault(fault or (lambda *_: None)):
        answer = service.answer(siret, **authorizer)
    check_error(answer["statusCode"], json.loads(answer["body"]), [code])
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/json"
    assert not any(word in answer["body"] for word in ("secret", "internal", "Error"))


def check_error(status: int, body: Any, codes: list[str]) -> None:
    """The body is an error's, with these codes, each of which the contract lists under that status."""
    answer_checker(status).validate(body)
    assert [error["code"] for error in body["errors"]] == codes
    assert all(error.keys() == {"code", "title", "detail", "source", "meta"} for error in body["errors"])
    documented = {} if status in STATUS_ADDED else responses()[str(status)]["content"]["application/json"]["examples"]
    listed = {error["code"]: error for example in documented.values() for error in example["value"]["errors"]}
    for error in body["errors"]:
        if error["code"] not in CODES_ADDED:
            assert error["code"] in listed, (status, error["code"])
            assert error["title"] == listed[error["code"]]["title"]
            assert error["source"] == listed[error["code"]]["source"]
            assert error["meta"].items() >= listed[error["code"]]["meta"].items()


def test_bad_parameters_all_at_once(service: Service) -> None:
    event = lookup_event("1234")
    event["queryStringParameters"] = {"context": " ", "object": ""}
    answer = service.lookup(event)
    check_error(answer["statusCode"], json.loads(answer["body"]), ["00201", "00202", "00203", "00302"])
    event["queryStringParameters"] = sample("lookup")["queryStringParameters"] | {"recipient": "99000010100017"}
    answer = service.lookup(event)
    check_error(answer["statusCode"], json.loads(answer["body"]), ["00210", "00302"])


def test_before_anything_is_published(service: Service) -> None:
    assert service.before["statusCode"] in STATUS_ADDED
    check_error(service.before["statusCode"], json.loads(service.before["body"]), ["33020"])


def test_the_gateway_s_own_errors() -> None:
    """Those it answers with when no function is asked."""
    for name, response in of_type("AWS::Serverless::Api")["Api"]["GatewayResponses"].items():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        if name in GATEWAY_ONLY:
            checker(contract()["components"]["schemas"]["Error"]).validate(body)
            continue
        assert str(response["StatusCode"]) in responses(), name
        check_error(int(response["StatusCode"]), body, [body["errors"][0]["code"]])


def test_the_three_headers(service: Service) -> None:
    """On the answers that the contract documents them for, and wherever a call was counted."""
    assert tuple(responses()["200"]["headers"]) == RATE
    found = service.answer(CERTIFIED)
    known = lookup_event(CERTIFIED)
    known["headers"]["If-None-Match"] = found["headers"]["ETag"]
    unchanged = service.lookup(known)
    assert (unchanged["statusCode"], unchanged["body"]) == (304, "")
    with service.cloud.fault(spends_all):
        refused = service.answer(CERTIFIED)
    assert int(refused["headers"]["Retry-After"]) >= 1
    for answer in (found, unchanged, refused, service.answer(UNKNOWN), service.answer("1234")):
        for name in RATE:
            check = checker(responses()["200"]["headers"][name]["schema"])
            check.validate(int(answer["headers"][name]))
    assert found["headers"]["RateLimit-Limit"] == str(DEFAULT_RATE_LIMIT)

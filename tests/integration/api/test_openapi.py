"""The description says what the service does: generated, complete, valid, and its examples are what is answered now."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from quiforme import errors
from quiforme.access.caller import DEFAULT_RATE_LIMIT
from quiforme.api.routes import ROUTES
from quiforme.errors import Problem

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.lookup import SECRET, Registry, Service
from tools.in_process.system import System
from tools.local_stack.emulator import ROOT
from tools.openapi.description.operations import OPERATIONS, TAGS, UNDESCRIBED
from tools.openapi.examples import HISTORY, ONE, RAW
from tools.openapi.written import SERVED, generated, read, text

ELSEWHERE = {"00404": "what is no route has no operation", "00405": "nor has a method that a route does not have"}
"""Codes that no operation answers."""
WITHOUT_EXAMPLE = {
    ("/openapi.json", "200"): "it would hold itself",
    ("/docs", "200"): "a page",
}


@cache
def served() -> dict[str, Any]:
    return read(SERVED)


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in served()["paths"].items():
        for operation in methods.values():
            yield path, operation


def responses() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, status and answer, references followed."""
    for path, operation in operations():
        for status, response in operation["responses"].items():
            name = response.get("$ref", "").rpartition("/")[2]
            yield path, status, served()["components"]["responses"][name] if name else response


@cache
def strict() -> dict[str, Any]:
    """The components, no object of which may have a field that is not described."""
    components: dict[str, Any] = deepcopy(served()["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return components


def checker(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """A validator that takes no field that is not described."""
    return jsonschema.Draft202012Validator(
        {**schema, "components": strict()}, format_checker=jsonschema.FormatChecker()
    )


def test_it_is_what_the_code_makes() -> None:
    """`make openapi` after a change of the API, and the change is there to be read."""
    assert text(generated()) == SERVED.read_text(encoding="utf-8")


def test_it_is_openapi() -> None:
    OpenAPIV31SpecValidator(served()).validate()


def test_every_route_is_described_and_no_other() -> None:
    assert OPERATIONS.keys() | UNDESCRIBED.keys() == ROUTES.keys()
    assert not OPERATIONS.keys() & UNDESCRIBED.keys()
    for path, methods in served()["paths"].items():
        assert list(methods) == [ROUTES[path].method.lower()]


def test_everything_is_said() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    for path, operation in operations():
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) < set(TAGS)
        assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == {
            step[1:-1] for step in path.split("/") if step.startswith("{")
        }
        assert all(one["description"] for one in operation["parameters"])
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                assert link["operationId"] in ids
    for name, schema in served()["components"]["schemas"].items():
        assert schema["description"], name
        for field, one in schema.get("properties", {}).items():
            said = one.get("description") or "$ref" in one or _is_list_of_components(one)
            assert said, (name, field)


def _is_list_of_components(schema: dict[str, Any]) -> bool:
    items = schema.get("items", {})
    return "$ref" in items or "anyOf" in items


def test_no_answer_promises_the_form_of_what_a_source_gives_as_it_likes() -> None:
    """A malformed NDA of a single row is served as it stands."""
    fields = [
        (name, field, one)
        for name, schema in served()["components"]["schemas"].items()
        for field, one in schema.get("properties", {}).items()
        if field in ("nda", "numero_de_declaration") and "items" not in one
    ]
    assert len(fields) >= 3
    for name, field, one in fields:
        assert one.keys() <= {"type", "description"}, (name, field)


def test_every_code_is_described_where_it_is_answered() -> None:
    known = {problem.code for problem in vars(errors).values() if isinstance(problem, Problem)}
    known |= {errors.missing_parameter(name).code for name in ("context", "object", "recipient")}
    known |= {
        errors.unknown_parameter("x").code,
        errors.repeated_parameter("x").code,
        errors.sirets_malformed("x").code,
        errors.limit_malformed(1).code,
        errors.step_malformed(None, "x").code,
        errors.outdated(1).code,
    }
    described = set()
    for _, status, response in responses():
        for content in response.get("content", {}).values():
            if status[0] in "45" and "allOf" in content["schema"]:
                enumerated = content["schema"]["allOf"][1]["properties"]["errors"]["items"]["properties"]["code"]
                described |= set(enumerated["enum"])
    assert described == known - ELSEWHERE.keys()


def test_examples_are_there_and_of_the_shape_described() -> None:
    for path, status, response in responses():
        if status == "304" or (path, status) in WITHOUT_EXAMPLE:
            continue
        content = response["content"]["application/json"]
        assert content["examples"], (path, status)
        check = checker(content["schema"])
        for example in content["examples"].values():
            check.validate(example["value"])
    for _, operation in operations():
        for parameter in operation["parameters"]:
            if "example" in parameter:
                checker(parameter["schema"]).validate(parameter["example"])
        if body := operation.get("requestBody"):
            content = body["content"]["application/json"]
            checker(content["schema"]).validate(content["example"])


def test_the_shapes_refuse_what_is_not_described() -> None:
    example = next(
        iter(served()["paths"][ONE]["get"]["responses"]["200"]["content"]["application/json"]["examples"].values())
    )
    check = checker({"$ref": "#/components/schemas/ReponseDocument"})
    wrong = [deepcopy(example["value"]) for _ in range(4)]
    wrong[0]["data"]["autre"] = 1
    wrong[1]["meta"]["etablissement"]["autre"] = 1
    del wrong[2]["data"]["code_uai"]
    wrong[3]["data"]["declarations_activites_etablissement"][0]["date_fin_exercice"] = "31/12/2025"
    check.validate(example["value"])
    assert not any(check.is_valid(one) for one in wrong)


def shape(value: Any) -> Any:
    """What is null, what is empty, what is there; of a text, whether it says more than its kind."""
    if isinstance(value, dict):
        return tuple((name, shape(part)) for name, part in sorted(value.items()))
    if isinstance(value, list):
        return frozenset(shape(part) for part in value)
    return type(value).__name__


@pytest.mark.prove
def test_documents_of_every_shape(tmp_path: Path) -> None:
    """All the fictitious France, in our format, in the raw one, and its history."""
    system = System(tmp_path)
    for number in range(3):
        write_day(system.drop, FIRST_DAY + timedelta(days=number), ministry_fiches=3)
        system.ingest(FIRST_DAY + timedelta(days=number))
    service = Service(Registry(system.registry.pointer, system.registry.items))
    checks = {
        resource: checker(
            served()["paths"][resource]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        )
        for resource in (ONE, HISTORY, RAW)
    }
    seen: dict[str, set[Any]] = {resource: set() for resource in checks}
    for siret in sorted({one for one, _ in system.registry.items if one.isdigit()}):
        for resource, check in checks.items():
            answer = service.call(resource, siret=siret, headers={"token-connexion": SECRET})
            body = json.loads(answer.body)
            if answer.status == 200 and (kind := shape(body)) not in seen[resource]:
                check.validate(body)
                seen[resource].add(kind)
    assert all(len(kinds) > 10 for kinds in seen.values())


def test_the_look_up_serves_it_and_never_makes_it() -> None:
    assert Service().call("/openapi.json").body == SERVED.read_text(encoding="utf-8")
    code = "import sys, quiforme.api.routes; print('pydantic' in sys.modules or 'tools.openapi.description' in sys.modules)"
    path = str(ROOT / "layers" / "quiforme" / "python")
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_documents_give_the_rate_limit_of_the_code() -> None:
    for name in ("api.md", "exploitation.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        limits = re.findall(r"(\d+) (?:appels par minute|(?:calls )?a minute)", text)
        assert limits, name
        assert set(limits) == {str(DEFAULT_RATE_LIMIT)}, name
    assert f"{DEFAULT_RATE_LIMIT} appels par minute" in served()["info"]["description"]


@pytest.mark.parametrize("path", [path for path in ROUTES if path not in UNDESCRIBED])
def test_what_a_token_is_asked_for(path: str) -> None:
    (operation,) = served()["paths"][path].values()
    access = ROUTES[path].access
    scope = getattr(access, "name", None)
    if scope:
        assert operation["security"] == [{"jeton": [scope]}]
    assert {"401", "403"} <= operation["responses"].keys() or not scope

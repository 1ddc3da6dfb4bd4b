"""What was promised to callers holds until the next major version; and the gate that says so can fail."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tools.openapi.__main__ import without_examples
from tools.openapi.compatibility import breaks, same_major
from tools.openapi.examples import BATCH, CERTIFICATION, EXPORTS, HISTORY, ONE, PING, STATE, V3
from tools.openapi.written import PUBLISHED, SERVED, read

Change = Callable[[dict[str, Any]], object]


def test_nothing_breaks_what_was_promised() -> None:
    published, served = read(PUBLISHED), read(SERVED)
    if same_major(published, served):
        assert breaks(published, served) == []


def test_the_same_is_no_change() -> None:
    assert breaks(read(SERVED), read(SERVED)) == []
    assert breaks(read(SERVED), without_examples(read(SERVED))) == []


def test_a_new_major_version_may_break() -> None:
    later = read(SERVED)
    later["info"]["version"] = "9.0.0"
    assert not same_major(read(SERVED), later)


def _get(description: dict[str, Any], path: str) -> Any:
    (operation,) = description["paths"][path].values()
    return operation


def _schema(description: dict[str, Any], name: str) -> Any:
    return description["components"]["schemas"][name]


def _parameter(description: dict[str, Any], path: str, name: str) -> Any:
    (parameter,) = (one for one in _get(description, path)["parameters"] if one["name"] == name)
    return parameter


def _codes(description: dict[str, Any], path: str, status: str) -> Any:
    schema = _get(description, path)["responses"][status]["content"]["application/json"]["schema"]
    return schema["allOf"][1]["properties"]["errors"]["items"]["properties"]["code"]["enum"]


def _new_parameter(required: bool) -> dict[str, Any]:
    return {"name": "tri", "in": "query", "description": "Tri", "required": required, "schema": {"type": "string"}}


BREAKING: dict[str, tuple[Change, str]] = {
    "a path": (lambda one: one["paths"].pop(PING), "removed"),
    "a method": (lambda one: one["paths"][STATE].update(post=one["paths"][STATE].pop("get")), "removed"),
    "an operationId": (lambda one: _get(one, ONE).update(operationId="lire"), "operationId"),
    "a parameter": (lambda one: _get(one, ONE)["parameters"].remove(_parameter(one, ONE, "date")), "date: removed"),
    "a parameter in another place": (lambda one: _parameter(one, ONE, "date").update({"in": "header"}), "removed"),
    "a parameter by then required": (lambda one: _parameter(one, ONE, "date").update(required=True), "has to be given"),
    "a new required parameter": (lambda one: _get(one, ONE)["parameters"].append(_new_parameter(True)), "tri"),
    "a value that was taken": (lambda one: _parameter(one, CERTIFICATION, "role")["schema"]["enum"].pop(), "values"),
    "a bound": (lambda one: _parameter(one, HISTORY, "limite")["schema"].update(maximum=50), "maximum"),
    "a pattern": (lambda one: _parameter(one, ONE, "context")["schema"].update(pattern="^a"), "pattern"),
    "a smaller batch": (lambda one: _schema(one, "Recherche")["properties"]["sirets"].update(maxItems=50), "maxItems"),
    "a body with more in it": (lambda one: _schema(one, "Recherche")["required"].append("date"), "may be missing"),
    "a body of another type": (
        lambda one: _get(one, BATCH)["requestBody"].update(content={"text/csv": {"schema": {}}}),
        "removed",
    ),
    "a status": (lambda one: _get(one, ONE)["responses"].pop("404"), "404: removed"),
    "a code": (lambda one: _codes(one, ONE, "422").remove("00306"), "00306 removed"),
    "another code": (lambda one: _codes(one, ONE, "404").__setitem__(0, "33004"), "33003 removed"),
    "a header": (lambda one: _get(one, ONE)["responses"]["200"]["headers"].pop("ETag"), "ETag"),
    "a media type": (lambda one: _get(one, STATE)["responses"]["200"].update(content={"text/csv": {}}), "removed"),
    "a field": (lambda one: _schema(one, "Etablissement")["properties"].pop("adresse"), "adresse: removed"),
    "a field that may be missing": (
        lambda one: _schema(one, "Etat")["required"].remove("jour"),
        "jour: may be missing",
    ),
    "a field that was not always there": (
        lambda one: _schema(one, "ReponseBrute")["properties"].pop("adresse_insee"),
        "adresse_insee: removed",
    ),
    "a field that may be null": (
        lambda one: _schema(one, "Document")["properties"]["siret"].update(type=["string", "null"]),
        "type null",
    ),
    "a field of another type": (
        lambda one: _schema(one, "Version")["properties"]["generation"].update(type="string"),
        "type string",
    ),
    "a value never answered before": (
        lambda one: _schema(one, "Ping")["properties"]["status"]["enum"].append("slow"),
        "other values",
    ),
    "a value of an open list": (
        lambda one: _schema(one, "EtatSource")["properties"]["etat"]["enum"].remove("refusee"),
        "refusee removed",
    ),
    "a new field where none may be": (
        lambda one: _schema(one, "Document")["properties"].update(naf={"type": "string"}),
        "naf: a new field",
    ),
    "an object by then open": (lambda one: _schema(one, "Document").pop("additionalProperties"), "other fields"),
    "another way in a list": (
        lambda one: _schema(one, "ReponseRecherche")["properties"]["data"]["items"]["anyOf"].append({"type": "null"}),
        "none of what it was",
    ),
    "another scope": (lambda one: _get(one, EXPORTS).update(security=[{"jeton": ["tout"]}]), "more is asked"),
    "a token where none was": (lambda one: _get(one, STATE).update(security=[{"jeton": []}]), "more is asked"),
    "another scheme": (lambda one: one["components"]["securitySchemes"]["jeton"].update(scheme="basic"), "jeton"),
}
ADDITIONS: dict[str, Change] = {
    "a path": lambda one: one["paths"].update({"/v1/nouveau": deepcopy(one["paths"][STATE])}),
    "a parameter": lambda one: _get(one, ONE)["parameters"].append(_new_parameter(False)),
    "a parameter no longer required": lambda one: _parameter(one, V3, "object").update(required=False),
    "a wider bound": lambda one: _parameter(one, HISTORY, "limite")["schema"].update(maximum=500),
    "a value that is taken": lambda one: _parameter(one, CERTIFICATION, "role")["schema"]["enum"].append("tous"),
    "a status": lambda one: _get(one, ONE)["responses"].update({"410": {"description": "Parti"}}),
    "a code": lambda one: _codes(one, ONE, "422").append("00399"),
    "a field": lambda one: _schema(one, "Etablissement")["properties"].update(naf={"type": "string"}),
    "a field of what is sent": lambda one: _schema(one, "Recherche")["properties"].update(date={"type": "string"}),
    "a value of an open list": lambda one: _schema(one, "EtatSource")["properties"]["etat"]["enum"].append("late"),
    "a field always there": lambda one: _schema(one, "ReponseBrute")["required"].append("adresse_insee"),
    "a field never null": lambda one: _schema(one, "Etablissement")["properties"]["denomination"].update(type="string"),
    "a text": lambda one: _get(one, ONE).update(summary="Autrement dit", description="Autrement dit"),
    "access without a token": lambda one: _get(one, EXPORTS).update(security=[]),
}


@pytest.mark.parametrize("what", BREAKING)
def test_this_breaks(what: str) -> None:
    change, said = BREAKING[what]
    later = read(SERVED)
    change(later)
    found = breaks(read(SERVED), later)
    assert any(said in one for one in found), found


@pytest.mark.parametrize("what", ADDITIONS)
def test_this_only_adds(what: str) -> None:
    later = read(SERVED)
    ADDITIONS[what](later)
    assert later != read(SERVED)
    assert breaks(read(SERVED), later) == []

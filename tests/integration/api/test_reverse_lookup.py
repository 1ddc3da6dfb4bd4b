"""Who is behind an identifier."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiforme.registry.ports import Item

from tools.in_process.documents import siret
from tools.in_process.lookup import Service, codes, publication

CERTIFICATION = "/v1/certifications/{code}/etablissements"


def index(identifier: str, entries: list[str], generation: int = 1) -> Item:
    return Item(id=identifier, etat="index", jour="2026-11-24", data=json.dumps(entries), generation=generation)


def walk(service: Service, resource: str, query: dict[str, str], **path: str) -> list[dict[str, Any]]:
    """Every entry, page after page, as the links lead."""
    found: list[dict[str, Any]] = []
    while True:
        answer = json.loads(service.call(resource, query=query, **path).body)
        found += answer["data"]
        if answer["links"]["next"] is None:
            return found
        query = dict(parse_qsl(answer["links"]["next"].removeprefix("?")))


@given(
    st.dictionaries(st.integers(0, 300).map(siret), st.sampled_from(["", "F", "O", "FO"]), max_size=40),
    st.integers(1, 7),
    st.sampled_from([None, "former", "organiser"]),
)
def test_a_walk_sees_everybody_once(marks: dict[str, str], limit: int, role: str | None) -> None:
    service = Service()
    service.registry.put(index("certification/RNCP1", sorted(name + mark for name, mark in marks.items())))
    query = {"limite": str(limit)} | ({"role": role} if role else {})
    wanted = {None: "", "former": "F", "organiser": "O"}[role]
    assert walk(service, CERTIFICATION, query, code="RNCP1") == [
        {
            "siret": name,
            "habilitation_pour_former": "F" in mark,
            "habilitation_pour_organiser_l_evaluation": "O" in mark,
        }
        for name, mark in sorted(marks.items())
        if wanted in mark
    ]


def test_a_walk_reads_one_publication() -> None:
    service = Service()
    first, second = [siret(number) + "F" for number in (1, 2, 3)], [siret(number) + "F" for number in (2, 9)]
    service.registry.put(index("certification/RS1", first), index("certification/RS1", second, generation=2))
    start = json.loads(service.call(CERTIFICATION, code="RS1", query={"limite": "2"}).body)
    service.registry.pointer = publication(2)
    rest = service.call(CERTIFICATION, code="RS1", query={"limite": "2", "curseur": start["meta"]["curseur"]})
    assert [entry["siret"] for entry in json.loads(rest.body)["data"]] == [siret(3)]


@pytest.mark.parametrize(
    ("resource", "path", "identifier", "entries", "told"),
    [
        ("/v1/unites-legales/{siren}/etablissements", {"siren": "990000101"}, "siren/990000101", [siret(1)], {}),
        ("/v1/uai/{uai}/etablissements", {"uai": "0861288H"}, "uai/0861288H", [siret(1)], {}),
        (
            "/v1/declarations/{nda}/etablissements",
            {"nda": "2202P002202"},
            "nda/2202P002202",
            [siret(1) + "I"],
            {"actif": False},
        ),
        (
            "/v1/declarations/{nda}/etablissements",
            {"nda": "1,17204E+10 / 2"},
            "nda/1,17204E+10 / 2",
            [siret(1) + "A"],
            {"actif": True},
        ),
    ],
)
def test_each_identifier(
    resource: str, path: dict[str, str], identifier: str, entries: list[str], told: dict[str, Any]
) -> None:
    service = Service()
    assert codes(service.call(resource, **path)) == (404, ["33003"])
    service.registry.put(index(identifier, entries))
    assert json.loads(service.call(resource, **path).body)["data"] == [{"siret": siret(1), **told}]
    service.registry.put(Item(id=identifier, etat="retire", jour="2026-11-24", generation=1))
    assert codes(service.call(resource, **path)) == (404, ["33003"])
    assert codes(service.call(resource, **dict.fromkeys(path, "\x00")))[0] == 422


@pytest.mark.parametrize("nda", [" ", "1\t2", "\ud800", "1" * 101])
def test_what_is_no_declaration_at_all(nda: str) -> None:
    assert codes(Service().call("/v1/declarations/{nda}/etablissements", nda=nda)) == (422, ["00303"])


@pytest.mark.parametrize(
    "query", [{"role": "les deux"}, {"limite": "0"}, {"limite": "1001"}, {"limite": "²"}, {"curseur": "é"}]
)
def test_wrong_parameters(query: dict[str, str]) -> None:
    assert Service().call(CERTIFICATION, code="RNCP1", query=query).status == 422


def test_a_cursor_of_a_publication_to_come() -> None:
    service = Service()
    service.registry.put(index("certification/RS1", [siret(number) for number in range(9)]))
    service.registry.pointer = publication(5)
    started = json.loads(service.call(CERTIFICATION, code="RS1", query={"limite": "2"}).body)["meta"]["curseur"]
    service.registry.pointer = publication(4)
    assert codes(service.call(CERTIFICATION, code="RS1", query={"curseur": started})) == (422, ["00309"])

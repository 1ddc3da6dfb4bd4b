"""Our own resources on establishments."""

import json
from typing import Any

import pytest
from quiforme.api.establishments import LARGEST_BATCH, LARGEST_REQUEST, LARGEST_TOGETHER

from tools.in_process.documents import IDENTITY, OTHER, SIRET, declaration, details, empty, habilitation, item, siret
from tools.in_process.lookup import SCOPES, Service, codes, publication

ONE = "/v1/etablissements/{siret}"
BATCH = "/v1/etablissements/recherche"
JSON = {"Content-Type": "application/json; charset=utf-8"}


def batch(service: Service, *sirets: str, **changes: Any) -> Any:
    return service.call(BATCH, "POST", body=json.dumps({"sirets": sirets}), headers=JSON, **changes)


def test_the_document_and_what_is_known_beside_it() -> None:
    service = Service()
    service.registry.pointer = publication(7, "2026-11-24")
    service.registry.put(item(generation=3, jour="2026-11-20"))
    answer = json.loads(service.call(ONE, siret=SIRET).body)
    assert answer["data"] == empty(SIRET)
    assert answer["meta"]["generation"] == 7
    assert answer["meta"]["version"] == {"generation": 3, "jour": "2026-11-20"}
    assert answer["meta"]["etablissement"]["denomination"] == "Organisme"
    assert answer["meta"]["etablissement"]["etat_administratif"] == "A"


def test_the_identity_is_shown_to_those_who_may_see_it() -> None:
    service = Service()
    service.registry.put(item(non_diffusible=True))
    for resource in (ONE, "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences"):
        query = {"context": "c", "object": "o", "recipient": OTHER}
        masked = json.loads(service.call(resource, siret=SIRET, query=query).body)["meta"]["etablissement"]
        assert identity_of(masked) == dict.fromkeys(IDENTITY, "[ND]")
        assert masked["activite_principale"] == "85.59A"
        shown = service.call(resource, siret=SIRET, query=query, scopes=f"{SCOPES} non_diffusibles")
        assert identity_of(json.loads(shown.body)["meta"]["etablissement"]) == IDENTITY
    [entry] = json.loads(batch(service, SIRET).body)["data"]
    assert identity_of(entry["meta"]["etablissement"]) == dict.fromkeys(IDENTITY, "[ND]")


def identity_of(establishment: dict[str, Any]) -> dict[str, Any]:
    """What is masked of what is said of an establishment."""
    return {name: establishment[name] for name in IDENTITY}


def test_what_the_raw_format_alone_needs_is_left_out() -> None:
    service = Service()
    document = {**empty(SIRET), "habilitations_france_competence": [habilitation()]}
    titled = json.dumps(details(document), ensure_ascii=False, separators=(",", ":"))
    titled = titled.replace("Titre de RNCP1", '}},\\"fiches\\":{')
    service.registry.put(item(document, details=titled))
    meta = json.loads(service.call(ONE, siret=SIRET).body)["meta"]
    assert "fiches" not in meta
    assert meta["habilitations"] == json.loads(titled)["habilitations"]
    assert meta["habilitations"]["RNCP1"]["intitule"] == '}},"fiches":{'


def test_what_an_earlier_version_stored_is_read_as_it_was_stored() -> None:
    service = Service()
    old = '{"denomination":"Organisme","adresse":null}'
    sirene = '{"etat_administratif":"A","date_fermeture":null,"siret_successeur":null,"diffusion_partielle":true}'
    stored = f'{{"etablissement":{sirene},"habilitations":{{}}}}'
    service.registry.put(item(identite=old, details=stored, non_diffusible=True))
    told = json.loads(service.call(ONE, siret=SIRET).body)["meta"]["etablissement"]
    assert told == {"denomination": "[ND]", "adresse": "[ND]", **json.loads(sirene)}
    shown = service.call(ONE, siret=SIRET, scopes=f"{SCOPES} non_diffusibles")
    assert json.loads(shown.body)["meta"]["etablissement"] == {**json.loads(old), **json.loads(sirene)}


def test_as_of_a_day() -> None:
    service = Service()
    service.registry.pointer = publication(3, "2026-11-24")
    certified = {**empty(SIRET), "declarations_activites_etablissement": [declaration()]}
    service.registry.put(item(certified, generation=1), item(empty(SIRET), generation=3))
    service.registry.days = {
        "2026-11-01": publication(1, "2026-11-01"),
        "2026-11-10": publication(2, "2026-11-10"),
        "2026-11-24": publication(3, "2026-11-24"),
    }

    def on(day: str) -> list[Any]:
        answer = json.loads(service.call(ONE, siret=SIRET, query={"date": day}).body)
        assert answer["meta"]["jour"] <= day
        found: list[Any] = answer["data"]["declarations_activites_etablissement"]
        return found

    assert on("2026-11-01") == on("2026-11-10") == on("2026-11-23") == [declaration()]
    assert on("2026-11-24") == []
    too_early = service.call(ONE, siret=SIRET, query={"date": "2026-10-31"})
    assert json.loads(too_early.body)["errors"][0]["meta"]["raison"] == "hors_historique"
    service.registry.days["2010-01-01"] = publication(1, "2010-01-01")
    forgotten = service.call(ONE, siret=SIRET, query={"date": "2016-11-01"})
    assert json.loads(forgotten.body)["errors"][0]["meta"]["raison"] == "hors_historique"


@pytest.mark.parametrize("text", ["", "2026-13-01", "24/11/2026", "2026-W01-1", "20261124", "2026-11-26", "٢٠٢٦-11-24"])
def test_no_such_day(text: str) -> None:
    assert codes(Service().call(ONE, siret=SIRET, query={"date": text})) == (422, ["00306"])


def test_everything_wrong_is_told_at_once() -> None:
    answer = Service().call(ONE, siret="1", query={"date": "x", "jour": "y", "recipient": "z", "context": ["a", "b"]})
    assert codes(answer) == (422, ["00310", "00311", "00210", "00302", "00306"])


def test_a_batch_answers_each_siret_in_the_order_asked() -> None:
    service = Service()
    gone = siret(5)
    service.registry.put(item(), item({**empty(OTHER)}, etat="hors_perimetre"), item(empty(gone), etat="retire"))
    answer = batch(service, OTHER, SIRET, "123", gone, siret(6))
    entries = json.loads(answer.body)["data"]
    assert [(entry["siret"], entry["status"]) for entry in entries] == [
        (OTHER, 404),
        (SIRET, 200),
        ("123", 422),
        (gone, 404),
        (siret(6), 404),
    ]
    assert entries[0]["errors"][0]["meta"]["raison"] == "hors_perimetre"
    assert entries[1]["data"] == empty(SIRET)
    assert answer.audit == {"sirets": [OTHER, SIRET, "123", gone, siret(6)]}
    assert service.registry.reads == 4


def test_a_batch_with_the_same_siret_twice_and_text_that_no_utf_8_holds() -> None:
    service = Service()
    service.registry.put(item())
    answer = batch(service, SIRET, SIRET, "\ud800")
    entries = json.loads(answer.body.encode())["data"]
    assert [(entry["siret"], entry["status"]) for entry in entries] == [(SIRET, 200), (SIRET, 200), ("?", 422)]


def test_a_batch_is_one_call() -> None:
    service = Service()
    answer = batch(service, SIRET, OTHER, authorizer={"rate_limit_per_minute": "2"})
    assert answer.headers["RateLimit-Remaining"] == "1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[" * 10_000, 400),
        ("[]", 422),
        ('{"sirets": "1"}', 422),
        ('{"sirets": []}', 422),
        ('{"sirets": [1]}', 422),
        ('{"sirets": ["1"], "date": "2026-11-01"}', 422),
        (json.dumps({"sirets": [siret(number) for number in range(LARGEST_BATCH + 1)]}), 422),
        (" " * (LARGEST_REQUEST + 1), 413),
    ],
)
def test_no_batch(body: str, status: int) -> None:
    answer = Service().call(BATCH, "POST", body=body, headers=JSON)
    assert answer.status == status
    assert json.loads(answer.body)["errors"]


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_no_json(media_type: str) -> None:
    answer = Service().call(BATCH, "POST", body='{"sirets": []}', headers={"content-type": media_type})
    assert codes(answer) == (415, ["00415"])


def test_a_document_too_large_for_its_batch_is_to_be_asked_alone() -> None:
    service = Service()
    large = {**empty(OTHER), "code_uai": "x" * LARGEST_TOGETHER}
    service.registry.put(item(), item(large))
    entries = json.loads(batch(service, OTHER, SIRET).body)["data"]
    assert [(entry["siret"], entry["status"]) for entry in entries] == [(OTHER, 413), (SIRET, 200)]

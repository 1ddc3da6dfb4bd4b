"""The follow-up of anomalies: who sees which, the pages, the steps, the statistics."""

import json
from typing import Any

import pytest
from quiforme.anomalies.follow_up import FollowUpStep
from quiforme.api.parameters import encoded_cursor

from tests.integration.api.news import news
from tools.in_process.lookup import Service, codes
from tools.openapi.examples import ANOMALIES, ANOMALY, STATISTICS, STEP

STEP_OF_MARTIN = {"statut": "contactee", "commentaire": "Rappeler lundi.", "auteur": "C. Martin", "version": 0}
IN_CORSICA: dict[str, Any] = {"authorizer": {"regions": "94"}}


def name(number: int) -> str:
    return f"{number:032x}"


@pytest.fixture
def service() -> Service:
    service = Service()
    service.follow_up.record(
        [
            news(1, day="2026-11-20"),
            news(2, day="2026-11-22", code="etablissement_ferme"),
            news(3, day="2026-11-21", region="94"),
            news(4, region=None),
            news(5),
            news(5, 2, status="resolue", day="2026-11-24"),
            news(6, announcement="retenue"),
            news(7, announcement="abandonnee"),
            news(8, announcement="classee", region="94", announced=False),
        ]
    )
    return service


def listed(service: Service, **given: Any) -> list[int]:
    """The numbers of every page, in order."""
    query, found = dict(given.pop("query", {})), []
    while True:
        answer = service.call(ANOMALIES, query=query, **given)
        assert answer.status == 200, answer.body
        body = json.loads(answer.body)
        found += [int(one["id"], 16) for one in body["data"]]
        if body["meta"]["curseur"] is None:
            assert body["links"]["next"] is None
            return found
        query["curseur"] = body["meta"]["curseur"]


def step(service: Service, number: int, *, sent: Any = None, **given: Any) -> Any:
    text = json.dumps(STEP_OF_MARTIN if sent is None else sent)
    headers = {"Content-Type": "application/json"}
    return service.call(STEP, "POST", id=name(number), body=text, headers=headers, **given)


def test_open_ones_first_region_by_region_the_latest_change_first(service: Service) -> None:
    assert listed(service) == [2, 1, 8, 3, 4, 5]


@pytest.mark.parametrize("limit", ["1", "2", "3", "4", "5", "6", "100"])
def test_pages_of_every_size_make_the_same_walk(service: Service, limit: str) -> None:
    assert listed(service, query={"limite": limit}) == [2, 1, 8, 3, 4, 5]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"etat": "ouverte"}, [2, 1, 8, 3, 4]),
        ({"etat": "resolue"}, [5]),
        ({"region": "94"}, [8, 3]),
        ({"region": "53"}, []),
        ({"code": "etablissement_ferme"}, [2]),
        ({"severite": "critique"}, [2]),
        ({"severite": "majeure", "region": "11", "etat": "ouverte"}, [1]),
        ({"depuis": "2026-11-22"}, [2, 8, 4, 5]),
        ({"depuis": "2026-11-22", "limite": "1"}, [2, 8, 4, 5]),
        ({"code": "siret_inconnu", "limite": "1"}, [1, 8, 3, 4, 5]),
    ],
)
def test_filters(service: Service, query: dict[str, str], found: list[int]) -> None:
    assert listed(service, query=query) == found


def test_a_token_sees_its_regions_alone(service: Service) -> None:
    assert listed(service, **IN_CORSICA) == [8, 3]
    assert listed(service, authorizer={"regions": "94 11"}) == [2, 1, 8, 3, 5]
    assert service.call(ANOMALY, id=name(3), **IN_CORSICA).status == 200
    for number in (1, 4):
        assert codes(service.call(ANOMALY, id=name(number), **IN_CORSICA)) == (404, ["33003"])
        assert codes(step(service, number, **IN_CORSICA)) == (404, ["33003"])
    for resource in (ANOMALIES, STATISTICS):
        service.follow_up.record_statistics({"jour": "2026-11-24", "generation": 4, "lignes": []})
        assert codes(service.call(resource, query={"region": "11"}, **IN_CORSICA)) == (403, ["00100"])
        assert service.call(resource, query={"region": "94"}, **IN_CORSICA).status == 200


def test_the_cursor_of_another_token_opens_nothing(service: Service) -> None:
    first = json.loads(service.call(ANOMALIES, query={"limite": "1"}).body)["meta"]["curseur"]
    assert listed(service, query={"limite": "1", "curseur": first}, **IN_CORSICA) == [8, 3]


def test_a_walk_that_goes_on_with_other_filters_goes_on_from_its_place(service: Service) -> None:
    first = json.loads(service.call(ANOMALIES, query={"limite": "1"}).body)["meta"]["curseur"]
    assert listed(service, query={"curseur": first}) == [1, 8, 3, 4, 5]
    assert listed(service, query={"curseur": first, "depuis": "2026-11-23"}) == [8, 4, 5]
    assert listed(service, query={"curseur": first, "region": "94"}) == [8, 3]
    assert listed(service, query={"curseur": first, "etat": "resolue"}) == [5]
    assert listed(service, query={"curseur": first, "region": "01", "etat": "ouverte"}) == []
    assert codes(service.call(ANOMALIES, query={"curseur": encoded_cursor("ouverte/99/")})) == (422, ["00309"])


def test_what_is_held_or_dropped_is_not_there(service: Service) -> None:
    for number in (6, 7, 9):
        assert codes(service.call(ANOMALY, id=name(number))) == (404, ["33003"])
        assert codes(step(service, number)) == (404, ["33003"])


@pytest.mark.parametrize("resource", [ANOMALIES, ANOMALY, STATISTICS])
def test_the_scope_is_asked_for(service: Service, resource: str) -> None:
    other = "certifications_qualiopi_france_competences exports non_diffusibles"
    assert codes(service.call(resource, scopes=other, id=name(1))) == (403, ["00100"])
    assert codes(step(service, 1, scopes=other)) == (403, ["00100"])
    assert service.follow_up.steps == {}


def test_one_with_its_history(service: Service) -> None:
    data = json.loads(service.call(ANOMALY, id=name(5)).body)["data"]
    assert (data["etat"], data["derniere_evolution"], data["suivi"], data["suivis"]) == (
        "resolue",
        "2026-11-24",
        None,
        [],
    )
    assert [(one["evenement"], one["jour"], one["annonce"]) for one in data["evenements"]] == [
        ("ouverte", "2026-11-23", True),
        ("resolue", "2026-11-24", True),
    ]


def test_a_step_is_taken(service: Service) -> None:
    data = json.loads(step(service, 1).body)["data"]
    assert data["suivi"] == {
        "version": 1,
        "statut": "contactee",
        "motif": None,
        "commentaire": "Rappeler lundi.",
        "auteur": "C. Martin",
        "le": data["suivi"]["le"],
        "constats_changes": False,
    }
    sent = {"statut": "classee", "motif": " Doublon connu. ", "auteur": "C. Martin", "version": 1}
    data = json.loads(step(service, 1, sent=sent).body)["data"]
    assert [one["statut"] for one in data["suivis"]] == ["contactee", "classee"]
    assert data["suivi"]["motif"] == "Doublon connu."
    assert list(service.follow_up.dismissed()) == [(name(1), "un".ljust(32, "0"))]
    # Its evidence changes: what was judged is not what is there.
    service.follow_up.record([news(1, 2, evidence="deux")])
    assert json.loads(service.call(ANOMALY, id=name(1)).body)["data"]["suivi"]["constats_changes"]
    # And whoever contacts it after all ends the silence.
    step(service, 1, sent={**STEP_OF_MARTIN, "version": 2})
    assert list(service.follow_up.dismissed()) == []


def test_two_agents_at_once(service: Service) -> None:
    assert step(service, 1).status == 200
    other = {**STEP_OF_MARTIN, "auteur": "A. Petit"}
    refused = step(service, 1, sent=other)
    assert codes(refused) == (409, ["00409"])
    assert json.loads(refused.body)["errors"][0]["meta"] == {"version": 1}
    assert len(service.follow_up.steps[name(1)]) == 1


def test_nobody_judges_an_evidence_unseen(service: Service) -> None:
    [seen] = json.loads(service.call(ANOMALY, id=name(1)).body)["data"]["evenements"]
    judged = {"statut": "classee", "motif": "Doublon connu.", "auteur": "C. Martin", "evenement": seen["id"]}
    service.follow_up.record([news(1, 2, evidence="deux")])
    refused = step(service, 1, sent={**judged, "version": 0})
    assert codes(refused) == (409, ["00409"])
    last = json.loads(service.call(ANOMALY, id=name(1)).body)["data"]["evenements"][-1]["id"]
    assert json.loads(refused.body)["errors"][0]["meta"] == {"evenement": last}
    assert service.follow_up.steps == {}
    assert step(service, 1, sent={**judged, "version": 0, "evenement": last}).status == 200
    assert step(service, 1, sent={**judged, "version": 0, "evenement": last}).status == 200  # its answer was lost
    assert len(service.follow_up.steps[name(1)]) == 1


def test_the_same_step_again_changes_nothing(service: Service) -> None:
    first, again = step(service, 1), step(service, 1)
    assert (again.status, again.body) == (200, first.body)
    assert len(service.follow_up.steps[name(1)]) == 1


def test_another_agent_is_faster(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    add = service.follow_up.add

    def overtaken(identifier: str, own: FollowUpStep) -> None:
        add(identifier, FollowUpStep(1, "confirmee", None, None, "A. Petit", own.le, own.empreinte, "jti-2"))
        add(identifier, own)

    monkeypatch.setattr(service.follow_up, "add", overtaken)
    assert codes(step(service, 1)) == (409, ["00409"])
    assert [one.auteur for one in service.follow_up.steps[name(1)]] == ["A. Petit"]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"statut": "ouverte"}, 1),
        ({"statut": None}, 1),
        ({"statut": ["contactee"]}, 1),
        ({"statut": "classee"}, 1),
        ({"statut": "classee", "motif": " "}, 1),
        ({"motif": "x"}, 1),
        ({"auteur": ""}, 1),
        ({"auteur": "a" * 201}, 1),
        ({"auteur": 3}, 1),
        ({"auteur": "C. \ud800"}, 1),
        ({"commentaire": "\udfff"}, 1),
        ({"statut": "classee", "motif": "x\udc00"}, 1),
        ({"commentaire": ""}, 1),
        ({"commentaire": "a" * 2001}, 1),
        ({"version": "0"}, 1),
        ({"version": True}, 1),
        ({"version": -1}, 1),
        ({"evenement": 1}, 1),
        ({"evenement": "plus tôt"}, 1),
        ({"autre": 1}, 1),
        ({"statut": "x", "auteur": None, "version": 1.5, "autre": 1}, 4),
    ],
)
def test_steps_that_are_refused(service: Service, change: dict[str, Any], number: int) -> None:
    assert codes(step(service, 1, sent=STEP_OF_MARTIN | change)) == (422, ["00318"] * number)
    assert service.follow_up.steps == {}


@pytest.mark.parametrize("sent", [[], "x", 1, None])
def test_a_step_is_an_object(service: Service, sent: Any) -> None:
    answer = service.call(STEP, "POST", id=name(1), body=json.dumps(sent), headers={"Content-Type": "application/json"})
    assert codes(answer) == (422, ["00318"])


def test_statistics(service: Service) -> None:
    assert codes(service.call(STATISTICS)) == (503, ["33020"])
    lines = [
        {"toutes_regions": True, "region": None, "code": "siret_inconnu", "ouvertes": 3},
        {"toutes_regions": False, "region": "11", "code": "siret_inconnu", "ouvertes": 1},
        {"toutes_regions": False, "region": "94", "code": "siret_inconnu", "ouvertes": 1},
        {"toutes_regions": False, "region": None, "code": "siret_inconnu", "ouvertes": 1},
        {"toutes_regions": False, "region": "11", "code": "etablissement_ferme", "ouvertes": 1},
    ]
    service.follow_up.record_statistics({"jour": "2026-11-24", "generation": 4, "lignes": lines})

    def told(**given: Any) -> list[Any]:
        body = json.loads(service.call(STATISTICS, **given).body)
        assert body["meta"] == {"jour": "2026-11-24", "generation": 4}
        data: list[Any] = body["data"]
        return data

    assert told() == lines
    assert told(**IN_CORSICA) == lines[2:3]
    assert told(query={"region": "11"}) == [lines[1], lines[4]]
    assert told(query={"code": "etablissement_ferme"}) == lines[4:]

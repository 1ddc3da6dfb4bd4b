"""The history of a document."""

import json
from typing import Any
from urllib.parse import parse_qsl

from tools.in_process.documents import SIRET, declaration, details, empty, habilitation, item
from tools.in_process.lookup import Service, codes, publication

RESOURCE = "/v1/etablissements/{siret}/historique"


def changes(service: Service, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = json.loads(service.call(RESOURCE, siret=SIRET, query=query).body)
        found += answer["data"]
        if answer["links"]["next"] is None:
            return found
        query = dict(parse_qsl(answer["links"]["next"].removeprefix("?")))


def story() -> Service:
    """Certified, then no longer; a fiche gained; closed; gone; back."""
    service = Service()
    service.registry.pointer = publication(9)
    certified = {**empty(SIRET), "declarations_activites_etablissement": [declaration()]}
    lapsed = {
        **empty(SIRET),
        "declarations_activites_etablissement": [
            declaration(certification_qualiopi={**declaration()["certification_qualiopi"], "action_formation": False})
        ],
    }
    trained = {**lapsed, "habilitations_france_competence": [habilitation("RNCP1")]}
    closed = details(trained, etat_administratif="F")
    retitled = json.dumps(closed).replace("Titre", "Autre titre")
    service.registry.put(
        item(certified, generation=1, jour="2026-11-01"),
        item(lapsed, generation=2, jour="2026-11-02"),
        item(trained, generation=4, jour="2026-11-04"),
        item(trained, generation=5, jour="2026-11-05", details=json.dumps(closed)),
        item(trained, generation=6, jour="2026-11-06", details=retitled),
        item(empty(SIRET), etat="retire", generation=7, jour="2026-11-07", data="", details="", identite=""),
        item(trained, generation=8, jour="2026-11-08"),
    )
    return service


def test_every_change_newest_first() -> None:
    told = changes(story())
    assert [(one["jour"], one["nature"]) for one in told] == [
        ("2026-11-08", "publication"),
        ("2026-11-07", "retrait"),
        ("2026-11-05", "modification"),
        ("2026-11-04", "modification"),
        ("2026-11-02", "modification"),
        ("2026-11-01", "publication"),
    ]
    assert told[2]["changements"] == [{"chemin": "etablissement.etat_administratif", "avant": "A", "apres": "F"}]
    assert told[3]["changements"] == [
        {"chemin": "habilitations_france_competence/RNCP1", "avant": None, "apres": habilitation("RNCP1")}
    ]
    [lost] = told[4]["changements"]
    assert lost == {
        "chemin": "declarations_activites_etablissement/11750000175.certification_qualiopi.action_formation",
        "avant": True,
        "apres": False,
    }


def test_pages_tell_the_same() -> None:
    for limit in range(1, 8):
        assert changes(story(), limite=str(limit)) == changes(story())


def test_what_a_roll_back_took_away_is_not_told() -> None:
    service = story()
    service.registry.pointer = publication(2)
    assert [one["generation"] for one in changes(service)] == [2, 1]


def test_what_was_gone_back_from_counts_from_the_run_that_published_it_again() -> None:
    """Days 2 and 4 were withdrawn; generation 6 was published on the 9th from what stood at 1."""
    service = story()
    service.registry.items = {key: one for key, one in service.registry.items.items() if one.generation in (1, 2, 4, 8)}
    service.registry.pointer = publication(9, withdrawn=[[2, 5, "2026-11-09"]])
    told = changes(service)
    assert [(one["jour"], one["generation"]) for one in told] == [
        ("2026-11-08", 8),
        ("2026-11-09", 6),
        ("2026-11-01", 1),
    ][1:]
    for limit in (1, 2, 3):
        assert changes(service, limite=str(limit)) == told
    one = json.loads(service.call("/v1/etablissements/{siret}", siret=SIRET).body)
    assert one["meta"]["version"] == {"generation": 8, "jour": "2026-11-08"}
    del service.registry.items[SIRET, 8]
    one = json.loads(service.call("/v1/etablissements/{siret}", siret=SIRET).body)
    assert one["meta"]["version"] == {"generation": 6, "jour": "2026-11-09"}


def test_the_oldest_version_kept_is_not_called_the_first() -> None:
    service = story()
    service.registry.put(item(generation=1, jour="2016-01-01"))
    assert changes(service)[-1]["nature"] == "premiere_version_conservee"


def test_what_an_earlier_version_did_not_store_is_no_change() -> None:
    service = Service()
    service.registry.pointer = publication(2)
    now = details(empty(SIRET), etat_administratif="F")
    known = ("etat_administratif", "date_fermeture", "siret_successeur", "diffusion_partielle")
    before = {"etablissement": {name: now["etablissement"][name] for name in known}, "habilitations": {}}
    service.registry.put(
        item(generation=1, details=json.dumps(before)), item(generation=2, jour="2026-11-25", details=json.dumps(now))
    )
    assert [one["nature"] for one in changes(service)] == ["publication"]
    before["etablissement"]["etat_administratif"] = "A"
    service.registry.put(item(generation=1, details=json.dumps(before)))
    assert changes(service)[0]["changements"] == [
        {"chemin": "etablissement.etat_administratif", "avant": "A", "apres": "F"}
    ]


def test_unknown() -> None:
    assert codes(Service().call(RESOURCE, siret=SIRET)) == (404, ["33003"])

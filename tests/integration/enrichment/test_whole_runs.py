"""The enrichments in whole runs, from the services to the documents and the messages."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from quiforme.enrichment import recent_sirene
from quiforme.registry.ports import Item

from tools.fictitious_france import FIRST_DAY, ban, write_day
from tools.in_process.http_service import Clock, Reply, Request, serve
from tools.in_process.insee import Insee, establishment
from tools.in_process.system import System


def geocoder(request: Request) -> Reply:
    return Reply(200, ban.answer(request.headers["Content-Type"], request.body))


def address_events(system: System) -> list[tuple[str, str]]:
    events, system.outbox.events = system.outbox.events, []
    told = ((event["type"].split(".")[3], event["data"]["code"]) for event in events)
    return sorted(one for one in told if one[1].startswith("adresse_"))


@pytest.mark.prove
def test_addresses_over_the_days_and_through_an_outage(tmp_path: Path) -> None:
    """Both cases open on day 1, change on day 2, close on day 4 and open again on day 5 (tools.fictitious_france.cast)."""
    system = System(tmp_path)
    told = []
    with serve(geocoder, Clock()) as service:
        system.geocoder_address = service.address
        for number in range(6):
            day = FIRST_DAY + timedelta(days=number)
            write_day(system.drop, day)
            if number == 2:
                service.truth = lambda _: Reply(413)
            summary = system.ingest(day)
            assert (summary["services"]["geocoder"]["state"], summary["services"]["geocoder"]["pending"]) == (
                ("postponed", 2) if number == 2 else ("complete", 0)
            )
            system.reconcile(day)
            told.append(address_events(system))
            service.truth = geocoder
    both = ("adresse_divergente", "adresse_introuvable")
    kinds = (None, "ouverte", None, "modifiee", "resolue", "ouverte")
    assert told == [[(kind, code) for code in both] if kind else [] for kind in kinds]


def test_a_closure_since_the_stock_is_published_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_sirene, "SECONDS_BETWEEN_REQUESTS", 0.0)
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    system.reconcile(FIRST_DAY)
    documents = {siret: item for siret, item in system.registry.answers().items() if item.etat == "document"}
    closing = next(siret for siret, item in documents.items() if _state(item) == "A" and "11750223075" in item.data)
    system.outbox.events = []

    closed = establishment(closing, "2026-11-20T10:00:00", etat="F", debut="2026-11-18")
    insee = Insee(updated="2026-11-23T04:00:00", establishments=[closed])
    with serve(insee, Clock()) as service:
        system.sirene_address = f"{service.address}/3.11"
        for number in (0, 1):
            summary = system.ingest(FIRST_DAY + timedelta(days=number))["services"]["sirene_api"]
            assert (summary["state"], summary["complete_up_to"], summary["kept"]) == ("complete", "2026-11-22", 1)
    system.reconcile(FIRST_DAY + timedelta(days=1))
    assert _state(system.registry.answers()[closing]) == "F"
    [event] = [one for one in system.outbox.events if one["data"]["cle"] == {"siret": closing}]
    assert event["type"] == "fr.quiforme.anomalie.ouverte.v1"
    assert event["data"]["code"] == "etablissement_ferme"
    assert event["data"]["constats"]["sirene"]["date_debut"] == "2026-11-18"


def _state(item: Item) -> str | None:
    state: str | None = json.loads(item.details)["etablissement"]["etat_administratif"]
    return state

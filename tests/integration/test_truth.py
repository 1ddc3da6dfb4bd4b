"""Every fault that was planted is told, on its day, and nothing else is: precision and recall of 1 for every rule.

The oracle finds anomalies in the files as the project must; here nobody looks for any, because who plants a fault
knows what is wrong with it (`tests/france/planted`).
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.anomalies.catalogue import RULES

from tests.enrichment.service import Clock, Reply, Request, serve
from tests.france import FIRST_DAY, ban
from tests.france.planted import DAYS, Event, World
from tests.integration.play import System

SEEDS = range(1, 21)
CODES = tuple(rule.code for rule in RULES)
NEVER_MODIFIED = {
    "perte_qualiopi",
    "perte_habilitation",
    "nda_sorti_de_liste",
    "habilitation_sur_fiche_inactive",
    "habilitation_sans_nda",
    "siret_invalide",
    "specialite_inconnue",
}
"""Their evidence says nothing that could be otherwise."""
Dated = tuple[int, Event]


@pytest.fixture(scope="module")
def geocoder() -> Iterator[str]:
    """The address of one that always answers."""

    def truth(request: Request) -> Reply:
        return Reply(200, ban.answer(request.headers["Content-Type"], request.body))

    with serve(truth, Clock()) as service:
        yield service.address


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_planted_is_told_and_nothing_else(tmp_path: Path, geocoder: str, seed: int) -> None:
    world = World(seed)
    planned = Counter((number, event) for number, events in enumerate(world.plan()) for event in events)
    assert {event.code for _, event in planned} == set(CODES)
    told = Counter(play(System(tmp_path, geocoder_address=geocoder), world))
    assert planned == told, table(planned, told)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_nothing_is_told_where_nothing_was_planted(tmp_path: Path, geocoder: str, seed: int) -> None:
    """Near misses there are."""
    told = Counter(play(System(tmp_path, geocoder_address=geocoder), World(seed, sound=True)))
    assert not told, table(Counter(), told)


def test_the_worlds_have_every_event_of_every_rule() -> None:
    """A rule whose anomalies never closed, or never came back, would not be put to the test."""
    planned = [event for seed in SEEDS for events in World(seed).plan() for event in events]
    lived = Counter((event.code, event.evenement) for event in planned)
    lived.update((event.code, "ouverte encore") for event in planned if event[0] == "ouverte" and event.occurrence > 1)
    kinds = ("ouverte", "modifiee", "resolue", "ouverte encore")
    missing = {(code, kind) for code in CODES for kind in kinds if not lived[code, kind]}
    assert missing == {(code, "modifiee") for code in NEVER_MODIFIED}


def play(system: System, world: World) -> Iterator[Dated]:
    """What is told over the days."""
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        world.write(system.drop, number)
        system.ingest(day)
        summary = system.reconcile(day)
        compared = {rule.code for rule in RULES if rule.compare_avant and not number}
        assert set(summary["rules_not_evaluated"]) == compared
        yield from ((number, _event(message)) for message in system.outbox.events)
        system.outbox.events = []


def _event(message: dict[str, Any]) -> Event:
    data = message["data"]
    cle = json.dumps(data["cle"], sort_keys=True)
    return Event(message["type"].split(".")[3], data["code"], cle, data["occurrence"])


def table(planned: Counter[Dated], told: Counter[Dated]) -> str:
    """Precision and recall by rule, and the first events that are missing or too many."""
    lines = [f"\n{'code':32} {'planned':>8} {'told':>6} {'precision':>10} {'recall':>7}"]
    missed, invented = planned - told, told - planned
    for code in CODES:
        of_code = [Counter({one: n for one, n in every.items() if one[1].code == code}) for every in (planned, told)]
        right = (of_code[0] & of_code[1]).total()
        shares = [f"{right / every.total():.3f}" if every else "-" for every in reversed(of_code)]
        lines.append(
            f"{code:32} {of_code[0].total():8} {of_code[1].total():6} {shares[0]:>10} {shares[1]:>7}"
            f"{'' if of_code[0] == of_code[1] else '   <---'}"
        )
    for title, events in (("missed", missed), ("invented", invented)):
        lines += [f"{title}: day {number}, {' '.join(map(str, event))}" for number, event in sorted(events)[:20]]
    return "\n".join(lines)

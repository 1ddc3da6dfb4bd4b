"""Playing a world of planted faults through the whole system, and comparing what is told with what was planned."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from quiforme.anomalies.catalogue import RULES

from tools.fictitious_france import FIRST_DAY, ban
from tools.fictitious_france.planted import DAYS, Event, World
from tools.in_process.http_service import Clock, Reply, Request, serve
from tools.in_process.system import System

CODES = tuple(rule.code for rule in RULES)
Dated = tuple[int, Event]


def check(world: World, folder: Path) -> None:
    """Play a world in an empty folder: what is told must be what was planned, event by event and day by day."""
    planned = Counter((number, event) for number, events in enumerate(world.plan()) for event in events)
    with _geocoder() as address:
        told = Counter(_play(System(folder, geocoder_address=address), world))
    assert planned == told, table(planned, told)


@contextmanager
def _geocoder() -> Iterator[str]:
    """The address of one that always answers."""

    def truth(request: Request) -> Reply:
        return Reply(200, ban.answer(request.headers["Content-Type"], request.body))

    with serve(truth, Clock()) as service:
        yield service.address


def _play(system: System, world: World) -> Iterator[Dated]:
    """What is told over the days."""
    for number in range(DAYS):
        day = FIRST_DAY + timedelta(days=number)
        world.write(system.drop, number)
        system.ingest(day)
        summary = system.reconcile(day)
        compared = {rule.code for rule in RULES if rule.compares_with_previous and not number}
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

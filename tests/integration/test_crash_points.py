"""A reconciliation that dies at any of its changes, before or after it takes effect: nothing is lost, nothing invented."""

import shutil
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.anomalies.ports import AnomalyEvent, LedgerState

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.doubles import Died, FolderStorage, MemoryFollowUp, MemoryOutbox, MemoryPointer
from tools.in_process.system import System

DAY = FIRST_DAY + timedelta(days=3)


@dataclass
class Fate:
    """When to die: at the n-th change of a kind."""

    kind: str = ""
    number: int = -1
    after_effect: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    def change(self, kind: str, effect: Callable[[], object]) -> None:
        """Make a change, unless the hour has come."""
        self.seen[kind] = self.seen.get(kind, 0) + 1
        dying = kind == self.kind and self.seen[kind] == self.number
        if dying and not self.after_effect:
            raise Died
        effect()
        if dying:
            raise Died


class MortalStorage(FolderStorage):
    fate: Fate

    def put(self, key: str, source: Path) -> None:
        self.fate.change(f"put {Path(key).name}", lambda: super(MortalStorage, self).put(key, source))

    def write(self, key: str, content: bytes) -> None:
        # What is put goes through here as well.
        if key.endswith("statistics.json"):
            self.fate.change("put statistics.json", lambda: super(MortalStorage, self).write(key, content))
        else:
            super().write(key, content)


class MortalPointer(MemoryPointer):
    fate: Fate

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        self.fate.change("move", lambda: super(MortalPointer, self).move(state, replacing=replacing))


class MortalFollowUp(MemoryFollowUp):
    fate: Fate

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        for one in news:
            self.fate.change("record", lambda one=one: super(MortalFollowUp, self).record([one]))  # type: ignore[misc]  # its default is its value

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        self.fate.change("statistics", lambda: super(MortalFollowUp, self).record_statistics(statistics))


class MortalOutbox(MemoryOutbox):
    fate: Fate

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            self.fate.change("send", lambda event=event: super(MortalOutbox, self).send([event]))  # type: ignore[misc]


@dataclass
class Mortal(System):
    """A system whose reconciliations may die."""

    fate: Fate = field(default_factory=Fate)

    @property
    def storage(self) -> FolderStorage:
        storage = MortalStorage(self.root / "storage")
        storage.fate = self.fate
        return storage


def _mortal(before: System, root: Path, fate: Fate) -> Mortal:
    """A system as it stood before, that dies when it is fated to."""
    shutil.copytree(before.root, root, dirs_exist_ok=True)
    pointer = MortalPointer(before.pointer.state)
    follow_up = MortalFollowUp(dict(before.follow_up.events), before.follow_up.counted)
    outbox = MortalOutbox()
    pointer.fate = follow_up.fate = outbox.fate = fate
    return Mortal(root, deepcopy(before.registry), pointer, follow_up, outbox, fate=fate, announced=before.announced)


def _play(system: System, day: date) -> None:
    write_day(system.drop, day, size=60)
    system.ingest(day)


@dataclass
class Regular:
    """What happens when nothing goes wrong."""

    before: System
    fate: Fate
    events: dict[str, dict[str, Any]]
    known: dict[tuple[str, int], AnomalyEvent]
    state: LedgerState | None
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def regular(tmp_path_factory: pytest.TempPathFactory) -> Regular:
    before = System(tmp_path_factory.mktemp("before"))
    for number in range(3):
        _play(before, FIRST_DAY + timedelta(days=number))
        before.reconcile(FIRST_DAY + timedelta(days=number))
    _play(before, DAY)
    fate = Fate()
    system = _mortal(before, tmp_path_factory.mktemp("regular"), fate)
    summary = system.reconcile(DAY)
    events = {event["id"]: _timeless(event) for event in system.outbox.events}
    assert len(events) >= 5
    assert len(events) == len(system.outbox.events)
    return Regular(before, fate, events, _timeless_news(system), system.pointer.state, summary)


def _timeless(event: dict[str, Any]) -> dict[str, Any]:
    """An event without what the clock alone decides."""
    return {name: value for name, value in event.items() if name != "time"}


def _timeless_news(system: System) -> dict[tuple[str, int], AnomalyEvent]:
    return {key: replace(news, event=_timeless(news.event)) for key, news in system.follow_up.events.items()}


POINTS = [
    ("put ledger.parquet", 1),
    ("put news.ndjson", 1),
    ("put statistics.json", 1),
    ("move", 1),
    ("record", 1),
    ("record", 4),
    ("record", -1),
    ("statistics", 1),
    ("send", 1),
    ("send", 3),
    ("send", -1),
    ("move", 2),
]


def test_every_kind_of_change_is_tried(regular: Regular) -> None:
    assert {kind for kind, _ in POINTS} == regular.fate.seen.keys()
    assert regular.fate.seen["move"] == 2


@pytest.mark.parametrize("after_effect", [False, *proved([True])])
@pytest.mark.parametrize(("kind", "number"), POINTS)
def test_the_next_run_makes_it_whole(
    regular: Regular, tmp_path: Path, kind: str, number: int, after_effect: bool
) -> None:
    number = number if number > 0 else regular.fate.seen[kind]
    system = _mortal(regular.before, tmp_path, Fate(kind, number, after_effect))
    with pytest.raises(Died):
        system.reconcile(DAY)
    delivered = list(system.outbox.events)
    assert {event["id"] for event in delivered} <= regular.events.keys()
    summary = system.reconcile(DAY)
    delivered = system.outbox.events
    # Every event at least once, always with the same content under the same id, and no other.
    assert {event["id"] for event in delivered} == regular.events.keys()
    assert all(_timeless(event) == regular.events[event["id"]] for event in delivered)
    times: dict[str, set[str]] = {}
    for event in delivered:
        times.setdefault(event["id"], set()).add(event["time"])
    assert all(len(known) == 1 for known in times.values())
    assert _timeless_news(system) == regular.known
    assert system.follow_up.counted
    assert system.follow_up.counted["jour"] == DAY.isoformat()
    assert summary["still_open"] == regular.summary["still_open"]
    # And then there is nothing left to say.
    system.outbox.events.clear()
    system.reconcile(DAY)
    assert system.outbox.events == []


@pytest.mark.parametrize(("kind", "number"), [("move", 1), ("record", 2), ("send", 2)])
def test_the_next_day_tells_the_dead_runs_news_first(regular: Regular, tmp_path: Path, kind: str, number: int) -> None:
    system = _mortal(regular.before, tmp_path, Fate(kind, number, after_effect=True))
    with pytest.raises(Died):
        system.reconcile(DAY)
    system.outbox.events.clear()
    _play(system, DAY + timedelta(days=1))
    system.reconcile(DAY + timedelta(days=1))
    told = [event["id"] for event in system.outbox.events]
    assert set(told[: len(regular.events)]) == regular.events.keys()
    assert len(told) == len(set(told))

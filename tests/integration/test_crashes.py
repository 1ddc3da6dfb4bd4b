"""A run that dies at any of its changes leaves the readers what they had, and the next run makes it whole."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.doubles import Died, MemoryOutbox
from tools.in_process.system import System


@dataclass(frozen=True)
class Undisturbed:
    """Three days on which no run dies: the system after the first day, and the documents of each day."""

    first: System
    documents: list[dict[str, object]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    first = System(tmp_path_factory.mktemp("first"))
    write_day(first.drop, FIRST_DAY)
    first.ingest(FIRST_DAY)
    documents = [first.registry.documents()]
    system = first.copied(tmp_path_factory.mktemp("undisturbed"))
    for number in (1, 2):
        day = FIRST_DAY + timedelta(days=number)
        write_day(system.drop, day)
        system.ingest(day)
        documents.append(system.registry.documents())
    return Undisturbed(first, documents)


CHANGES = range(1, 30)
FEW = [(5, True), (28, False)]


@pytest.mark.parametrize(
    ("change", "after_effect"), [*FEW, *proved(one for one in product(CHANGES, (False, True)) if one not in FEW)]
)
def test_publication(undisturbed: Undisturbed, tmp_path: Path, change: int, after_effect: bool) -> None:
    system = undisturbed.first.copied(tmp_path)
    before, published, next_published = undisturbed.documents
    day = FIRST_DAY + timedelta(days=1)
    write_day(system.drop, day)
    system.registry.changes, system.registry.dies_at, system.registry.after_effect = 0, change, after_effect
    try:
        system.ingest(day)
    except Died:
        assert system.registry.documents() in (before, published)
    system.registry.dies_at = -1
    # The next run has other files: nothing of the dead one may show through.
    write_day(system.drop, day + timedelta(days=1))
    system.ingest(day + timedelta(days=1))
    assert system.registry.documents() == next_published
    assert system.registry.intent() is None


def test_a_late_trigger_changes_nothing(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    with pytest.raises(Exception, match="comes after"):
        system.ingest(FIRST_DAY - timedelta(days=1))


def test_events_are_sent_again_with_their_ids(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    system.outbox = MemoryOutbox(dies_after=5)
    with pytest.raises(Died):
        system.reconcile(FIRST_DAY)
    sent = [event["id"] for event in system.outbox.events]
    system.outbox = MemoryOutbox()
    summary = system.reconcile(FIRST_DAY)
    again = [event["id"] for event in system.outbox.events]
    assert again[:5] == sent
    assert len(again) == len(set(again)) == summary["still_open"]
    assert summary["opened"] == 0


@pytest.mark.prove
def test_a_missed_reconciliation_loses_no_loss(tmp_path: Path) -> None:
    regular, late = System(tmp_path / "a"), System(tmp_path / "b")
    for number in range(4):
        day = FIRST_DAY + timedelta(days=number)
        for one in (regular, late):
            write_day(one.drop, day)
            one.ingest(day)
        regular.reconcile(day)
        if number in (0, 3):
            late.reconcile(day)

    def open_of(system: System) -> set[str]:
        state: dict[str, str] = {}
        for event in system.outbox.events:
            state[event["data"]["id"]] = event["type"].split(".")[3]
        return {one for one, kind in state.items() if kind != "resolue"}

    assert open_of(late) == open_of(regular)

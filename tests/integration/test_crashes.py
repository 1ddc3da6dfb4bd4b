"""A run that dies at any of its changes leaves the readers what they had, and the next run makes it whole."""

from datetime import timedelta
from pathlib import Path

import pytest

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.doubles import Died, MemoryOutbox
from tools.in_process.system import System


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("change", [1, 2, 5, 20, 27, 28, 29])
def test_publication(tmp_path: Path, change: int, after_effect: bool) -> None:
    system, expected = System(tmp_path / "a"), System(tmp_path / "b")
    for one in (system, expected):
        write_day(one.drop, FIRST_DAY)
        one.ingest(FIRST_DAY)
    before = system.registry.documents()
    day = FIRST_DAY + timedelta(days=1)
    for one in (system, expected):
        write_day(one.drop, day)
    expected.ingest(day)
    system.registry.changes, system.registry.dies_at, system.registry.after_effect = 0, change, after_effect
    try:
        system.ingest(day)
    except Died:
        seen = system.registry.documents()
        assert seen in (before, expected.registry.documents())
    system.registry.dies_at = -1
    # The next run has other files: nothing of the dead one may show through.
    for one in (system, expected):
        write_day(one.drop, day + timedelta(days=1))
        one.ingest(day + timedelta(days=1))
    assert system.registry.documents() == expected.registry.documents()
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

"""A run that never has enough time takes one invocation for each step, with the same result."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from quiforme.registry import publish

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System


def note(system: System, seen: list[object]) -> None:
    """What readers see at this moment."""
    seen.append(system.registry.documents())


@pytest.mark.prove
def test_far_too_little_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_STRIDE", 100)
    hurried, expected = System(tmp_path / "a"), System(tmp_path / "b")
    hurried.enough_time = lambda: False
    for number in range(2):
        day = FIRST_DAY + timedelta(days=number)
        for one in (hurried, expected):
            write_day(one.drop, day)
        before = hurried.registry.documents()
        seen: list[object] = []
        hurried.between = partial(note, hurried, seen)
        summary = hurried.ingest(day)
        told = expected.ingest(day)
        assert all(documents == before for documents in seen)  # no reader saw any of it before the end
        assert summary["invocations"] >= 8
        assert hurried.registry.documents() == expected.registry.documents()
        # Without time, nothing is deleted either.
        timeless = {"seconds": 0, "invocations": 0, "deleted": 0}
        assert {**summary, **timeless} == {**told, **timeless}
        assert hurried.registry.intent() is None


def test_a_run_that_published_meanwhile_is_not_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_STRIDE", 100)
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.enough_time = lambda: False

    def another_run() -> None:
        if len(interrupted) == 0 and system.registry.intent():
            interrupted.append(True)
            system.between, system.enough_time = (lambda: None), (lambda: True)
            system.ingest(FIRST_DAY)
            system.enough_time = lambda: False

    interrupted: list[bool] = []
    system.between = another_run
    system.ingest(FIRST_DAY)
    assert interrupted
    expected = System(tmp_path / "b")
    write_day(expected.drop, FIRST_DAY)
    expected.ingest(FIRST_DAY)
    assert system.registry.documents() == expected.registry.documents()

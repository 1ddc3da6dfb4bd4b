"""Going back to a generation and forward again, forgetting what history is promised for no longer, replaying."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.registry import generations

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System

Documents = list[dict[str, object]]


def publish(system: System, number: int) -> None:
    """The run of a day, and its reconciliation."""
    day = FIRST_DAY + timedelta(days=number)
    write_day(system.drop, day)
    system.ingest(day)
    system.reconcile(day)


DAYS = 4


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> list[System]:
    """A system before the first day and after each of the first days, each in a folder of its own."""
    story = [System(tmp_path_factory.mktemp("story"))]
    for number in range(DAYS):
        system = story[-1].copied(tmp_path_factory.mktemp("story"))
        publish(system, number)
        story.append(system)
    return story


@pytest.fixture
def seen(story: list[System]) -> Documents:
    """The documents of each of the first days."""
    return [system.registry.documents() for system in story[1:]]


def test_back_and_forward(story: list[System], seen: Documents, tmp_path: Path) -> None:
    system = story[4].copied(tmp_path)
    assert generations.numbers(system.storage) == [1, 2, 3, 4]
    for number in (2, 1, 4, 3):
        assert generations.go_to(system.registry, system.storage, number, day=FIRST_DAY).newest == 4
        assert system.registry.documents() == seen[number - 1]
    for unknown in (0, 5):
        with pytest.raises(generations.NoSuchGeneration):
            generations.go_to(system.registry, system.storage, unknown, day=FIRST_DAY)


def test_a_run_after_a_roll_back_shows_nothing_of_what_was_rolled_back(story: list[System], tmp_path: Path) -> None:
    # What is expected: as if days 2 and 3 had never been.
    system, expected = story[4].copied(tmp_path / "a"), story[2].copied(tmp_path / "b")
    generations.go_to(system.registry, system.storage, 2, day=FIRST_DAY)
    system.outbox.events = []
    system.reconcile(FIRST_DAY + timedelta(days=3))
    day = FIRST_DAY + timedelta(days=4)
    for one in (system, expected):
        write_day(one.drop, day)
        one.ingest(day)
    assert system.registry.documents() == expected.registry.documents()
    assert system.registry.current() is not None
    summary = system.ingest(day)
    assert (summary["state"], summary["generation"]) == ("unchanged", 5)


def test_a_run_after_a_roll_back_says_which_generations_it_withdrew(story: list[System], tmp_path: Path) -> None:
    system = story[4].copied(tmp_path)
    generations.go_to(system.registry, system.storage, 2, day=FIRST_DAY)
    day = FIRST_DAY + timedelta(days=4)
    write_day(system.drop, day)
    system.ingest(day)
    assert system.registry.pointer
    assert system.registry.pointer.withdrawn == [[3, 4, day.isoformat()]]
    write_day(system.drop, day + timedelta(days=1))
    system.ingest(day + timedelta(days=1))
    assert system.registry.pointer.withdrawn == [[3, 4, day.isoformat()]]


def test_rolling_back_and_ingesting_the_same_again_leads_to_the_newest(
    story: list[System], seen: Documents, tmp_path: Path
) -> None:
    system = story[3].copied(tmp_path)
    generations.go_to(system.registry, system.storage, 2, day=FIRST_DAY)
    summary = system.ingest(FIRST_DAY + timedelta(days=2))
    assert system.registry.documents() == seen[2]
    assert summary["generation"] == 3


@pytest.mark.prove
def test_what_is_forgotten_is_neither_current_nor_promised(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.history_days = 2
    days = [FIRST_DAY + timedelta(days=number) for number in range(6)]
    all_written: set[tuple[str, int]] = set()
    seen = []
    for number in range(6):
        publish(system, number)
        all_written |= set(system.registry.items)
        seen.append(system.registry.documents())
    assert system.registry.documents() == seen[5]
    items = system.registry.items

    def as_of(number: int) -> dict[str, str]:
        answers: dict[str, tuple[int, str]] = {}
        for (identifier, generation), item in items.items():
            if generation <= number and answers.get(identifier, (0, ""))[0] < generation:
                answers[identifier] = (generation, item.data)
        return {identifier: data for identifier, (_, data) in answers.items() if data and "/" not in identifier}

    # The generations of the last two days, and of the day before them, still answer as they did.
    for number in (4, 5, 6):
        assert as_of(number).keys() == seen[number - 1].keys()
    replaced = [key for key in items if key[1] == 1]
    assert len(replaced) < sum(generation == 1 for _, generation in all_written)
    assert days[5] - days[3] == timedelta(days=2)


@pytest.mark.parametrize("number", [1, *proved([2, 3])])
def test_a_past_day_gives_the_same_documents_again(
    story: list[System], seen: Documents, tmp_path: Path, number: int
) -> None:
    system = story[3].copied(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    snapshot = generations.find(system.storage, number).publication.snapshot
    outcome = replay(ReplayContext(system.storage, scratch, 500), snapshot)
    assert outcome["documents"] == len(seen[number - 1])
    assert outcome["different"] == 0
    assert date.fromisoformat(outcome["day"]) == FIRST_DAY + timedelta(days=number - 1)

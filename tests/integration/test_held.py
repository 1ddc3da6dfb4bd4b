"""A run that would take too much from the documents in force is held: ops release or drop it, readers see nothing of it."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from quiforme.api.publication import LOSSES
from quiforme.clock import paris_day
from quiforme.jobs.operations import Operations, carry_out, command_of
from quiforme.pipeline.losses import LossLimits
from quiforme.registry import generations
from quiforme.registry.holding import NothingHeld
from quiforme.registry.ports import Conflict, Publication

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.formats import liste_of
from tools.in_process.doubles import Died
from tools.in_process.lookup import Registry, Service
from tools.in_process.system import System

SECOND, THIRD = FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=2)
LEAST = 10
BOTH = (False, True)


@cache
def files_of(day: date) -> TemporaryDirectory[str]:
    """The good files of a day, written once."""
    folder = TemporaryDirectory()
    write_day(Path(folder.name), day, size=60, ministry_fiches=1)
    return folder


def lay(system: System, day: date) -> None:
    """The good files of a day."""
    shutil.copytree(files_of(day).name, system.drop, dirs_exist_ok=True)


def spoil(system: System, day: date) -> None:
    """The files of a day, in which nobody is certified."""
    lay(system, day)
    path = system.drop / liste_of.FILE
    path.write_text(path.read_text(encoding="utf-8").replace(";true", ";false"), encoding="utf-8")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> System:
    """The first day, published. Nothing was in force, so nothing could be lost."""
    system = System(tmp_path_factory.mktemp("first"), loss_limits=LossLimits(percent=5, least=LEAST))
    lay(system, FIRST_DAY)
    assert system.ingest(FIRST_DAY)["state"] == "published"
    system.reconcile(FIRST_DAY)
    system.outbox.events.clear()
    return system


@pytest.fixture(scope="module")
def held_once(first: System, tmp_path_factory: pytest.TempPathFactory) -> tuple[System, dict[str, Any]]:
    """The second day, held, and the run's summary."""
    system = first.copied(tmp_path_factory.mktemp("held"))
    spoil(system, SECOND)
    return system, system.ingest(SECOND)


@pytest.fixture
def held(held_once: tuple[System, dict[str, Any]], tmp_path: Path) -> System:
    """A copy of it for one test."""
    return held_once[0].copied(tmp_path / "held")


class Lease:
    """A lease that nobody else holds."""

    def hold(self, _purpose: str) -> AbstractContextManager[None]:
        """Hold it."""
        return nullcontext()


def operate(system: System, command: str, **options: Any) -> dict[str, Any]:
    """One command of ops; what it announces is counted, and its day noted."""

    def announce(scheduled_time: Any, publication: Publication) -> None:
        assert publication == system.registry.pointer
        assert paris_day(scheduled_time).isoformat() == publication.day
        system.announced += 1

    operations = Operations(system.storage, system.registry, Lease(), announce, 500)
    return carry_out(command_of({"command": command, **options}), operations)


def state(system: System) -> dict[str, Any]:
    """What `/v1/etat` answers."""
    registry = Registry(system.registry.pointer, retained=system.registry.retained)
    answer: dict[str, Any] = json.loads(Service(registry).call("/v1/etat").body)["data"]
    assert registry.reads == 0
    return answer


def written(system: System) -> set[tuple[str, int]]:
    """The keys of all stored items."""
    return set(system.registry.items)


# --- held ---------------------------------------------------------------------------------------------------


def test_the_summary_says_why(held_once: tuple[System, dict[str, Any]], first: System) -> None:
    _, summary = held_once
    assert (summary["state"], summary["generation"], summary["day"]) == ("held", 2, SECOND.isoformat())
    why = summary["held"]
    in_force = len(first.registry.documents())
    assert LEAST <= why["documents"] <= in_force
    assert why["kinds"].keys() >= {
        "action_formation",
        "bilan_competences",
        "validation_acquis_experience",
        "apprentissage",
    }
    assert max(why["kinds"].values()) <= why["documents"] <= sum(why["kinds"].values())
    assert why["share"] == round(100 * why["documents"] / in_force, 2)
    assert f"{why['documents']} of the {in_force} documents in force" in why["reason"]
    assert len(why["examples"]) == 10
    assert why["examples"].keys() <= first.registry.documents().keys()
    assert {kind for kinds in why["examples"].values() for kind in kinds} == why["kinds"].keys()
    json.dumps(summary)  # as the ledger of runs keeps it


def test_everything_is_written_and_nothing_is_visible(held: System, first: System) -> None:
    assert held.registry.pointer == first.registry.pointer
    assert held.registry.days == first.registry.days
    assert held.registry.documents() == first.registry.documents()
    assert written(held) > written(first)
    assert held.storage.keys("exports/00000002/")
    assert held.announced == first.announced
    assert generations.numbers(held.storage) == [1, 2]
    assert [one["generation"] for one in operate(held, "generations")["generations"]] == [1]
    with pytest.raises(generations.NoSuchGeneration):
        operate(held, "publish", generation=2)
    assert operate(held, "inspect", generation=2)["outcomes"]["liste_of"]["state"] == "accepted"


def test_the_state_says_so_without_another_read(held_once: tuple[System, dict[str, Any]]) -> None:
    system, summary = held_once
    told = state(system)
    assert (told["generation"], told["jour"]) == (1, FIRST_DAY.isoformat())
    retained = told["publication_retenue"]
    assert retained["jour"] == SECOND.isoformat()
    assert (retained["documents_touches"], retained["part"]) == (summary["held"]["documents"], summary["held"]["share"])
    why = summary["held"]
    assert {one["nature"]: one["documents"] for one in retained["pertes"]} == {
        LOSSES[kind]: number for kind, number in why["kinds"].items()
    }
    assert {one["siret"]: one["pertes"] for one in retained["exemples"]} == {
        siret: [LOSSES[kind] for kind in kinds] for siret, kinds in why["examples"].items()
    }
    assert str(retained["documents_en_vigueur"]) in retained["motif"]


@pytest.mark.prove
def test_fewer_than_the_least_are_published(first: System, tmp_path: Path) -> None:
    system = first.copied(tmp_path)
    system.loss_limits = LossLimits(percent=5, least=10_000)
    spoil(system, SECOND)
    assert system.ingest(SECOND)["state"] == "published"
    assert state(system)["publication_retenue"] is None


def test_the_same_run_again_is_held_as_it_is(held: System) -> None:
    before, items, keys = held.registry.retained, dict(held.registry.items), held.storage.keys("generations/")
    changes = held.registry.changes
    summary = held.ingest(SECOND)
    assert (summary["state"], held.registry.retained) == ("held", before)
    assert held.registry.changes == changes  # it writes nothing again
    assert (held.registry.items, held.storage.keys("generations/")) == (items, keys)


@pytest.mark.prove
@pytest.mark.prove
def test_a_run_of_that_day_with_other_limits_is_judged_again(held: System) -> None:
    held.loss_limits = LossLimits(percent=100, least=LEAST)
    assert held.ingest(SECOND)["state"] == "published"
    assert (held.registry.retained, held.registry.writing) == (None, None)


# --- released -----------------------------------------------------------------------------------------------


def given(document: Any) -> set[str]:
    """The kinds of what a document has, as callers read it. Nothing ends by the calendar on these days."""
    entries = document["declarations_activites_etablissement"]
    kinds = {"active_nda" for entry in entries if entry["actif"]}
    for entry in entries:
        kinds |= {kind for kind, certified in entry["certification_qualiopi"].items() if kind in LOSSES and certified}
    kinds |= {"habilitations" for entry in document["habilitations_france_competence"] if entry["actif"]}
    return kinds | ({"uai"} if document["code_uai"] else set())


def test_the_losses_are_those_that_callers_would_see(
    held_once: tuple[System, dict[str, Any]], held: System, first: System
) -> None:
    operate(held, "release")
    before, after = first.registry.documents(), held.registry.documents()
    lost = {
        siret: given(document) - given(after[siret]) if siret in after else {"retired"}
        for siret, document in before.items()
    }
    why = held_once[1]["held"]
    assert why["documents"] == sum(map(bool, lost.values()))
    assert why["kinds"] == Counter(kind for kinds in lost.values() for kind in kinds)
    assert why["examples"] == {siret: sorted(lost[siret]) for siret in why["examples"]}


def test_release_publishes_as_the_run_would_have(held: System, first: System, tmp_path: Path) -> None:
    expected = first.copied(tmp_path / "expected")
    expected.loss_limits = LossLimits(percent=100, least=LEAST)
    spoil(expected, SECOND)
    expected.ingest(SECOND)
    answer = operate(held, "release")
    assert answer == {"state": "released", "generation": 2, "day": SECOND.isoformat()}
    assert held.registry.documents() == expected.registry.documents()
    assert held.registry.pointer
    assert held.registry.days[SECOND] == held.registry.pointer
    assert held.registry.intent() is None
    assert state(held)["publication_retenue"] is None
    assert held.announced == first.announced + 1
    held.reconcile(SECOND)
    expected.reconcile(SECOND)
    assert held.told() == expected.told() != set()
    assert [one["generation"] for one in operate(held, "generations")["generations"]] == [2, 1]


def test_a_repeated_release_answers_and_announces_again(held: System) -> None:
    answer = operate(held, "release")
    documents, announced = held.registry.documents(), held.announced
    assert operate(held, "release") == answer
    assert (held.registry.documents(), held.announced) == (documents, announced + 1)
    with pytest.raises(NothingHeld, match="was released"):
        operate(held, "drop")


@pytest.mark.prove
@pytest.mark.prove
def test_the_next_day_goes_on_from_what_was_released(held: System, tmp_path: Path) -> None:
    operate(held, "release")
    lay(held, THIRD)
    summary = held.ingest(THIRD)
    assert (summary["state"], summary["generation"]) == ("published", 3)
    for command in ("release", "drop"):
        with pytest.raises(NothingHeld, match="no publication is held"):
            operate(held, command)


# --- dropped ------------------------------------------------------------------------------------------------


def test_drop_erases_it(held: System, first: System) -> None:
    answer = operate(held, "drop")
    assert answer == {"state": "dropped", "generation": 2, "day": SECOND.isoformat()}
    assert held.registry.pointer == first.registry.pointer
    assert written(held) == written(first)
    assert held.registry.intent() is None
    assert generations.numbers(held.storage) == [1]
    assert state(held)["publication_retenue"] is None
    assert operate(held, "drop") == answer
    with pytest.raises(NothingHeld, match="was dropped"):
        operate(held, "release")
    assert held.announced == first.announced


@pytest.mark.prove
@pytest.mark.prove
def test_what_was_dropped_and_is_run_again_is_held_again(held: System) -> None:
    operate(held, "drop")
    assert held.ingest(SECOND)["state"] == "held"
    operate(held, "release")
    assert held.registry.pointer
    assert held.registry.pointer.generation == 2


# --- later runs ---------------------------------------------------------------------------------------------


def test_the_next_day_starts_from_what_is_in_force(held: System, first: System, tmp_path: Path) -> None:
    """As if the held day had never been: documents, items, and what the reconciliation reports."""
    expected = first.copied(tmp_path / "expected")
    for system in (held, expected):
        lay(system, THIRD)
        summary = system.ingest(THIRD)
        assert (summary["state"], summary["generation"]) == ("published", 2)
        system.reconcile(THIRD)
    assert held.registry.items == expected.registry.items
    assert held.told() == expected.told()
    assert held.manifest().previous == expected.manifest().previous
    assert state(held)["publication_retenue"] is None
    with pytest.raises(NothingHeld):
        operate(held, "release")
    assert held.registry.intent() is None


@pytest.mark.prove
def test_files_that_ops_mend_on_the_same_day_are_published(held: System, first: System, tmp_path: Path) -> None:
    expected = first.copied(tmp_path / "expected")
    for system in (held, expected):
        lay(system, SECOND)
        assert system.ingest(SECOND)["state"] == "published"
    assert held.registry.items == expected.registry.items


@pytest.mark.prove
def test_another_bad_day_takes_its_place(held: System) -> None:
    """With the same files, and the same losses."""
    summary = held.ingest(THIRD)
    assert (summary["state"], summary["generation"]) == ("held", 2)
    assert state(held)["publication_retenue"]["jour"] == THIRD.isoformat()
    assert {item.jour for (_, number), item in held.registry.items.items() if number == 2} == {THIRD.isoformat()}
    operate(held, "release")
    assert held.registry.pointer
    assert held.registry.pointer.day == THIRD.isoformat()


@pytest.mark.prove
@pytest.mark.prove
def test_a_publication_by_hand_takes_its_place(held: System) -> None:
    """What is held was judged against what was in force before."""
    lay(held, THIRD)
    held.ingest(THIRD)
    spoil(held, THIRD + timedelta(days=1))
    assert held.ingest(THIRD + timedelta(days=1))["state"] == "held"
    generations.go_to(held.registry, held.storage, 1, day=THIRD + timedelta(days=1))
    with pytest.raises(NothingHeld):
        operate(held, "release")
    lay(held, THIRD + timedelta(days=2))
    assert held.ingest(THIRD + timedelta(days=2))["state"] == "published"
    assert {item.jour for (_, number), item in held.registry.items.items() if number == 3} == {
        (THIRD + timedelta(days=2)).isoformat()
    }


def test_after_a_roll_back_it_is_judged_against_what_is_in_force(
    held_once: tuple[System, dict[str, Any]], held: System, first: System
) -> None:
    """The bad day was released, then rolled back: the same files are held, though nothing new has to be written."""
    operate(held, "release")
    generations.go_to(held.registry, held.storage, 1, day=SECOND)
    assert held.registry.documents() == first.registry.documents()
    summary = held.ingest(SECOND)
    assert (summary["state"], summary["documents"]["changed"]) == ("held", 0)
    assert summary["held"] == held_once[1]["held"]
    assert "retired" in summary["held"]["kinds"]
    assert held.registry.documents() == first.registry.documents()
    assert operate(held, "release")["generation"] == 2
    lay(held, THIRD)
    assert held.ingest(THIRD)["state"] == "published"


def test_a_publication_in_between_is_a_conflict(held: System, monkeypatch: pytest.MonkeyPatch) -> None:
    current = held.registry.pointer
    assert current
    monkeypatch.setattr(held.registry, "current", lambda: replace(current, day="2000-01-01"))
    for command in ("release", "drop"):
        with pytest.raises(Conflict):
            operate(held, command)


# --- crashes ------------------------------------------------------------------------------------------------


def die(system: System, change: int, after_effect: bool, do: Callable[[], object]) -> bool:
    """Do something, and die at its n-th change; whether it came to that."""
    system.registry.changes, system.registry.dies_at, system.registry.after_effect = 0, change, after_effect
    try:
        do()
    except Died:
        return True
    finally:
        system.registry.dies_at = -1
    return False


@pytest.mark.parametrize(
    ("change", "after_effect"), [(-1, False), *proved([(-1, True), *product([1, 2, 3, 40], BOTH)])]
)
def test_a_run_that_dies_leaves_nothing_held_or_all_of_it(
    held_once: tuple[System, dict[str, Any]], first: System, tmp_path: Path, change: int, after_effect: bool
) -> None:
    if change < 0:
        change = held_once[0].registry.changes - first.registry.changes  # the last: it holds
    system = first.copied(tmp_path / "a")
    spoil(system, SECOND)
    assert die(system, change, after_effect, lambda: system.ingest(SECOND))
    whole = held_once[0].registry
    if system.registry.retained:
        assert system.registry.items == whole.items
        assert operate(system, "release")["generation"] == 2
    else:
        assert system.ingest(SECOND)["state"] == "held"
        assert system.registry.items == whole.items
    lay(system, THIRD)
    assert system.ingest(THIRD)["state"] == "published"
    assert system.registry.intent() is None


@pytest.mark.parametrize(
    ("change", "after_effect"),
    [(2, True), *proved(one for one in product([1, 2, 3, 4, 5, 60], BOTH) if one != (2, True))],
)
def test_a_run_that_dies_while_it_takes_the_place_of_a_held_one(
    held: System, first: System, tmp_path: Path, change: int, after_effect: bool
) -> None:
    lay(held, SECOND)
    assert die(held, change, after_effect, lambda: held.ingest(SECOND))
    assert held.registry.documents() == first.registry.documents()
    if held.registry.retained:
        assert change == 1
        assert held.registry.intent()
    else:
        with pytest.raises(NothingHeld):
            operate(held, "release")
    expected = first.copied(tmp_path / "expected")
    for system in (held, expected):
        lay(system, SECOND)
        system.ingest(SECOND)
    assert held.registry.items == expected.registry.items


@pytest.mark.parametrize("after_effect", [True, *proved([False])])
@pytest.mark.parametrize("change", [1, *proved([2])])
@pytest.mark.parametrize("command", ["release", "drop"])
def test_a_command_that_dies_is_repeated(
    held_once: tuple[System, dict[str, Any]],
    held: System,
    tmp_path: Path,
    command: str,
    change: int,
    after_effect: bool,
) -> None:
    expected = held_once[0].copied(tmp_path / "expected")
    answer = operate(expected, command)
    assert die(held, change, after_effect, lambda: operate(held, command))
    assert held.registry.retained
    if not held.registry.retained.decision:  # it may still be released, so it must be whole
        assert held.registry.items == held_once[0].registry.items
    assert operate(held, command) == answer
    assert held.registry.items == expected.registry.items
    assert (held.registry.pointer, held.registry.intent()) == (expected.registry.pointer, None)


@pytest.mark.prove
def test_it_does_not_matter_in_how_many_invocations(
    held_once: tuple[System, dict[str, Any]], first: System, tmp_path: Path
) -> None:
    system = first.copied(tmp_path)
    system.enough_time = lambda: False
    spoil(system, SECOND)
    summary = system.ingest(SECOND)
    assert (summary["state"], summary["held"]) == ("held", held_once[1]["held"])
    assert system.registry.items == held_once[0].registry.items

"""Months of runs: what something refers to is never deleted, and all else is, even when runs die half-way."""

import copy
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from quiforme.jobs import cleanup
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.registry import generations, publish
from quiforme.snapshot.manifest import Manifest, is_manifest

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.formats import liste_of
from tools.in_process.doubles import Died, FolderStorage
from tools.in_process.system import System

HISTORY = 30
STEP = 10
"""Days between two runs."""


class Long(System):
    """Runs every few days on a drop of which the OF list alone ever changes; every other file is that of the first day."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, history_days=HISTORY)
        self.kept = FolderStorage(root / "storage")
        write_day(self.drop, FIRST_DAY, size=20, ministry_fiches=1)
        self._list = (self.drop / liste_of.FILE).read_text(encoding="utf-8")
        self.seen: dict[int, dict[str, object]] = {}

    @property
    def storage(self) -> FolderStorage:
        return self.kept

    def run(self, number: int, *, spoilt: bool = False) -> date:
        """The run of a number: a list in which one exercise ended on another day, and one line that cannot be read."""
        day = FIRST_DAY + timedelta(days=number * STEP)
        changed = re.sub(r"\d\d/\d\d/\d{4}", f"01/01/{1900 + number}", self._list, count=1)
        path = self.drop / liste_of.FILE
        path.write_text("<!DOCTYPE html>" if spoilt else changed, encoding="utf-8")
        self.ingest(day)
        assert self.registry.pointer
        self.seen[self.registry.pointer.generation] = self.registry.documents()
        return day

    def promised(self) -> list[int]:
        """The generations that ops may roll back to: each is tried, and every file that it refers to exists.

        The oldest is replayed: its references are the furthest from all others.
        """
        at = self.registry.pointer
        assert at
        numbers = [number for number in generations.numbers(self.storage) if number <= at.newest]
        for number in numbers:
            snapshot = generations.go_to(self.registry, self.storage, number, day=FIRST_DAY).snapshot
            assert self.registry.documents() == self.seen[number], number
            manifest = Manifest.model_validate_json(self.storage.read(snapshot))
            missing = {key for key in manifest.refers_to if not (self.storage.folder / key).exists()}
            assert not missing, number
        self.registry.pointer = at
        assert self.replayed(generations.find(self.storage, numbers[0]).publication.snapshot)["different"] == 0
        return numbers

    def replayed(self, snapshot: str) -> dict[str, object]:
        scratch = self.root / "scratch"
        scratch.mkdir()
        try:
            return replay(ReplayContext(self.storage, scratch, 500), snapshot)
        finally:
            shutil.rmtree(scratch)

    def runs_kept(self) -> int:
        return sum(is_manifest(key) for key in self.storage.keys("snapshots/"))


@pytest.fixture
def long(tmp_path: Path) -> Iterator[Long]:
    yield Long(tmp_path)


@pytest.mark.prove
def test_half_a_year(long: Long) -> None:
    sizes = []
    for number in range(18):
        day = long.run(number, spoilt=number % 5 == 3)
        long.reconcile(day)
        apart = ("ledger/", "refused/", "exports/")  # each kept by a rule of its own
        sizes.append(len([key for key in long.storage.keys("") if not key.startswith(apart)]))
    promised = long.promised()
    # A generation is promised for as long as history is after it was replaced.
    oldest = generations.find(long.storage, promised[1]).publication.generation_day
    assert day - timedelta(days=HISTORY) < date.fromisoformat(oldest) <= day - timedelta(days=HISTORY - 2 * STEP)
    assert promised[-1] == max(long.seen)
    assert max(sizes[8:]) <= max(sizes[:8])  # it has stopped growing
    # The file of a source that has not changed since the first day, and nothing else as old.
    stock = long.manifest().sources["sirene"]
    assert stock.accepted[-1].day == day
    assert len({key.split("/")[2] for key in long.storage.keys("accepted/sirene/")}) == 1
    assert long.runs_kept() <= HISTORY // STEP + 2
    assert len(long.storage.keys("accepted/liste_of/")) <= HISTORY // STEP + 2
    assert len(long.storage.keys("forgotten/")) == 1
    assert not long.storage.keys("intents/")
    assert len(long.storage.keys("ledger/")) == 3 * (HISTORY // STEP + 1)  # ledger, news and statistics of each run


@pytest.mark.prove
def test_gone_back_to(long: Long) -> None:
    """What the generation that ops went back to stands on is old, and stays: it is the one in use again."""
    for number in range(4):
        long.run(number)
    generations.go_to(long.registry, long.storage, 2, day=FIRST_DAY)
    long.reconcile(FIRST_DAY + timedelta(days=3 * STEP))
    for number in range(4, 12):
        day = long.run(number, spoilt=number < 10)  # the list of the second run stays in use
    assert long.promised() == [5, 6, 7]
    long.reconcile(day)


@pytest.mark.prove
def test_what_was_not_reconciled_waits(long: Long) -> None:
    """Nobody reconciled for months: every snapshot since then is there to be compared."""
    long.reconcile(long.run(0))
    ledger = long.storage.keys("ledger/")
    for number in range(1, 8):
        day = long.run(number)
    assert long.storage.keys("ledger/") == ledger
    assert long.runs_kept() == 8
    long.reconcile(day)
    long.run(8)
    assert long.runs_kept() == HISTORY // STEP + 2


@pytest.fixture(scope="module")
def much_to_forget(tmp_path_factory: pytest.TempPathFactory) -> Long:
    """A system that has kept everything so far, and is told to forget most of it now."""
    long = Long(tmp_path_factory.mktemp("much"))
    long.history_days = 10_000
    for number in range(7):
        long.run(number)
    long.history_days = HISTORY
    return long


def _copy(long: Long, root: Path) -> Long:
    shutil.copytree(long.root, root)
    copied = copy.deepcopy(long)
    copied.root, copied.kept.folder = root, root / "storage"
    return copied


@pytest.mark.prove
@pytest.mark.parametrize("deletion", [1, *proved([3, 4, 20])])
def test_dying_half_way(much_to_forget: Long, tmp_path: Path, deletion: int) -> None:
    dying, expected = (_copy(much_to_forget, tmp_path / name) for name in ("a", "b"))
    dying.storage.dies_at = dying.storage.deletions + deletion
    with pytest.raises(Died):
        dying.run(7)
    dying.seen[8] = dying.registry.documents()
    assert dying.promised()
    expected.run(7)
    for one in (dying, expected):
        one.run(8)
    assert dying.promised() == expected.promised() == [6, 7, 8, 9]
    assert _shape(dying) == _shape(expected)


def _shape(system: Long) -> dict[str, int]:
    """How many objects there are of each kind."""
    kinds = [key.split("/")[0] for key in system.storage.keys("")]
    return {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.prove
def test_a_run_under_way_finds_what_it_had_made(long: Long, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two invocations of a run, another run finds nothing new and sweeps."""
    monkeypatch.setattr(publish, "_STRIDE", 5)
    long.run(0)
    swept = []

    def another_sweeps() -> None:
        swept.append(
            cleanup.delete_unreferenced(long.registry, long.storage, reconciled=None, enough_time=lambda: True)
        )

    long.between, long.enough_time = another_sweeps, lambda: False
    long.run(1)
    assert len(swept) >= 8
    assert long.promised() == [1, 2]


def test_what_a_dead_run_made_goes(long: Long) -> None:
    long.run(0)
    before = set(long.storage.keys(""))
    long.registry.dies_at = long.registry.changes + 3
    with pytest.raises(Died):
        long.run(1)
    assert set(long.storage.keys("accepted/")) > {key for key in before if key.startswith("accepted/")}
    long.registry.dies_at = -1
    long.run(2)
    assert long.runs_kept() == 2
    assert len(long.storage.keys("accepted/liste_of/")) == 2
    assert long.promised() == [1, 2]


@pytest.mark.prove
def test_a_day_yet_to_come_forgets_nothing(long: Long) -> None:
    long.today = FIRST_DAY
    for number in range(6):
        long.run(number)
    assert long.promised() == list(range(1, 7))


@pytest.mark.prove
def test_nothing_is_deleted_when_something_needed_is_not_there(long: Long) -> None:
    long.run(0)
    (long.storage.folder / "accepted/liste_of/orphan").mkdir()
    (long.storage.folder / "accepted/liste_of/orphan/liste_of.parquet").touch()
    before = long.storage.keys("")
    sweeping = partial(cleanup.delete_unreferenced, long.registry, long.storage, enough_time=lambda: True)
    with pytest.raises(cleanup.DanglingReference, match="snapshots/lost/"):
        sweeping(reconciled="snapshots/lost/manifest.json")
    assert long.storage.keys("") == before
    assert sweeping(reconciled=None) == 1

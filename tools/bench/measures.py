"""Runs each measure in its own process, to see its peak memory: `python -m tools.bench.measures TASK FOLDER SCRATCH`."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench import floor, project, reconciled, straightforward

PUBLISHED = 100_000
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Measure:
    """What one process reports, mostly seconds, and its peak memory, including that of its child process (MiB)."""

    figures: Figures
    peak_mib: int

    def total(self) -> float:
        """The total seconds of a task that reports only seconds."""
        return sum(self.figures.values())


def measure(task: str, folder: Path, scratch: Path) -> Measure:
    """Run a task in its own process."""
    command = [sys.executable, "-m", "tools.bench.measures", task, str(folder), str(scratch)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        answer = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{task} ended with {process.returncode}")
    return Measure(**json.loads(answer))


def same_documents(folder: Path, scratch: Path) -> int:
    """Check that the project and the straightforward version make the same documents; returns their number."""
    _, ours = project.ingestion(folder, scratch, keep=True)
    theirs = straightforward.documents(folder)
    different = [
        siret
        for siret in ours.keys() | theirs.keys()
        if tuple(map(json.loads, ours.get(siret, ()))) != theirs.get(siret)
    ]
    if different:
        raise AssertionError(f"{len(different)} documents differ, such as that of {min(different)}")
    return len(ours)


def _floor(folder: Path, scratch: Path) -> Figures:
    return {name: _seconds(reader) for name, reader in floor.readers(folder, scratch).items()}


def _project(folder: Path, scratch: Path) -> Figures:
    summary, _ = project.ingestion(folder, scratch)
    seconds: dict[str, float] = summary["seconds"]
    made: dict[str, Any] = summary["documents"]
    return {
        "sources": seconds["sources"],
        "documents": seconds["services"] + seconds["documents"],
        "changes": seconds["changes"],
        "made": made["total"],
    }


def _second_day(folder: Path, scratch: Path) -> Figures:
    return project.second_day(folder, scratch)


def _step(name: str) -> Callable[[Path, Path], Figures]:
    return lambda folder, scratch: reconciled.step(name, folder, scratch)


def _straightforward(folder: Path, _: Path) -> Figures:
    made: dict[str, tuple[straightforward.Document, straightforward.Document]] = {}
    return {
        "documents": _seconds(lambda: made.update(straightforward.documents(folder))),
        "written": _seconds(lambda: straightforward.write(made)),
    }


def _published(folder: Path, scratch: Path) -> Figures:
    return project.published(folder, scratch)


def _publication(*_: Path) -> Figures:
    return {"documents": _seconds(lambda: project.publication(PUBLISHED))}


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


TASKS: dict[str, Callable[[Path, Path], Figures]] = {
    "floor": _floor,
    "project": _project,
    "second_day": _second_day,
    "published": _published,
    "straightforward": _straightforward,
    "publication": _publication,
    **{name: _step(name) for name in reconciled.STEPS},
}

if __name__ == "__main__":
    name, drop, work = sys.argv[1:]
    figures = TASKS[name](Path(drop), Path(work))
    # The sum of both peaks, as if they coincided; the kernel gives kibibytes.
    peak = sum(resource.getrusage(whose).ru_maxrss for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"figures": figures, "peak_mib": peak // 1024}))

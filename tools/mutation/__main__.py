"""`make mutate`: spoil each piece of SQL in every small way, and see that a test fails."""

import argparse
import io
import multiprocessing
import os
import signal
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Literal

import duckdb
import pytest

import tests.conftest
import tests.unit.rules.life  # noqa: F401  # what takes long to import is so once, for every mutant's process
from tools.mutation.subjects import Subject, subjects

Fate = Literal["killed", "survived", "no SQL"]
EXPLAINED = Path(__file__).with_name("explained.toml")
_LONGEST = 300
"""Seconds for the tests of one mutant; one that never ends is killed."""
_NO_SQL = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)


class _First:
    """Notes whether the first failure is of a text that DuckDB does not take for SQL: no mutant at all."""

    no_sql = False
    seen = False

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        if not self.seen and call.excinfo:
            self.seen = True
            self.no_sql = isinstance(call.excinfo.value, _NO_SQL)


_SUBJECTS: list[Subject] = []


def _too_long(*_: object) -> None:
    raise TimeoutError


def _fate(of: tuple[int, int]) -> tuple[int, int, Fate]:
    """Run in a process of its own, which the change stays in."""
    number, at = of
    subject = _SUBJECTS[number]
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(_LONGEST)
    subject.changes[at].make()
    first = _First()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *subject.tests], plugins=[first])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the tests of {subject.name} could not be run: {code!r}")
    if first.no_sql:
        return number, at, "no SQL"
    return number, at, "survived" if code == pytest.ExitCode.OK else "killed"


def _fates(chosen: list[Subject], processes: int) -> Iterator[tuple[int, int, Fate]]:
    _SUBJECTS[:] = chosen
    todo = [(number, at) for number, subject in enumerate(chosen) for at in range(len(subject.changes))]
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
        for done, fate in enumerate(pool.imap_unordered(_fate, todo), start=1):
            if sys.stderr.isatty():
                sys.stderr.write(f"\r  {done} / {len(todo)}")
            yield fate


def _explained() -> dict[tuple[str, str, str], str]:
    """Why a mutant may survive, by its subject, its line and its change."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["survivor"]
    return {(one["of"], one["line"], one["change"]): one["why"] for one in entries}


def main() -> int:
    """Print what was killed and what survived; 1 when something survived that nobody explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="subjects whose name contains one of these words; all without any")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    chosen = [one for one in subjects() if not options.only or any(word in one.name for word in options.only)]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    counts: dict[int, Counter[Fate]] = {number: Counter() for number in range(len(chosen))}
    explained, unexplained = _explained(), 0
    for number, at, fate in _fates(chosen, options.processes):
        counts[number][fate] += 1
        name, change = chosen[number].name, chosen[number].changes[at]
        if fate == "survived" and (name, change.line, change.said) not in explained:
            unexplained += 1
            print(f"survived: {name}\n  {change.line}\n  {change.said}", flush=True)
    print(f"{'':44} {'mutants':>8} {'killed':>8} {'survived':>9}")
    for number, subject in enumerate(chosen):
        killed, survived = counts[number]["killed"], counts[number]["survived"]
        print(f"{subject.name:44} {killed + survived:8} {killed:8} {survived:9}")
    total: Counter[Fate] = sum(counts.values(), Counter())
    print(f"{'all':44} {total['killed'] + total['survived']:8} {total['killed']:8} {total['survived']:9}")
    print(f"({total['no SQL']} changes are no SQL, and no mutants.)")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make mutate`: change the SQL that decides in every small way, and check that a test fails each time."""

import argparse
import io
import multiprocessing
import os
import random
import secrets
import shlex
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from typing import Literal

import duckdb
import pytest

import tests.conftest
import tests.unit.rules.life  # noqa: F401  # imported before the fork, since it takes long
from tools.mutation.changed import changed_subjects, commit_of, text_at
from tools.mutation.explained import explanations
from tools.mutation.subjects import Subject, subjects

Fate = Literal["killed", "survived", "no SQL"]
_TIME_LIMIT_S = 300
"""For the tests of one mutant; a mutant that never ends counts as killed."""
_NO_SQL = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.SyntaxException)


class _FirstFailure:
    """Notes whether the first failure is DuckDB's refusal of the text: then the change is no mutant at all."""

    no_sql = False
    seen = False

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        if not self.seen and call.excinfo:
            self.seen = True
            self.no_sql = isinstance(call.excinfo.value, _NO_SQL)


_SUBJECTS: list[Subject] = []


def _time_out(*_: object) -> None:
    raise TimeoutError


def _fate(mutant: tuple[int, int]) -> tuple[int, int, Fate]:
    """Test one mutant, in a process of its own since the change cannot be undone."""
    number, at = mutant
    subject = _SUBJECTS[number]
    signal.signal(signal.SIGALRM, _time_out)
    signal.alarm(_TIME_LIMIT_S)
    subject.changes[at].make()
    first = _FirstFailure()
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


def drawn(chosen: Sequence[Subject], most: int, seed: str) -> list[Subject]:
    """The same subjects with at most that many mutants in all, drawn at random; the seed decides which."""
    todo = [(number, at) for number, subject in enumerate(chosen) for at in range(len(subject.changes))]
    if len(todo) > most:
        todo = sorted(random.Random(seed).sample(todo, most))  # a choice that can be repeated, not a secret
    return [
        replace(subject, changes=tuple(subject.changes[at] for other, at in todo if other == number))
        for number, subject in enumerate(chosen)
        if any(other == number for other, _ in todo)
    ]


def main() -> int:
    """Print the mutants that survive, and a table; 1 when a survivor is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="subjects whose name contains one of these words; all without any")
    parser.add_argument("--changed-since", metavar="REV", help="only subjects that differ from this git revision")
    parser.add_argument("--most", type=int, metavar="N", help="at most N mutants, drawn at random")
    parser.add_argument("--seed", default=secrets.token_hex(4), metavar="TEXT", help="decides which ones are drawn")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    chosen = [one for one in subjects() if not options.only or any(word in one.name for word in options.only)]
    again = ["python", "-m", "tools.mutation", *options.only]
    if options.changed_since is not None:
        commit = commit_of(options.changed_since)
        if commit is None:
            print(f"No git revision {options.changed_since!r} to compare with: nothing is mutated.")
            return 0
        chosen = changed_subjects(chosen, partial(text_at, commit))
        again += ["--changed-since", commit]
    if options.most is not None:
        total = _number_of_mutants(chosen)
        chosen = drawn(chosen, options.most, options.seed)
        again += ["--most", str(options.most), "--seed", options.seed]
        print(f"{_number_of_mutants(chosen)} of {total} mutants, seed {options.seed}")
    print(f"To repeat: {shlex.join(again)}", flush=True)
    return 1 if _report(chosen, options.processes) else 0


def _number_of_mutants(chosen: Sequence[Subject]) -> int:
    return sum(len(one.changes) for one in chosen)


def _report(chosen: list[Subject], processes: int) -> int:
    """Test the mutants and print what happens to them; the number of survivors that nothing explains."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    counts: dict[int, Counter[Fate]] = {number: Counter() for number in range(len(chosen))}
    explained, unexplained = list(explanations()), 0
    for number, at, fate in _fates(chosen, processes):
        counts[number][fate] += 1
        name, change = chosen[number].name, chosen[number].changes[at]
        is_explained = any(one.covers(name, change) for one in explained)
        if fate == "survived" and not is_explained:
            unexplained += 1
        if (fate == "survived") != is_explained:
            remark = "" if fate == "survived" else ", though explained"
            print(
                f"{fate}{remark}: {name}\n  in {change.relation}, near {change.near}\n  {change.description}",
                flush=True,
            )
    print(f"{'':52} {'mutants':>8} {'killed':>8} {'survived':>9}")
    for number, subject in enumerate(chosen):
        killed, survived = counts[number]["killed"], counts[number]["survived"]
        print(f"{subject.name:52} {killed + survived:8} {killed:8} {survived:9}")
    total: Counter[Fate] = sum(counts.values(), Counter())
    print(f"{'all':52} {total['killed'] + total['survived']:8} {total['killed']:8} {total['survived']:9}")
    print(f"({total['no SQL']} more changes are not valid SQL, and do not count.)")
    return unexplained


if __name__ == "__main__":
    sys.exit(main())

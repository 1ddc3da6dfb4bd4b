"""`python tools/quiet_exit.py ARGUMENTS`: run `python ARGUMENTS` without the report that duckdb's bindings print at exit.

nanobind, with which duckdb's module is built, lists on standard error every object that is still referenced when the
interpreter ends. The list hides the result of the tests, says nothing of the project, and can be switched off from C++ only.
Everything else passes through, and the exit code is the command's.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator

_REPORT = re.compile(
    r"nanobind: leaked \d+ \w+!"
    r"| - leaked (instance|type|function|keep_alive record) .*"
    r"| - \.\.\. skipped remainder"
    r"|nanobind: this is likely caused by a reference counting issue in the binding code\."
    r"|See https://nanobind\.readthedocs\.io/\S*?refleaks\.html"
)


def without_report(lines: Iterable[str]) -> Iterator[str]:
    """Leave out nanobind's report, whose last line has no end: another text may follow on it."""
    for line in lines:
        rest, removed = _REPORT.subn("", line)
        if not removed or rest.strip():
            yield rest


def main() -> int:
    """Run the command; returns its exit code."""
    with subprocess.Popen(
        [sys.executable, *sys.argv[1:]], stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="backslashreplace"
    ) as command:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command gets it too, and decides
        assert command.stderr
        for line in without_report(command.stderr):
            sys.stderr.write(line)
            sys.stderr.flush()
    return command.returncode if command.returncode >= 0 else 128 - command.returncode


if __name__ == "__main__":
    sys.exit(main())

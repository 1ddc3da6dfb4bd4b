"""The Makefile and what it runs: stopping, certificates, seeds, which tests `make test` and `make prove` run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.proving import fresh
from tools.local_stack.emulator import ROOT
from tools.quiet_exit import without_report

PROVED_ONLY = {"tests/e2e/test_fetching.py", "tests/integration/test_faults.py"}
"""Files of tests of which `make test` runs none."""


def make(
    *arguments: str, cwd: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run make without what the environment says of certificates, Python and seeds."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


def show(text: str, **environment: str) -> list[str]:
    """What a recipe's shell makes of a text."""
    done = make("--no-print-directory", "--eval", f"show: ; @printf '%s\\n' {text}", "show", environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def collected(*options: str) -> set[str]:
    """The tests that pytest selects, by their ids."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-q", "-p", "no:cacheprovider", *options],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {line.split(":")[0] for line in done.stdout.splitlines() if ": " in line}


@pytest.mark.prove
def test_make_test_runs_something_of_every_file_of_tests() -> None:
    """A marker too many must not take a kind of test out of `make test`; `make prove` selects by no marker."""
    every = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}
    assert every - collected("tests") == PROVED_ONLY
    (proved,) = re.findall(r"-m \S+ --hypothesis-seed", (ROOT / "Makefile").read_text())
    assert proved == '-m "" --hypothesis-seed'


def test_what_lands_has_passed_both() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-2:] == ["make test", "make prove"]


def test_every_target_is_explained() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    (phony,) = (line.split()[1:] for line in lines if line.startswith(".PHONY:"))
    assert {line.split()[2] for line in lines if line.startswith("# make ")} == set(phony)


def test_stopping_needs_no_package(tmp_path: Path) -> None:
    """After an installation that failed half-way, the environment's Python is there and its packages are not."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "tools" / "local_stack", tmp_path / "tools" / "local_stack")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").touch()
    done = make("stop", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Rien ne tournait.\n", "")
    assert not (tmp_path / ".local" / "stack.json").exists()


def test_the_installation_trusts_the_system_s_certificates(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    trusted = '"$$UV_SYSTEM_CERTS" "$$PIP_CERT"'
    assert show(trusted, SSL_CERT_FILE=str(bundle)) == ["true", str(bundle)]
    assert show(trusted, SSL_CERT_FILE=str(bundle), UV_SYSTEM_CERTS="false", PIP_CERT="/mine") == ["false", "/mine"]


def test_production_s_python_is_taken_where_it_is(tmp_path: Path) -> None:
    (runtime,) = re.findall(r"Default: (python3\.\d+)", (ROOT / "template.yaml").read_text())
    python = tmp_path / runtime
    for works in (True, False):
        python.write_text(f"#!/bin/sh\nexit {0 if works else 1}\n")
        python.chmod(0o755)
        taken = show("$(PYTHON)", PATH=f"{tmp_path}:{os.environ['PATH']}")
        assert taken == [runtime if works else "python3"]
    assert show("$(PYTHON)", PYTHON="python3.12") == ["python3.12"]


def test_seeds_can_be_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[int]] = []
    for seed in ("one", "one", "other"):
        monkeypatch.setattr("tests.proving.SEED", seed)
        drawn.append(fresh("truth", 10))
    assert drawn[0] == drawn[1]
    assert not {*drawn[0]} & {*drawn[2]}


REPORT = """\
nanobind: leaked 27 instances!
 - leaked instance 0x55c0a43ecd80 of type "_duckdb._sqltypes.DuckDBPyType"
 - ... skipped remainder
nanobind: leaked 84 functions!
 - leaked function ""
nanobind: this is likely caused by a reference counting issue in the binding code.
See https://nanobind.readthedocs.io/en/latest/refleaks.html"""


def test_the_report_of_nanobind_alone_is_left_out() -> None:
    text = f"before\n{REPORT}{REPORT}Traceback\n - a list\n\nafter {REPORT}"
    assert "".join(without_report(text.splitlines(keepends=True))) == "before\nTraceback\n - a list\n\nafter \n"


@pytest.mark.parametrize(("code", "expected"), [("sys.exit(5)", 5), ("os.kill(os.getpid(), 9)", 137), ("", 0)])
def test_the_exit_code_is_the_command_s(code: str, expected: int) -> None:
    script = f"import os, sys; print('out'); print('err', file=sys.stderr, flush=True); sys.stdout.flush(); {code}"
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "quiet_exit.py", "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (expected, "out\n", "err\n")

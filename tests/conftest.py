"""Settings of every test. Seeds that `make prove` draws are in tests/proving.py, the deployed stack in tests/e2e/conftest.py."""

from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from jinja2 import StrictUndefined
from quiforme.anomalies.wording import ENVIRONMENT
from xdist.scheduler import LoadScopeScheduling

from tests.proving import MUTATED_FILES, SEED
from tools.local_stack.emulator import ROOT

# A busy machine is slow, not wrong: no deadline. `make test` tries the same examples every time, `make prove` new ones.
settings.register_profile("test", deadline=None, derandomize=True)
settings.register_profile("prove", deadline=None)
settings.load_profile("prove" if SEED else "test")

# A name that the evidence does not have is a slip in a template. What agents read says « non renseigné » instead.
ENVIRONMENT.undefined = StrictUndefined


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # Any: xdist's stubs do not export it
    """Gives tests to the processes one by one, but for two kinds of tests, which stay together in one process.

    Those of the deployed stack: a second process would deploy a second stack. Those of a file with a fixture for the whole
    module: most of these fixtures take seconds to set up. (The option ``--dist loadgroup`` does nothing with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith("tests/e2e/"):
            return "stack"
        return path if _has_module_fixtures(path) else nodeid


@cache
def _has_module_fixtures(path: str) -> bool:
    return 'scope="module"' in (ROOT / path).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)  # tools/mutation loads no plugins
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    """Distribute the tests as `_Scheduling` says, when there are several processes."""
    return _Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many damaged files the readers were tried on."""
    passed = [report for report in terminalreporter.stats.get("passed", ()) if "test_mutated_files.py" in report.nodeid]
    if passed:
        terminalreporter.write_line(
            f"{MUTATED_FILES * len(passed)} damaged files: each was read or refused, none in silence"
        )

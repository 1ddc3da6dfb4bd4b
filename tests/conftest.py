"""A deployed stack for each file of end-to-end tests, in a home of its own beside the user's."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from jinja2 import StrictUndefined
from quiforme.anomalies.wording import ENVIRONMENT

from tools.local_stack.deploy import Stack, build, deploy
from tools.local_stack.emulator import LOCAL, start, stop

# A machine that is busy with other tests is slow, and not wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# A name that the evidence does not have is a slip in a template. What agents read says « non renseigné » instead.
ENVIRONMENT.undefined = StrictUndefined


@pytest.fixture(scope="module")
def parameters() -> dict[str, str]:
    """What the deployment is given; a file of tests has a fixture of this name when it wants something else."""
    return {}


@pytest.fixture(scope="module")
def stack(parameters: dict[str, str]) -> Iterator[Stack]:
    """The real template, built and deployed to an emulator that ends with the tests."""
    home = LOCAL / "test" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
    built = _built()
    endpoint = start(home)
    try:
        yield deploy(endpoint, built, parameters=parameters)
    finally:
        stop(home)


def _built() -> Path:
    """The artifacts, built once for all the processes of these tests."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "test-build").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        if mark.read() == run:
            return LOCAL / "build"
        built = build()
        mark.truncate(0)
        mark.write(run)
        return built

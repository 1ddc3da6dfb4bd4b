"""One deployed stack for every end-to-end test, in a home of its own beside the user's."""

from collections.abc import Iterator

import pytest

from tests.stack.deploy import Stack, build, deploy
from tests.stack.emulator import LOCAL, start, stop


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The real template, built and deployed to an emulator that ends with the tests."""
    home = LOCAL / "test"
    built = build()
    endpoint = start(home)
    try:
        yield deploy(endpoint, built)
    finally:
        stop(home)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is shared stays with one worker: the stack, and the fixtures of a file; whole worlds are spread."""
    for item in items:
        if item.path.parent.name == "e2e":
            item.add_marker(pytest.mark.xdist_group("stack"))
        elif item.path.name != "test_worlds.py":
            item.add_marker(pytest.mark.xdist_group(item.path.name))

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

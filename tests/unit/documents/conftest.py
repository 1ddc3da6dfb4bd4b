"""Runs on plain rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.documents.days import Days, before_all


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    """Before the first run."""
    with before_all(tmp_path) as one:
        yield one

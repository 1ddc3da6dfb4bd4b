"""The fixture `life`: the rule that a test file is named after."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.unit.rules.life import RULE_OF, Life, life_of, no_rows


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every table, all empty between two tests."""
    with no_rows(tmp_path_factory.mktemp("scratch")) as one:
        yield one


@pytest.fixture
def life(request: pytest.FixtureRequest, database: duckdb.DuckDBPyConnection) -> Iterator[Life]:
    """The rule of ``test_<code>.py``, before its first day."""
    with life_of(RULE_OF[request.path.stem.removeprefix("test_")], database) as one:
        yield one

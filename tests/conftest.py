"""Settings of every test. Seeds that `make prove` draws are in tests/proving.py, the deployed stack in tests/e2e/conftest.py."""

import pytest
from hypothesis import settings
from jinja2 import StrictUndefined
from quiforme.anomalies.wording import ENVIRONMENT

from tests.proving import SEED

# A busy machine is slow, not wrong: no deadline. `make test` tries the same examples every time, `make prove` new ones.
settings.register_profile("test", deadline=None, derandomize=True)
settings.register_profile("prove", deadline=None)
settings.load_profile("prove" if SEED else "test")

# A name that the evidence does not have is a slip in a template. What agents read says « non renseigné » instead.
ENVIRONMENT.undefined = StrictUndefined


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share a fixture of their module in one process: most of these fixtures take seconds to set up."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None and _shares_with_its_module(item):
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name}.{item.path.stem}"))


def _shares_with_its_module(item: pytest.Item) -> bool:
    fixtures = getattr(item, "_fixtureinfo", None)
    return fixtures is not None and any(every[-1].scope == "module" for every in fixtures.name2fixturedefs.values())

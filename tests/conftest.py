"""Settings of every test. Seeds that `make prove` draws are in tests/seeds.py, the deployed stack in tests/e2e/conftest.py."""

from hypothesis import settings

from tests.seeds import SEED

# A busy machine is slow, not wrong: no deadline. `make test` tries the same examples every time, `make prove` new ones.
settings.register_profile("test", deadline=None, derandomize=True)
settings.register_profile("prove", deadline=None)
settings.load_profile("prove" if SEED else "test")

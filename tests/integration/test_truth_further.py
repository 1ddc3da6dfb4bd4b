"""The further worlds of `test_truth.py`, in a file of their own so that they run beside the first ones."""

from pathlib import Path

import pytest

from tests.integration.test_truth import FURTHER_SEEDS
from tests.integration.truth import check
from tools.fictitious_france.planted import World


@pytest.mark.parametrize("seed", FURTHER_SEEDS)
def test_what_was_planted_is_told_and_nothing_else(tmp_path: Path, seed: int) -> None:
    check(World(seed), tmp_path)

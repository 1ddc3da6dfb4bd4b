"""What `make prove` adds to `make test`: parameters that are tried there only, and fresh seeds."""

import os
import random
from collections.abc import Iterable
from typing import Any

import pytest

SEED = os.environ.get("PROVE_SEED", "")
"""The text that fresh seeds are drawn from: the hash of the commit, or ``make prove SEED=…``. Empty outside `make prove`."""

MUTATED_FILES = 60 if SEED else 4
"""How many damaged files each test of tests/integration/test_mutated_files.py tries."""


def proved(values: Iterable[object]) -> list[Any]:
    """Parameters of a test that only `make prove` tries; a tuple stands for several arguments."""
    return [
        pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.prove) for value in values
    ]


def fresh(name: str, count: int) -> list[int]:
    """Draw the fresh seeds of one test: the same for the same SEED, others for another test."""
    return random.Random(f"{SEED}/{name}").sample(range(1_000, 1_000_000), count)

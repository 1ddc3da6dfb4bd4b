"""The seeds that `make prove` tries beside the fixed ones."""

import os
import random

SEED = os.environ.get("PROVE_SEED", "")
"""The text that they are drawn from: the hash of the commit, or ``make prove SEED=…``. Empty outside `make prove`."""


def fresh(name: str, count: int) -> list[int]:
    """Draw the fresh seeds of one test: the same for the same SEED, others for another test."""
    return random.Random(f"{SEED}/{name}").sample(range(1_000, 1_000_000), count)

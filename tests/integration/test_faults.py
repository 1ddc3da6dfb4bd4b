"""Faults strewn at random over whole worlds, against the independent oracle."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.france import FIRST_DAY
from tests.france.chaos import write_chaos
from tests.integration.play import System, check_day
from tests.oracle import Oracle


@pytest.mark.parametrize("seed", range(1, 9))
def test_faults_strewn_at_random(tmp_path: Path, seed: int) -> None:
    system, oracle = System(tmp_path), Oracle()
    for number in range(6):
        day = FIRST_DAY + timedelta(days=number)
        write_chaos(system.drop, day, seed=seed)
        check_day(system, oracle, day)

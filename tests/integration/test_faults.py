"""Faults strewn at random over whole worlds, against the independent oracle."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.proving import fresh, proved
from tools.fictitious_france import FIRST_DAY
from tools.fictitious_france.chaos import write_chaos
from tools.in_process.system import System, check_day
from tools.oracle import Oracle

SEEDS = [*range(1, 9), *fresh("faults", 4)]


@pytest.mark.parametrize("seed", proved(SEEDS))
def test_faults_strewn_at_random(tmp_path: Path, seed: int) -> None:
    system, oracle = System(tmp_path), Oracle()
    for number in range(6):
        day = FIRST_DAY + timedelta(days=number)
        write_chaos(system.drop, day, seed=seed)
        check_day(system, oracle, day)

"""Documents and anomalies of whole worlds, played over days, against the independent oracle."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, LAST, write_day
from tools.fictitious_france.chaos import write_chaos
from tools.in_process.system import System, check_day
from tools.oracle import Oracle


@pytest.mark.parametrize("last", [4, *proved([LAST])])
def test_the_story_day_by_day(tmp_path: Path, last: int) -> None:
    system, oracle = System(tmp_path), Oracle()
    for number in range(last + 1):
        day = FIRST_DAY + timedelta(days=number)
        write_day(system.drop, day)
        check_day(system, oracle, day)


@pytest.mark.prove
def test_retention_and_the_ninety_days(tmp_path: Path) -> None:
    """The same files, read again long after: what has an age is dropped, and comes back no more."""
    system, oracle = System(tmp_path), Oracle()
    for number in (0, 1, 2, 90, 91, 92, 365, 366, 367):
        day = FIRST_DAY + timedelta(days=number)
        if number <= 2:
            write_chaos(system.drop, day, seed=77)
        check_day(system, oracle, day)


@pytest.mark.prove
@pytest.mark.parametrize("variant", ["2021", "zip"])
def test_the_other_formats(tmp_path: Path, variant: str) -> None:
    system, oracle = System(tmp_path), Oracle()
    if variant == "2021":
        write_day(system.drop, FIRST_DAY, of_variant="2021")
    else:
        write_day(system.drop, FIRST_DAY, sirene_format="zip", onisep_bare=True)
    check_day(system, oracle, FIRST_DAY)


@pytest.mark.prove
def test_without_the_optional_sources(tmp_path: Path) -> None:
    """Rules that need a missing source are not evaluated, and what they had opened stays open."""
    system, oracle = System(tmp_path), Oracle()
    write_day(system.drop, FIRST_DAY)
    for path in system.drop.iterdir():
        if path.name != "listePubliqueOF.csv":
            path.unlink()
    check_day(system, oracle, FIRST_DAY)
    write_day(system.drop, FIRST_DAY + timedelta(days=1))
    check_day(system, oracle, FIRST_DAY + timedelta(days=1))

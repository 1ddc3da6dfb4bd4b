"""Small files that real life makes, kept beside the project: each gives what is right for it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System

FIELD = Path(__file__).parents[3] / "shared" / "field"
Sources = dict[str, dict[str, Any]]


def refused(name: str, *reasons: str) -> Callable[[Sources], None]:
    """The file of this source is refused, and the reason says all this."""

    def check(sources: Sources) -> None:
        assert sources[name]["state"] == "refused"
        for reason in reasons:
            assert reason in sources[name]["reason"]

    return check


RIGHT: dict[str, Callable[[Sources], None]] = {
    "Sirene Parquet whose siret column is DOUBLE": refused(
        "sirene", "siret: 858 of 858 values (100 %) are malformed", "1: '99000001000019.0'"
    ),
    "OF list re-saved by a French Excel": refused(
        "liste_of", "numeroDeclarationActivite: 118 of 119 values (99 %) are malformed", "2: '1,17500E+10'"
    ),
    "Education directory re-saved by Excel": refused(
        "annuaire_education", "SIREN_SIRET: ", "are malformed", "2: '9,90000E+13'"
    ),
    "First page of the ONISEP API": refused("referentiel_onisep", "incomplete: one page of 812"),
}
"""By the first words of the README beside the files: what has to come of a run with them, after a sound one."""


@pytest.mark.parametrize("what", RIGHT)
def test_field_input(tmp_path: Path, what: str) -> None:
    folder = next((one.parent for one in FIELD.glob("*/README") if one.read_text().startswith(what)), None)
    if folder is None:
        pytest.skip("the files are not beside the project")
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    documents = system.registry.documents()
    for path in folder.iterdir():
        if path.name != "README":
            shutil.copy(path, system.drop)
    RIGHT[what](system.ingest(FIRST_DAY)["sources"])
    assert system.registry.documents() == documents

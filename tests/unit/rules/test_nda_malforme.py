r"""`nda_malforme`: does not match `^\d{4}[0-9A-Z]\d{6}$`."""

from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIRET, Row, of

SHORT = "1175000000"


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"nda": SHORT},
        needs=("liste_of",),
        broken={"liste_of": [of(nda=SHORT)]},
        changed={"liste_of": [of(nda=SHORT), of(2, nda=SHORT, siret=OTHER)]},
        mended={"liste_of": [of()]},
    )
    assert [row["nda"] for row in opened.constats["liste_of"]] == [SHORT]
    assert opened.about("nda", "siret") == (SHORT, SIRET)


@pytest.mark.parametrize("nda", ["11750000001", "2202P002202", "01973000001"])
def test_well_formed(life: Life, nda: str) -> None:
    assert life.finds({"liste_of": [of(nda=nda)]}) == set()


@pytest.mark.parametrize(
    "nda",
    ["", "117500000012", "2202p002202", "22O2P002202", "2202P00220Z", "2202É002202", "11 75 00000", "11750000001\n"],
)
def test_malformed(life: Life, nda: str) -> None:
    assert life.finds({"liste_of": [of(nda=nda)]}) == {(nda,)}


def without_siret(line: int, siren: str | None, region: str) -> Row:
    """A row without a valid SIRET."""
    return of(line, nda=SHORT, siret="x", valid=False, siren_retenu=siren, code_region=region)


@pytest.mark.parametrize(
    ("rows", "about"),
    [
        # the first with a valid SIRET
        ([without_siret(1, OTHER[:9], "76"), of(2, nda=SHORT, code_region="84")], (SIRET, SIRET[:9], "84")),
        (
            [of(3, nda=SHORT, siret=OTHER, code_region="76"), of(2, nda=SHORT, code_region="84")],
            (SIRET, SIRET[:9], "84"),
        ),
        # else with a SIREN
        ([without_siret(1, None, "76"), without_siret(2, OTHER[:9], "84")], (None, OTHER[:9], "84")),
        ([without_siret(2, SIRET[:9], "76"), without_siret(1, OTHER[:9], "84")], (None, OTHER[:9], "84")),
        # else the first
        ([without_siret(2, None, "76"), without_siret(1, None, "84")], (None, None, "84")),
        ([without_siret(1, None, "82")], (None, None, None)),
    ],
)
def test_what_it_is_about(life: Life, rows: list[Row], about: tuple[Any, ...]) -> None:
    """One of its rows, in whichever order the table has them."""
    for table in (rows, rows[::-1]):
        [opened] = life.play({"liste_of": table})
        assert opened.about("siret", "siren", "region") == about
        life.play({})

r"""`nda_malforme`: does not match `^\d{4}[0-9A-Z]\d{6}$`."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIRET, of

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

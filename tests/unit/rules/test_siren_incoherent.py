"""`siren_incoherent`: `siren` is not the first 9 of the declared SIRET, both well formed."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, SIRET, of

ELSE = "356000000"


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="majeure",
        cle={"nda": NDA},
        needs=("liste_of",),
        broken={"liste_of": [of(siren=ELSE)]},
        changed={"liste_of": [of(siren=ELSE, code_region="84")]},
        mended={"liste_of": [of()]},
    )
    [row] = opened.constats["liste_of"]
    assert (row["nda"], row["siren"], row["siret"]) == (NDA, ELSE, SIRET)
    assert opened.about("nda", "siret", "siren") == (NDA, SIRET, SIRET[:9])


@pytest.mark.parametrize("siren", ["35600000", "3560000000", "35600000A", "", None])
def test_a_siren_that_is_not_well_formed_is_not_compared(life: Life, siren: str | None) -> None:
    assert life.finds({"liste_of": [of(siren=siren)]}) == set()


@pytest.mark.parametrize("siret", ["8184110920001", "818411092000130", "8184110920001A", ""])
def test_nor_a_siret(life: Life, siret: str) -> None:
    assert life.finds({"liste_of": [of(siret=siret, siren=ELSE, valid=False)]}) == set()


def test_well_formed_is_not_valid(life: Life) -> None:
    assert life.finds({"liste_of": [of(siret="81841109200014", siren="123456789", valid=False)]}) == {(NDA,)}


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [of(nda="", siren=ELSE)]}) == set()


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    [opened] = life.play({"liste_of": [of(1), of(2, siren=ELSE), of(3, siren=ELSE)]})
    assert [row["siren"] for row in opened.constats["liste_of"]] == [ELSE]

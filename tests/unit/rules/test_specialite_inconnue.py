"""`specialite_inconnue`: a speciality code outside the NSF list (the 92 codes, 340 and 999 included as known)."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, SECOND, of
from tools.oracle.identifiers import NSF_CODES


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="info",
        cle={"nda": NDA, "specialite": "998"},
        needs=("liste_of",),
        broken={"liste_of": [of(code_specialite_1="998"), of(2, code_specialite_3="998")]},
        changed=None,
        mended={"liste_of": [of(code_specialite_1="313")]},
    )
    assert opened.constats == {"liste_of": [{"nda": NDA, "specialite": "998"}]}
    # The evidence is the key: whatever else the rows say, it is the same anomaly unchanged.
    assert life.play({"liste_of": [of(5, code_specialite_2="998", code_region="84")]}) == []


@pytest.mark.parametrize("slot", [1, 2, 3])
def test_in_whichever_slot(life: Life, slot: int) -> None:
    assert life.finds({"liste_of": [{**of(), f"code_specialite_{slot}": "998"}]}) == {(NDA, "998")}


def test_twice_in_a_row_is_once(life: Life) -> None:
    [opened] = life.play({"liste_of": [of(code_specialite_1="998", code_specialite_3="998")]})
    assert len(opened.constats["liste_of"]) == 1


def test_the_whole_list_is_known(life: Life) -> None:
    assert {"340", "999"} <= NSF_CODES
    rows = [of(line, code_specialite_1=code) for line, code in enumerate(sorted(NSF_CODES))]
    assert life.finds({"liste_of": rows}) == set()


@pytest.mark.parametrize("code", ["000", "101", "119", "315A", "400", "998", "31"])
def test_and_nothing_else(life: Life, code: str) -> None:
    assert code not in NSF_CODES
    assert life.finds({"liste_of": [of(code_specialite_1=code)]}) == {(NDA, code)}


def test_each_nda_and_each_code_is_an_anomaly(life: Life) -> None:
    rows = [of(1, code_specialite_1="998", code_specialite_2="997"), of(2, nda=SECOND, code_specialite_1="998")]
    assert life.finds({"liste_of": rows}) == {(NDA, "998"), (NDA, "997"), (SECOND, "998")}


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [of(nda="", code_specialite_1="998")]}) == set()

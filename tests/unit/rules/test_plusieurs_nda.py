"""`plusieurs_nda`: one establishment declares more than one NDA."""

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, OTHER, SECOND, SIBLING, SIRET, of

THIRD = "11750000003"


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="info",
        cle={"siret": SIRET},
        needs=("liste_of",),
        broken={"liste_of": [of(1, nda=SECOND), of(2), of(3)]},
        changed={"liste_of": [of(1, nda=SECOND), of(2), of(3, nda=THIRD)]},
        mended={"liste_of": [of(1), of(2), of(3)]},
    )
    assert opened.constats == {"liste_of": [NDA, SECOND]}
    assert opened.about("siret", "siren", "nda") == (SIRET, SIRET[:9], None)


def test_another_establishment_of_the_unit_does_not_count(life: Life) -> None:
    assert life.finds({"liste_of": [of(1), of(2, nda=SECOND, siret=SIBLING)]}) == set()


def test_a_row_without_nda_does_not_count(life: Life) -> None:
    assert life.finds({"liste_of": [of(1), of(2, nda="")]}) == set()


def test_a_siret_that_is_not_valid_is_no_establishment(life: Life) -> None:
    rows = [of(1, siret="x", valid=False), of(2, nda=SECOND, siret="x", valid=False)]
    assert life.finds({"liste_of": rows}) == set()


def test_the_region_is_that_of_the_first_row_that_names_one_of_today(life: Life) -> None:
    rows = [of(3, nda=SECOND, code_region="84"), of(2, code_region="76"), of(1, code_region="82"), of(4, siret=OTHER)]
    [opened] = life.play({"liste_of": rows})
    assert opened.row["region"] == "76"

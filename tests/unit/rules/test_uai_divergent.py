"""`uai_divergent`: ONISEP's validated UAI is not among the directory's UAIs for that SIRET (both known)."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import LAST_UAI, OTHER, SIRET, UAI, Row, Tables, document, onisep, school, stock

THIRD = "0861290K"
KNOWN: Tables = {"repertoire": [document()], "sirene": [stock()]}


def test_life(life: Life) -> None:
    broken: Tables = {**KNOWN, "annuaire_education": [school()], "referentiel_onisep": [onisep(LAST_UAI)]}
    opened = life.whole(
        severite="majeure",
        cle={"siret": SIRET},
        needs=("annuaire_education", "referentiel_onisep"),
        broken=broken,
        changed={**broken, "annuaire_education": [school(), school(THIRD)]},
        mended={**broken, "referentiel_onisep": [onisep()]},
    )
    assert opened.constats == {"referentiel_onisep": [LAST_UAI], "annuaire_education": [UAI]}
    assert opened.about("siret", "uai", "siren", "region") == (SIRET, LAST_UAI, SIRET[:9], "11")


def test_the_directory_may_agree_with_a_closed_one(life: Life) -> None:
    """Whatever its `etat`."""
    rows = {"annuaire_education": [school(), school(LAST_UAI, etat="FERME")], "referentiel_onisep": [onisep(LAST_UAI)]}
    assert life.finds({**KNOWN, **rows}) == set()


def test_the_directory_may_know_a_closed_one_only(life: Life) -> None:
    rows = {"annuaire_education": [school(etat="FERME")], "referentiel_onisep": [onisep(LAST_UAI)]}
    assert life.finds({**KNOWN, **rows}) == {(SIRET,)}


def test_of_several_that_are_not_known_it_names_the_smallest(life: Life) -> None:
    ranked = [onisep(THIRD, rank=1), onisep(LAST_UAI, rank=2), onisep(LAST_UAI, rank=3), onisep(rank=4)]
    [opened] = life.play({**KNOWN, "annuaire_education": [school()], "referentiel_onisep": ranked})
    assert opened.constats["referentiel_onisep"] == [LAST_UAI, THIRD]
    assert opened.row["uai"] == LAST_UAI


@pytest.mark.parametrize(
    ("schools", "validated"),
    [
        ([], onisep(LAST_UAI)),  # the directory has none for it
        ([school(UAI, OTHER)], onisep(LAST_UAI)),
        ([school("0861288A")], onisep(LAST_UAI)),  # nor a valid one
        ([school()], onisep("0861289A")),  # ONISEP's is not valid
        ([school()], onisep(None)),
        ([school()], onisep(LAST_UAI, OTHER)),
    ],
)
def test_one_of_the_two_is_not_known(life: Life, schools: list[Row], validated: Row) -> None:
    assert life.finds({**KNOWN, "annuaire_education": schools, "referentiel_onisep": [validated]}) == set()


def test_the_evidence_is_all_that_the_directory_knows(life: Life) -> None:
    rows = [school(THIRD), school(THIRD), school(), school(THIRD, etat="FERME")]
    [opened] = life.play({**KNOWN, "annuaire_education": rows, "referentiel_onisep": [onisep(LAST_UAI)]})
    assert opened.constats["annuaire_education"] == [UAI, THIRD]


def test_a_siret_that_is_not_valid_is_not_known(life: Life) -> None:
    rows = {"annuaire_education": [school(UAI, "1")], "referentiel_onisep": [onisep(LAST_UAI, "1")]}
    assert life.finds({"repertoire": [document("1")], **rows}) == set()


def test_without_a_document_there_is_no_anomaly(life: Life) -> None:
    assert life.finds({"annuaire_education": [school()], "referentiel_onisep": [onisep(LAST_UAI)]}) == set()

"""`uai_invalide`: key letter wrong; for ONISEP, the validated `uai` only."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIRET, UAI, onisep, school, stock

WRONG = "0861288A"


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"source": "annuaire_education", "uai": WRONG},
        needs=("annuaire_education|referentiel_onisep",),
        broken={"annuaire_education": [school(WRONG), school(WRONG, etat="FERME")], "sirene": [stock()]},
        changed={"annuaire_education": [school(WRONG), school(WRONG, OTHER)], "sirene": [stock()]},
        mended={"annuaire_education": [school()]},
    )
    assert opened.constats == {"uai": WRONG, "sirets": [SIRET]}
    assert opened.about("source", "uai", "siret", "siren", "region") == (
        "annuaire_education",
        WRONG,
        SIRET,
        SIRET[:9],
        "11",
    )


def test_onisep_alone(life: Life) -> None:
    rows = {"referentiel_onisep": [onisep(WRONG)]}
    [opened] = life.play(rows, without=("annuaire_education",))
    assert opened.cle == {"source": "referentiel_onisep", "uai": WRONG}


def test_each_source_has_its_own(life: Life) -> None:
    assert life.finds({"annuaire_education": [school(WRONG)], "referentiel_onisep": [onisep(WRONG)]}) == {
        ("annuaire_education", WRONG),
        ("referentiel_onisep", WRONG),
    }


@pytest.mark.parametrize("uai", [UAI, "", None])
def test_a_right_one_or_none(life: Life, uai: str | None) -> None:
    assert life.finds({"annuaire_education": [school(uai)], "referentiel_onisep": [onisep(uai)]}) == set()


@pytest.mark.parametrize("uai", ["0861288h", "861288H", "0861288", "08612880", "0861288HH", "0861288I"])
def test_wrong_ones(life: Life, uai: str) -> None:
    assert life.finds({"annuaire_education": [school(uai)]}) == {("annuaire_education", uai)}


def test_it_is_about_the_first_valid_siret_that_bears_it(life: Life) -> None:
    rows = [school(WRONG, "1"), school(WRONG, SIRET), school(WRONG, OTHER)]
    [opened] = life.play({"annuaire_education": rows})
    assert opened.row["siret"] == SIRET
    assert opened.constats["sirets"] == sorted(["1", SIRET, OTHER])


def test_in_the_order_of_the_producer(life: Life) -> None:
    ranked = [onisep(WRONG, OTHER, rank=2), onisep(WRONG, SIRET, rank=1)]
    [opened] = life.play({"referentiel_onisep": ranked})
    assert opened.row["siret"] == SIRET


def test_of_no_establishment_that_is_known(life: Life) -> None:
    [opened] = life.play({"annuaire_education": [school(WRONG, "")]})
    assert opened.about("siret", "region") == (None, None)

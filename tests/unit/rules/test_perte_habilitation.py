"""`perte_habilitation`: active in the previous generation, absent or inactive now.

It closes when active again, or when its age reaches 90 days.
"""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIBLING, SIRET, Tables, certifier, fiche, held, partner, stock

HELD: Tables = {"habilitations": [held()]}
INACTIVE: Tables = {"habilitations": [held(active=False)]}
ABSENT: Tables = {"habilitations": []}
KEY = (SIRET, "RNCP1")


def test_life(life: Life) -> None:
    removed: Tables = {
        **INACTIVE,
        "sirene": [stock()],
        "fiches_rncp": [fiche(end=date(2026, 8, 31))],
        "partenaires_rncp": [partner(etat="Supprimé"), partner(etat="Supprimé"), partner(OTHER), partner(code="RNCP2")],
        "certificateurs_rncp": [certifier(SIRET, "Inactif")],
    }
    opened = life.whole(
        severite="majeure",
        cle={"siret": SIRET, "code_fiche": "RNCP1"},
        needs=("rncp|rs",),
        before=HELD,
        broken=removed,
        changed={**removed, "fiches_rncp": [fiche(active=False, end=date(2026, 8, 31))]},
        mended=HELD,
    )
    assert opened.constats == {
        "france_competences": {
            "avant": {"etat_habilitation": "Actif", "fiche_active": "Oui"},
            "maintenant": {
                "etat_habilitation": ["Inactif", "Supprimé"],
                "fiche_active": "Oui",
                "date_fin_enregistrement": "2026-08-31",
            },
        }
    }
    assert opened.about("siret", "siren", "code_fiche", "region") == (SIRET, SIRET[:9], "RNCP1", "11")
    assert life.play({**removed, **ABSENT}) == []  # inactive or absent: nothing to add


def test_what_is_in_the_register_no_more_has_no_state(life: Life) -> None:
    life.play(HELD)
    [opened] = life.play(ABSENT)
    now = {"etat_habilitation": None, "fiche_active": None, "date_fin_enregistrement": None}
    assert opened.constats["france_competences"]["maintenant"] == now


@pytest.mark.parametrize("lost", [INACTIVE, ABSENT])
def test_it_closes_when_it_is_ninety_days_old(life: Life, lost: Tables) -> None:
    life.play(HELD)
    [opened] = life.play(lost)
    assert life.play(lost, after=89) == []
    [closed] = life.play(lost)
    assert (closed.kind, closed.row["id"]) == ("resolue", opened.row["id"])
    assert life.again() == []
    assert life.play(lost) == []

    life.play(HELD)
    [reopened] = life.play(lost)
    assert (reopened.kind, reopened.row["occurrence"]) == ("ouverte", 2)
    assert life.play(lost, after=89) == []  # its age is that of the occurrence


def test_ninety_days_are_an_age_even_when_no_run_falls_on_it(life: Life) -> None:
    life.play(HELD)
    life.play(ABSENT)
    [closed] = life.play(ABSENT, after=120)
    assert closed.kind == "resolue"


def test_what_came_back_on_a_day_that_was_missed_and_went_again_is_still_open(life: Life) -> None:
    life.play(HELD)
    life.play(ABSENT)
    life.miss(HELD)
    assert life.play(ABSENT) == []


def test_what_was_lost_on_a_day_that_was_missed_is_lost(life: Life) -> None:
    life.play(ABSENT)
    life.miss(HELD)
    assert life.finds(ABSENT) == {KEY}


def test_an_anomaly_of_another_rule_is_no_loss(life: Life) -> None:
    life.play(ABSENT)
    life.entered("certificateur_ferme", siret=SIRET, code_fiche="RNCP1")
    assert life.finds(ABSENT) == set()


def test_the_first_run_of_all_has_nothing_to_compare_with(life: Life) -> None:
    assert life.play(INACTIVE) == []
    assert not life.evaluated


def test_what_was_inactive_is_not_lost(life: Life) -> None:
    life.play(INACTIVE)
    assert life.finds(ABSENT) == set()


def test_another_fiche_or_another_establishment_does_not_make_it_good(life: Life) -> None:
    life.play(HELD)
    assert life.finds({"habilitations": [held(code="RNCP2"), held(SIBLING), held(OTHER)]}) == {KEY}


def test_it_does_not_matter_what_it_was_for(life: Life) -> None:
    life.play({"habilitations": [held(trains=False)]})
    assert life.finds(ABSENT) == {KEY}


def test_each_of_them_is_an_anomaly(life: Life) -> None:
    life.play({"habilitations": [held(), held(code="RS2"), held(OTHER)]})
    assert life.finds(ABSENT) == {KEY, (SIRET, "RS2"), (OTHER, "RNCP1")}

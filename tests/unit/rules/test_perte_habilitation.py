"""`perte_habilitation`: active in the previous generation, absent or inactive now, and the fiche did not end as announced.

It closes when active again, or when its age reaches 90 days.
"""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import (
    DAY,
    OTHER,
    SIBLING,
    SIRET,
    Row,
    Tables,
    certifier,
    days_before,
    fiche,
    held,
    partner,
    stock,
)

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


def test_a_fiche_that_ended_is_said_to_be_inactive(life: Life) -> None:
    life.play(HELD)
    [opened] = life.play({**INACTIVE, "fiches_rs": [fiche(active=False)], "partenaires_rs": [partner()]})
    now = {"etat_habilitation": ["Actif"], "fiche_active": "Non", "date_fin_enregistrement": None}
    assert opened.constats["france_competences"]["maintenant"] == now


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
    assert [row["etat"] for row in life.ledger()] == ["ouverte"]  # once, though two things say so


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


YESTERDAY = days_before(1)  # the first day of a life is DAY: its second is the first that compares
TODAY = days_before(-1)
TOMORROW = days_before(-2)


@pytest.mark.parametrize(
    ("announced", "now", "lost"),
    [
        # It ended as announced: the day has come, and the fiche is inactive or gone.
        (fiche(end=TODAY), [fiche(active=False, end=TODAY)], False),
        (fiche(end=DAY), [fiche(active=False, end=DAY)], False),
        (fiche(end=YESTERDAY), [fiche(active=False, end=TODAY)], False),
        (fiche(end=TODAY), [fiche(active=False, end=date(2030, 1, 1))], False),
        (fiche(end=TODAY), [fiche(active=False)], False),
        (fiche(end=TODAY), [], False),
        (fiche(end=TODAY), [fiche("RNCP2")], False),
        # Before its day, or without one.
        (fiche(end=TOMORROW), [fiche(active=False, end=TOMORROW)], True),
        (fiche(end=TOMORROW), [], True),
        (fiche(), [fiche(active=False)], True),
        (fiche(), [], True),
        # A date rewritten on the day is no announcement.
        (fiche(end=date(2030, 1, 1)), [fiche(active=False, end=TODAY)], True),
        (fiche(), [fiche(active=False, end=DAY)], True),
        # A partner withdrawn from an active fiche, whatever its end.
        (fiche(end=TODAY), [fiche(end=TODAY)], True),
        (fiche(end=TODAY), [fiche(end=date(2030, 1, 1))], True),
        (fiche("RNCP2", end=TODAY), [fiche(active=False, end=TODAY)], True),
    ],
)
def test_what_was_announced_is_no_loss(life: Life, announced: Row, now: list[Row], lost: bool) -> None:
    life.play({**HELD, "fiches_rncp": [announced]})
    assert life.day == DAY
    assert life.finds({**INACTIVE, "fiches_rncp": now}) == ({KEY} if lost else set())


def test_each_register_announces_its_own(life: Life) -> None:
    life.play(
        {"habilitations": [held(), held(code="RS1")], "fiches_rncp": [fiche()], "fiches_rs": [fiche("RS1", end=TODAY)]}
    )
    ended: Tables = {
        "fiches_rncp": [fiche(active=False, end=TODAY)],
        "fiches_rs": [fiche("RS1", active=False, end=TODAY)],
    }
    assert life.finds(ended) == {KEY}


@pytest.mark.parametrize(
    ("days", "lost"),
    [
        ([(True, date(2030, 1, 1)), (True, TODAY), (False, TODAY)], False),
        ([(True, TODAY), (True, date(2030, 1, 1)), (False, TODAY)], True),
        ([(True, TODAY), (True, None), (False, TODAY)], True),
        ([(True, date(2030, 1, 1)), (False, TODAY), (False, TODAY)], True),
        ([(True, TODAY), (False, date(2030, 1, 1)), (False, date(2030, 1, 1))], False),
    ],
)
def test_the_end_is_that_of_the_last_register_in_which_it_was_active(
    life: Life, days: list[tuple[bool, date | None]], lost: bool
) -> None:
    """Of several snapshots to compare with, when reconciliations were missed."""
    first, *missed = [
        {"habilitations": [held(active=active)], "fiches_rncp": [fiche(active=active, end=end)]} for active, end in days
    ]
    life.play(first)
    for tables in missed:
        life.miss(tables)
    assert life.finds(missed[-1]) == ({KEY} if lost else set())


def test_what_is_open_stays_open_when_its_fiche_ends_as_announced(life: Life) -> None:
    active: Tables = {"fiches_rncp": [fiche(end=TOMORROW)]}
    life.play({**HELD, **active})
    [opened] = life.play({**INACTIVE, **active})
    events = life.play({**INACTIVE, "fiches_rncp": [fiche(active=False, end=TOMORROW)]})
    assert [event.kind for event in events] == ["modifiee"]
    assert [row["etat"] for row in life.ledger()] == ["ouverte"]
    assert opened.cle == {"siret": SIRET, "code_fiche": "RNCP1"}

"""`fin_enregistrement_depassee`: `FICHE/ACTIF = Oui` though `DATE_FIN_ENREGISTREMENT` is before the run's day."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import DAY, days_before, fiche


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"code_fiche": "RNCP1"},
        needs=("rncp|rs",),
        broken={"fiches_rncp": [fiche(end=days_before(1))]},
        changed={"fiches_rncp": [fiche(end=days_before(2))]},
        mended={"fiches_rncp": [fiche(end=date(2030, 1, 1))]},
    )
    assert opened.constats == {"france_competences": {"actif": "Oui", "date_fin_enregistrement": "2026-11-22"}}
    assert opened.about("code_fiche", "siret", "region") == ("RNCP1", None, None)


def test_it_opens_by_itself_the_day_after_the_end(life: Life) -> None:
    rows = {"fiches_rs": [fiche("RS1", end=DAY)]}
    assert life.play(rows) == []
    assert life.evaluated
    [opened] = life.play(rows)
    assert opened.cle == {"code_fiche": "RS1"}


@pytest.mark.parametrize("row", [fiche(active=False, end=date(2020, 1, 1)), fiche(end=None)])
def test_an_inactive_fiche_or_one_without_an_end_is_in_order(life: Life, row: dict[str, object]) -> None:
    assert life.finds({"fiches_rncp": [row]}) == set()

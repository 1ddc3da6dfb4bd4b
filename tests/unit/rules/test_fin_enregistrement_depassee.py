"""`fin_enregistrement_depassee`: `FICHE/ACTIF = Oui` though `DATE_FIN_ENREGISTREMENT` is before the day of its register's data."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import DAY, Row, Tables, days_before, fiche, source_used

RNCP, RS = source_used("rncp"), source_used("rs")


def registers(*outcomes: Row, rncp: tuple[Row, ...] = (), rs: tuple[Row, ...] = ()) -> Tables:
    """Fiches of both registers, and what is in use of each."""
    return {"fiches_rncp": [*rncp], "fiches_rs": [*rs], "source_outcomes": [*(outcomes or (RNCP, RS))]}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"code_fiche": "RNCP1"},
        needs=("rncp|rs",),
        broken=registers(rncp=(fiche(end=days_before(1)),)),
        changed=registers(rncp=(fiche(end=days_before(2)),)),
        mended=registers(rncp=(fiche(end=date(2030, 1, 1)),)),
    )
    assert opened.constats == {"france_competences": {"actif": "Oui", "date_fin_enregistrement": "2026-11-22"}}
    assert opened.about("code_fiche", "siret", "region") == ("RNCP1", None, None)


def test_the_day_that_counts_is_that_of_the_data(life: Life) -> None:
    """A register that does not come any more says nothing of the days since."""
    ending = fiche("RS1", end=DAY)
    assert life.play(registers(rs=(ending,))) == []
    assert life.play(registers(rs=(ending,)), after=30) == []
    assert life.evaluated
    [opened] = life.play(registers(RNCP, source_used("rs", day=days_before(-1)), rs=(ending,)))
    assert opened.cle == {"code_fiche": "RS1"}


def test_each_fiche_is_held_against_its_own_register(life: Life) -> None:
    yesterday = days_before(1)
    tables = registers(
        RNCP,
        source_used("rs", day=yesterday),
        source_used("liste_of", day=days_before(-9)),
        rncp=(fiche(end=yesterday), fiche("RNCP2", end=DAY)),
        rs=(fiche("RS1", end=yesterday), fiche("RS2", end=days_before(2))),
    )
    assert life.finds(tables) == {("RNCP1",), ("RS2",)}


@pytest.mark.parametrize("row", [fiche(active=False, end=date(2020, 1, 1)), fiche(end=None)])
def test_an_inactive_fiche_or_one_without_an_end_is_in_order(life: Life, row: Row) -> None:
    assert life.finds(registers(rncp=(row,))) == set()

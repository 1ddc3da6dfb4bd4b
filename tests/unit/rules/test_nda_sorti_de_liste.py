"""`nda_sorti_de_liste`: in the previously accepted list, gone now, and no listed row of its SIREN names it.

When it returns, is so named or passes the retention, the documents keep it no longer: `tests/unit/documents`.
"""

from datetime import date
from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, OTHER, SECOND, SIRET, Row, Tables, gone, of, stock

LISTED: Tables = {"liste_of": [of()]}


def test_life(life: Life) -> None:
    broken: Tables = {"ndas_inactifs": [gone(date_derniere_declaration=date(2026, 1, 5))], "sirene": [stock()]}
    opened = life.whole(
        severite="majeure",
        cle={"nda": NDA},
        needs=("liste_of",),
        before=LISTED,
        broken=broken,
        # It was shared: another legal unit loses it, or has it replaced, on a day of its own.
        changed={**broken, "ndas_inactifs": [*broken["ndas_inactifs"], gone(siret=OTHER)]},
        mended=LISTED,
    )
    assert opened.constats == {
        "liste_of": [{"siren": SIRET[:9], "siret": SIRET, "date_derniere_declaration": "2026-01-05"}]
    }
    assert opened.about("nda", "siret", "siren", "region") == (NDA, SIRET, SIRET[:9], "11")


def test_one_nda_of_two_bodies_is_one_anomaly(life: Life) -> None:
    life.play(LISTED)
    [opened] = life.play({"ndas_inactifs": [gone(), gone(siret=OTHER)]})
    assert [row["siren"] for row in opened.constats["liste_of"]] == [OTHER[:9], SIRET[:9]]


def test_each_nda_is_an_anomaly(life: Life) -> None:
    life.play(LISTED)
    assert life.finds({"ndas_inactifs": [gone(), gone(SECOND)]}) == {(NDA,), (SECOND,)}


@pytest.mark.parametrize(
    ("rows", "about"),
    [
        # the first of the list
        ([gone(line=2), gone(siret=OTHER, line=1, code_region="76")], (OTHER, OTHER[:9], "76")),
        # with a SIRET
        ([gone(line=2), gone(line=1) | {"siret": None, "siren": OTHER[:9]}], (SIRET, SIRET[:9], "84")),
        # with a SIREN
        ([gone(line=1) | {"siret": None, "siren": None}, gone(line=2) | {"siret": None}], (None, SIRET[:9], "84")),
        # a region that is none of today's is not known
        ([gone(line=1, code_region="82")], (SIRET, SIRET[:9], None)),
    ],
)
def test_what_it_is_about(life: Life, rows: list[Row], about: tuple[Any, ...]) -> None:
    life.play(LISTED)
    [opened] = life.play({"ndas_inactifs": [{"code_region": "84", **row} for row in rows]})
    assert opened.about("siret", "siren", "region") == about

"""`date_incoherente`: `debutExercice` after `finExercice`, or `dateDerniereDeclaration` after the run's day."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import DAY, NDA, Row, of


def exercise(debut: date | None, fin: date | None, line: int = 1, **more: Any) -> Row:
    """A row with its exercise."""
    return of(line, date_debut_exercice=debut, date_fin_exercice=fin, **more)


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"nda": NDA},
        needs=("liste_of",),
        broken={"liste_of": [exercise(date(2026, 1, 1), date(2025, 12, 31))]},
        changed={"liste_of": [exercise(date(2026, 1, 1), date(2024, 12, 31))]},
        mended={"liste_of": [exercise(date(2025, 1, 1), date(2025, 12, 31))]},
    )
    [row] = opened.constats["liste_of"]
    assert (row["date_debut_exercice"], row["date_fin_exercice"]) == ("01/01/2026", "31/12/2025")


def test_a_declaration_of_tomorrow_is_of_today_tomorrow(life: Life) -> None:
    rows = {"liste_of": [of(date_derniere_declaration=DAY + timedelta(days=1))]}
    [opened] = life.play(rows)
    assert opened.constats["liste_of"][0]["date_derniere_declaration"] == "24/11/2026"
    [closed] = life.play(rows)
    assert closed.kind == "resolue"


@pytest.mark.parametrize(
    ("debut", "fin"), [(DAY, DAY), (None, date(2025, 12, 31)), (date(2026, 1, 1), None), (None, None)]
)
def test_what_contradicts_nothing(life: Life, debut: date | None, fin: date | None) -> None:
    assert life.finds({"liste_of": [exercise(debut, fin)]}) == set()


def test_an_exercise_may_lie_ahead(life: Life) -> None:
    ahead = exercise(DAY + timedelta(days=1), DAY + timedelta(days=365), date_derniere_declaration=DAY)
    assert life.finds({"liste_of": [ahead]}) == set()


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    [opened] = life.play({"liste_of": [exercise(DAY, date(2025, 1, 1)), of(2)]})
    assert len(opened.constats["liste_of"]) == 1


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [exercise(DAY, date(2025, 1, 1), nda="")]}) == set()

"""`declaration_perimee`: listed though `dateDerniereDeclaration` is more than 730 days old."""

from typing import Any

from tests.unit.rules.life import Life
from tests.unit.rules.rows import DAY, NDA, Row, days_before, of


def last(age: int, line: int = 1, **more: Any) -> Row:
    """A row whose last declaration had this age on the first day."""
    return of(line, date_derniere_declaration=days_before(age), **more)


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"nda": NDA},
        needs=("liste_of",),
        broken={"liste_of": [last(731)]},
        changed={"liste_of": [last(800)]},
        mended={"liste_of": [last(30)]},
    )
    [row] = opened.constats["liste_of"]
    assert row["date_derniere_declaration"] == days_before(731).strftime("%d/%m/%Y")


def test_it_opens_by_itself_when_the_declaration_is_731_days_old(life: Life) -> None:
    rows = {"liste_of": [last(730)]}
    assert life.play(rows) == []
    assert life.evaluated
    [opened] = life.play(rows)
    assert (opened.kind, life.day.toordinal() - DAY.toordinal()) == ("ouverte", 1)


def test_a_row_without_a_date_says_nothing(life: Life) -> None:
    assert life.finds({"liste_of": [of(date_derniere_declaration=None)]}) == set()


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    [opened] = life.play({"liste_of": [last(731), last(1, 2)]})
    assert len(opened.constats["liste_of"]) == 1


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [last(731, nda="")]}) == set()

"""`perte_qualiopi`: a category true in the previous accepted list, not true now, the NDA still listed.

It closes when the category is true again, or when the NDA leaves the list.
"""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import CATEGORIES, NDA, SECOND, SIRET, Row, Tables, of, stock


def listed(*rows: Row) -> Tables:
    """An OF list of these rows."""
    return {"liste_of": list(rows)}


CERTIFIED, LOST = listed(of(apprentissage=True)), listed(of(apprentissage=False))


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="critique",
        cle={"nda": NDA, "categorie": "apprentissage"},
        needs=("liste_of",),
        before=CERTIFIED,
        broken={**LOST, "sirene": [stock()]},
        changed=None,
        mended=CERTIFIED,
    )
    assert opened.constats == {"liste_of": {"avant": True, "maintenant": False}}
    assert opened.about("nda", "siret", "siren", "region") == (NDA, SIRET, SIRET[:9], "11")
    # What was true and is not any more: whatever else the rows say, there is nothing to add.
    assert life.play(listed(of(4, apprentissage=None, code_region="84"), of(5))) == []


def test_it_closes_when_the_nda_leaves_the_list(life: Life) -> None:
    life.play(CERTIFIED)
    life.play(LOST)
    [closed] = life.play(listed(of(nda=SECOND)))
    assert closed.kind == "resolue"
    assert life.play(LOST) == []  # it returns as it left: nothing is lost anew


def test_what_came_back_on_a_day_that_was_missed_and_went_again_is_still_open(life: Life) -> None:
    life.play(CERTIFIED)
    life.play(LOST)
    life.miss(CERTIFIED)
    assert life.play(LOST) == []


def test_with_the_nda_leaves_everything_that_it_had(life: Life) -> None:
    life.play(CERTIFIED)
    assert life.finds(listed(of(nda=SECOND))) == set()


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category(life: Life, category: str) -> None:
    everything: Row = dict.fromkeys(CATEGORIES, True)
    life.play(listed({**of(), **everything}))
    assert life.finds(listed({**of(), **everything, category: False})) == {(NDA, category)}


@pytest.mark.parametrize("no", [False, None])
@pytest.mark.parametrize("category", CATEGORIES)
def test_an_nda_is_certified_when_any_of_its_rows_is(life: Life, category: str, no: bool | None) -> None:
    def rows(*cells: bool | None) -> Tables:
        return listed(*({**of(line), category: cell} for line, cell in enumerate(cells)))

    life.play(rows(no, True))
    assert life.finds(rows(True, no)) == set()
    assert life.finds(rows(no, no)) == {(NDA, category)}


def test_what_was_never_true_is_not_lost(life: Life) -> None:
    life.play(LOST)
    assert life.finds(listed(of())) == set()


def test_rows_without_nda_lose_nothing(life: Life) -> None:
    life.play(listed(of(nda="", apprentissage=True)))
    assert life.finds(listed(of(nda=""))) == set()


def test_what_it_is_about_is_what_is_listed_now(life: Life) -> None:
    life.play(CERTIFIED)
    [opened] = life.play(listed(of(2, siret="x", valid=False, code_region="84"), of(3, code_region="76")))
    assert opened.about("siret", "region") == (SIRET, "76")

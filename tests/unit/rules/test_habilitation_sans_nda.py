"""`habilitation_sans_nda`: active habilitation to train as a *partner*, and its SIREN has no NDA in the OF list."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIBLING, SIRET, Row, Tables, held, of, stock


def test_life(life: Life) -> None:
    broken: Tables = {"habilitations": [held()], "liste_of": [of(siret=OTHER)], "sirene": [stock()]}
    opened = life.whole(
        severite="mineure",
        cle={"siret": SIRET},
        needs=("liste_of", "rncp|rs"),
        broken=broken,
        changed=None,
        mended={**broken, "liste_of": [of()]},
    )
    assert opened.constats == {"liste_of": {"siren": SIRET[:9], "nda": None}}
    assert opened.about("siret", "siren", "nda", "region") == (SIRET, SIRET[:9], None, "11")
    # The list says nothing of its SIREN: there is no other way to say nothing.
    assert life.play({**broken, "habilitations": [held(), held(code="RNCP2")]}) == []


@pytest.mark.parametrize(
    "row",
    [
        of(siret=SIBLING),  # of its legal unit
        of(siret="x", valid=False, siren_retenu=SIRET[:9]),  # a row without a valid SIRET counts by its SIREN
    ],
)
def test_any_row_of_its_siren_will_do(life: Life, row: Row) -> None:
    assert life.finds({"habilitations": [held()], "liste_of": [row]}) == set()


@pytest.mark.parametrize(
    "row",
    [
        of(nda=""),
        of(siret="x", valid=False),  # of a SIREN that is not known
        of(siret=OTHER, siren=SIRET[:9]),  # the SIREN of a row is that of its valid SIRET
    ],
)
def test_which_rows_will_not(life: Life, row: Row) -> None:
    assert life.finds({"habilitations": [held()], "liste_of": [row]}) == {(SIRET,)}


@pytest.mark.parametrize("entry", [held(active=False), held(trains=False)])
def test_an_inactive_one_or_one_that_is_not_to_train_asks_for_nothing(life: Life, entry: Row) -> None:
    assert life.finds({"habilitations": [entry], "liste_of": [of(siret=OTHER)]}) == set()

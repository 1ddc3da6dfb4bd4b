"""`habilitation_sans_qualiopi`: active habilitation to train as a partner, an active NDA, no Qualiopi category true."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import CATEGORIES, NDA, OTHER, SECOND, SIRET, Tables, declared, document, held, stock

BROKEN: Tables = {
    "habilitations": [held()],
    "repertoire": [document()],
    "declarations": [declared()],
    "sirene": [stock()],
}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="info",
        cle={"siret": SIRET},
        needs=("liste_of", "rncp|rs"),
        broken=BROKEN,
        changed={**BROKEN, "declarations": [declared(nda=SECOND), declared()]},
        mended={**BROKEN, "declarations": [declared(action_formation=True)]},
    )
    assert opened.constats == {"liste_of": [NDA]}
    assert opened.about("siret", "siren", "region") == (SIRET, SIRET[:9], "11")


def test_the_evidence_is_its_active_ndas(life: Life) -> None:
    rows = [declared(nda=SECOND), declared(), declared(nda="11750000003", active=False)]
    [opened] = life.play({**BROKEN, "declarations": rows})
    assert opened.constats == {"liste_of": [NDA, SECOND]}


@pytest.mark.parametrize("category", CATEGORIES)
def test_one_category_of_one_nda_is_enough(life: Life, category: str) -> None:
    rows = [declared(), {**declared(nda=SECOND), category: True}]
    assert life.finds({**BROKEN, "declarations": rows}) == set()


@pytest.mark.parametrize(
    "other",
    [
        {"habilitations": [held(active=False)]},
        {"habilitations": [held(trains=False)]},
        {"habilitations": [held(OTHER)]},
        {"declarations": [declared(active=False)]},
        {"declarations": []},
        {"declarations": [declared(OTHER)]},
        {"repertoire": []},
        {"repertoire": [{"id": SIRET, "etat": "hors_perimetre"}]},
    ],
)
def test_what_is_in_order(life: Life, other: Tables) -> None:
    assert life.finds({**BROKEN, **other}) == set()


def test_an_establishment_with_several_habilitations_is_one(life: Life) -> None:
    [opened] = life.play({**BROKEN, "habilitations": [held(), held(code="RS1")]})
    assert opened.constats == {"liste_of": [NDA]}

"""`habilitation_sans_nda`: habilitation to train as a *partner* on a fiche registered `sur demande`, and a SIREN without NDA."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIBLING, SIRET, Row, Tables, fiche, held, of, stock

ON_REQUEST: Tables = {"habilitations": [held()], "fiches_rncp": [fiche()]}
OF_RIGHT: Tables = {"habilitations": [held()], "fiches_rncp": [fiche(kind="de droit")]}
UNKNOWN: Tables = {"habilitations": [held()], "fiches_rncp": [fiche(kind=None)]}


def test_life(life: Life) -> None:
    broken: Tables = {**ON_REQUEST, "liste_of": [of(siret=OTHER)], "sirene": [stock()]}
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
    two = {"habilitations": [held(), held(code="RNCP2")], "fiches_rncp": [fiche(), fiche("RNCP2")]}
    assert life.play({**broken, **two}) == []


@pytest.mark.parametrize(
    "row",
    [
        of(siret=SIBLING),  # of its legal unit
        of(siret="x", valid=False, siren_retenu=SIRET[:9]),  # a row without a valid SIRET counts by its SIREN
    ],
)
def test_any_row_of_its_siren_will_do(life: Life, row: Row) -> None:
    assert life.finds({**ON_REQUEST, "liste_of": [row]}) == set()


@pytest.mark.parametrize(
    "row",
    [
        of(nda=""),
        of(siret="x", valid=False),  # of a SIREN that is not known
        of(siret=OTHER, siren=SIRET[:9]),  # the SIREN of a row is that of its valid SIRET
    ],
)
def test_which_rows_will_not(life: Life, row: Row) -> None:
    assert life.finds({**ON_REQUEST, "liste_of": [row]}) == {(SIRET,)}


@pytest.mark.parametrize("entry", [held(active=False), held(trains=False)])
def test_an_inactive_one_or_one_that_is_not_to_train_asks_for_nothing(life: Life, entry: Row) -> None:
    assert life.finds({**ON_REQUEST, "habilitations": [entry], "liste_of": [of(siret=OTHER)]}) == set()


def test_a_national_diploma_asks_for_nothing(life: Life) -> None:
    assert life.finds({**OF_RIGHT, "liste_of": [of(siret=OTHER)]}) == set()
    both: Tables = {
        "habilitations": [held(), held(code="RS2")],
        "fiches_rncp": [fiche(kind="de droit")],
        "fiches_rs": [fiche("RS2")],
        "liste_of": [of(siret=OTHER)],
    }
    assert life.finds(both) == {(SIRET,)}
    # The habilitation on the fiche `sur demande` must itself be active and to train.
    for entry in (held(code="RS2", active=False), held(code="RS2", trains=False), held(OTHER, code="RS2")):
        assert (SIRET,) not in life.finds({**both, "habilitations": [held(), entry]})


def test_a_fiche_of_unknown_kind_opens_nothing_and_closes_nothing(life: Life) -> None:
    """As a register is that an earlier version stored, or a fiche that lacks the element."""
    alone = {"liste_of": [of(siret=OTHER)]}
    assert life.finds({**UNKNOWN, **alone}) == set()
    [opened] = life.play({**ON_REQUEST, **alone})
    assert life.play({**UNKNOWN, **alone}) == []
    assert life.finds({**UNKNOWN, **alone}) == {(SIRET,)}
    [row] = life.ledger()
    assert (row["etat"], row["constats"]) == ("ouverte", opened.row["constats"])
    # It knows what it needs for closing it all the same.
    [closed] = life.play({**UNKNOWN, "liste_of": [of()]})
    assert closed.kind == "resolue"
    life.entered("certificateur_ferme", siret=SIRET)
    assert life.finds({**UNKNOWN, **alone}) == set()


def test_it_closes_when_the_fiche_turns_out_to_be_a_national_diploma(life: Life) -> None:
    alone = {"liste_of": [of(siret=OTHER)]}
    life.play({**ON_REQUEST, **alone})
    [closed] = life.play({**OF_RIGHT, **alone})
    assert closed.kind == "resolue"

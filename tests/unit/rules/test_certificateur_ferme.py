"""`certificateur_ferme`: an `Actif` certifier of an active fiche is closed in Sirene."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import CLOSED, OTHER, SIRET, Row, Tables, certifier, fiche, partner, stock

CLOSED_IN_SIRENE: Tables = {"sirene": [stock(CLOSED, "F"), stock(SIRET)]}


def named(*certifiers: Row, active: bool = True) -> Tables:
    """A fiche with these certifiers, and Sirene."""
    return {**CLOSED_IN_SIRENE, "fiches_rncp": [fiche(active=active)], "certificateurs_rncp": list(certifiers)}


def test_life(life: Life) -> None:
    broken = named(certifier(), certifier())
    opened = life.whole(
        severite="majeure",
        cle={"code_fiche": "RNCP1", "siret": CLOSED},
        needs=("rncp|rs", "sirene"),
        broken=broken,
        changed={**broken, "sirene_succession": [{"predecesseur": CLOSED, "successeur": SIRET}]},
        mended=named(certifier(SIRET)),
    )
    assert opened.constats["sirene"]["etat"] == "F"
    assert opened.constats["sirene"]["date_debut"] == "2020-01-01"
    assert opened.about("siret", "siren", "code_fiche", "region") == (CLOSED, CLOSED[:9], "RNCP1", "11")


@pytest.mark.parametrize(
    "tables",
    [
        named(certifier(), active=False),
        named(certifier(etat="Inactif")),
        named(certifier(etat="Supprimé")),
        named(certifier(SIRET)),  # open
        named(certifier(OTHER)),  # unknown to Sirene
        {**named(), "partenaires_rncp": [partner(CLOSED)]},
        {**named(certifier("81841109200014")), "sirene": [stock("81841109200014", "F")]},  # not valid
    ],
)
def test_what_is_in_order(life: Life, tables: Tables) -> None:
    assert life.finds(tables) == set()


def test_in_each_register_and_each_fiche(life: Life) -> None:
    tables: Tables = {
        **CLOSED_IN_SIRENE,
        "fiches_rs": [fiche("RS1"), fiche("RS2")],
        "certificateurs_rs": [certifier(code="RS1"), certifier(code="RS2")],
    }
    assert life.finds(tables) == {("RS1", CLOSED), ("RS2", CLOSED)}

"""`habilitation_sur_fiche_inactive`: partners still `Actif` on a fiche with `ACTIF = Non`; how many, the first ten SIRETs."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import CLOSED, OTHER, SIBLING, SIRET, Row, Tables, certifier, fiche, partner, stock

INACTIVE = {"fiches_rncp": [fiche(active=False)]}


def test_life(life: Life) -> None:
    broken: Tables = {
        "fiches_rncp": [fiche(active=False, end=date(2026, 8, 31))],
        "partenaires_rncp": [partner(), partner(), partner(OTHER)],
        "sirene": [stock()],
    }
    opened = life.whole(
        severite="info",
        cle={"code_fiche": "RNCP1"},
        needs=("rncp|rs",),
        broken=broken,
        changed={**broken, "partenaires_rncp": [partner(), partner(OTHER), partner(SIBLING)]},
        mended={**broken, "fiches_rncp": [fiche()]},
    )
    assert opened.constats == {"france_competences": {"nombre": 2, "premiers": [SIRET, OTHER]}}
    assert opened.about("code_fiche", "siret", "siren", "region") == ("RNCP1", None, None, None)
    # The evidence is what opens it: another end of the fiche, or another habilitation, changes nothing.
    orga = {**partner(), "habilitation": "HABILITATION_ORGANISER"}
    same = {"fiches_rncp": [fiche(active=False)], "partenaires_rncp": [orga, partner(OTHER)]}
    assert life.play({**broken, **same}) == []


@pytest.mark.parametrize("etat", ["Inactif", "Supprimé", None])
def test_it_closes_when_no_partner_is_active_any_more(life: Life, etat: str | None) -> None:
    inactive: Tables = {"fiches_rs": [fiche("RS2", active=False)]}
    assert life.finds({**inactive, "partenaires_rs": [partner(code="RS2")]}) == {("RS2",)}
    assert life.finds({**inactive, "partenaires_rs": [partner(etat=etat, code="RS2")]}) == set()


def test_a_siret_that_is_not_valid_is_another_matter(life: Life) -> None:
    assert life.finds({**INACTIVE, "partenaires_rncp": [partner("1")]}) == set()
    [opened] = life.play({**INACTIVE, "partenaires_rncp": [partner("1"), partner(), partner("")]})
    assert opened.constats["france_competences"] == {"nombre": 1, "premiers": [SIRET]}


def test_a_certifier_is_no_partner(life: Life) -> None:
    assert life.finds({**INACTIVE, "certificateurs_rncp": [certifier()]}) == set()


def test_each_fiche(life: Life) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche(active=False), fiche("RNCP2", active=False), fiche("RNCP3")],
        "partenaires_rncp": [partner(), partner(OTHER), partner(code="RNCP2"), partner(code="RNCP3")],
    }
    assert life.finds(tables) == {("RNCP1",), ("RNCP2",)}


def la_poste(number: int) -> str:
    """One of the SIRETs of which no key is asked."""
    return f"356000000{number:05}"


def test_the_first_ten_are_those_of_the_file(life: Life) -> None:
    """Each once, where it stands first; those that do not count have no place."""
    wanted = [la_poste(number) for number in (7, 3, 9, 1, 12, 4, 11, 2, 10, 5, 8, 6)]
    rows: list[Row] = [partner(wanted[0]), partner(SIRET, "Inactif"), partner(wanted[0]), partner("1")]
    for one in wanted[1:]:
        rows += [partner(CLOSED, code="RNCP2"), partner(one), partner(wanted[0])]
    [opened] = life.play({**INACTIVE, "partenaires_rncp": rows})
    assert opened.constats["france_competences"] == {"nombre": 12, "premiers": wanted[:10]}
    # The eleventh and the twelfth are not told apart.
    rows = [partner(one) for one in [*wanted[:10], la_poste(40), la_poste(41)]]
    assert life.play({**INACTIVE, "partenaires_rncp": rows}) == []
    [changed] = life.play({**INACTIVE, "partenaires_rncp": [*rows, partner(la_poste(42))]})
    assert (changed.kind, changed.constats["france_competences"]["nombre"]) == ("modifiee", 13)

"""`habilitation_sur_fiche_inactive`: partner `Actif` on a fiche with `ACTIF = Non`."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import OTHER, SIRET, Tables, certifier, fiche, partner, stock


def test_life(life: Life) -> None:
    broken: Tables = {
        "fiches_rncp": [fiche(active=False, end=date(2026, 8, 31))],
        "partenaires_rncp": [partner(), partner()],
        "sirene": [stock()],
    }
    opened = life.whole(
        severite="mineure",
        cle={"siret": SIRET, "code_fiche": "RNCP1"},
        needs=("rncp|rs",),
        broken=broken,
        changed={**broken, "fiches_rncp": [fiche(active=False, end=date(2025, 8, 31))]},
        mended={**broken, "fiches_rncp": [fiche()]},
    )
    assert opened.constats == {
        "france_competences": {
            "etat_habilitation": "Actif",
            "fiche_active": "Non",
            "date_fin_enregistrement": "2026-08-31",
        }
    }
    assert opened.about("siret", "siren", "code_fiche", "region") == (SIRET, SIRET[:9], "RNCP1", "11")
    # The evidence is what opens it: another habilitation of the same partner changes nothing.
    orga = {**partner(), "habilitation": "HABILITATION_ORGANISER"}
    assert life.play({**broken, "partenaires_rncp": [orga]}) == []


@pytest.mark.parametrize("etat", ["Inactif", "Supprimé", None])
def test_it_closes_when_the_partner_is_active_no_more(life: Life, etat: str | None) -> None:
    inactive: Tables = {"fiches_rs": [fiche("RS2", active=False)]}
    assert life.finds({**inactive, "partenaires_rs": [partner(code="RS2")]}) == {(SIRET, "RS2")}
    assert life.finds({**inactive, "partenaires_rs": [partner(etat=etat, code="RS2")]}) == set()


def test_a_siret_that_is_not_valid_is_another_matter(life: Life) -> None:
    assert life.finds({"fiches_rncp": [fiche(active=False)], "partenaires_rncp": [partner("1")]}) == set()


def test_a_certifier_is_no_partner(life: Life) -> None:
    assert life.finds({"fiches_rncp": [fiche(active=False)], "certificateurs_rncp": [certifier()]}) == set()


def test_each_partner_of_each_fiche(life: Life) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche(active=False), fiche("RNCP2", active=False), fiche("RNCP3")],
        "partenaires_rncp": [partner(), partner(OTHER), partner(code="RNCP2"), partner(code="RNCP3")],
    }
    assert life.finds(tables) == {(SIRET, "RNCP1"), (OTHER, "RNCP1"), (SIRET, "RNCP2")}

"""`uai_etablissement_ferme`: a document SIRET with an `OUVERT` directory UAI is closed in Sirene."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import LAST_UAI, OTHER, SIRET, UAI, Tables, document, school, stock

BROKEN: Tables = {
    "annuaire_education": [school(LAST_UAI), school()],
    "repertoire": [document()],
    "sirene": [stock(etat="F", debut=date(2025, 8, 31))],
}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"siret": SIRET},
        needs=("annuaire_education", "sirene"),
        broken=BROKEN,
        changed={**BROKEN, "annuaire_education": [school()]},
        mended={**BROKEN, "annuaire_education": [school(etat="FERME"), school(LAST_UAI, etat="A FERMER")]},
    )
    assert opened.constats["annuaire_education"] == [UAI, LAST_UAI]
    assert opened.constats["sirene"]["date_debut"] == "2025-08-31"
    assert opened.about("siret", "uai", "siren", "region") == (SIRET, UAI, SIRET[:9], "11")


@pytest.mark.parametrize(
    "other",
    [
        {"sirene": [stock()]},  # open
        {"sirene": [stock(OTHER, "F")]},  # unknown
        {"annuaire_education": [school("0861288A")]},  # wrong key letter
        {"annuaire_education": [school(UAI, OTHER)]},
        {"repertoire": []},
        {"repertoire": [{"id": SIRET, "etat": "hors_perimetre"}]},
    ],
)
def test_what_is_in_order(life: Life, other: Tables) -> None:
    assert life.finds({**BROKEN, **other}) == set()

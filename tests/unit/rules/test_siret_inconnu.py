"""`siret_inconnu`: declared in the OF list, or holder of an active habilitation, but absent from Sirene."""

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, OTHER, SIBLING, SIRET, Tables, held, of, stock

ELSE = {"sirene": [stock(OTHER)]}
DECLARED = {"liste_of": {"nda": [NDA]}, "france_competences": None, "sirene": None}


def test_life(life: Life) -> None:
    broken: Tables = {**ELSE, "liste_of": [of(1, code_region="84"), of(2)]}
    opened = life.whole(
        severite="majeure",
        cle={"siret": SIRET},
        needs=("liste_of", "sirene"),
        broken=broken,
        changed={**broken, "habilitations": [held()]},
        mended={**broken, "sirene": [stock()]},
    )
    assert opened.constats == DECLARED
    assert opened.about("siret", "siren", "departement", "region") == (SIRET, SIRET[:9], None, "84")


def test_an_active_habilitation_is_enough(life: Life) -> None:
    [declared] = life.play({**ELSE, "liste_of": [of()], "habilitations": [held(active=False)]})
    assert declared.constats == DECLARED
    [event] = life.play({**ELSE, "habilitations": [held()]})
    assert event.constats == {"liste_of": None, "france_competences": {"etat_habilitation": "Actif"}, "sirene": None}
    [closed] = life.play({**ELSE, "habilitations": [held(active=False)]})
    assert closed.kind == "resolue"


def test_a_closed_one_is_known(life: Life) -> None:
    assert life.finds({"liste_of": [of()], "sirene": [stock(etat="F")]}) == set()


def test_its_legal_unit_is_not_enough(life: Life) -> None:
    assert life.finds({"liste_of": [of()], "sirene": [stock(SIBLING)]}) == {(SIRET,)}


def test_a_siret_that_is_not_valid_is_not_looked_for(life: Life) -> None:
    assert life.finds({**ELSE, "liste_of": [of(siret="1", valid=False)]}) == set()

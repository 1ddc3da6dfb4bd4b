"""`uai_multiples`: several `OUVERT` directory UAIs for one document SIRET, primary schools left out."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import LAST_UAI, OTHER, SIRET, UAI, Row, Tables, document, onisep, school, stock
from tools.oracle.identifiers import UAI_KEYS

THIRD = "0861290K"
KNOWN: Tables = {"repertoire": [document()], "sirene": [stock()]}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"siret": SIRET},
        needs=("annuaire_education",),
        broken={**KNOWN, "annuaire_education": [school(LAST_UAI), school(), school()]},
        changed={**KNOWN, "annuaire_education": [school(LAST_UAI), school(), school(THIRD)]},
        mended={**KNOWN, "annuaire_education": [school()]},
    )
    assert opened.constats == {"annuaire_education": [UAI, LAST_UAI]}
    assert opened.about("siret", "siren", "region") == (SIRET, SIRET[:9], "11")


@pytest.mark.parametrize(
    "second",
    [
        school(),  # the same twice
        school(LAST_UAI, etat="FERME"),
        school("0861289A"),  # wrong key letter
        school(LAST_UAI, kind="Ecole"),
        school(LAST_UAI, OTHER),
    ],
)
def test_what_is_one(life: Life, second: Row) -> None:
    assert life.finds({**KNOWN, "annuaire_education": [school(), second]}) == set()


def test_onisep_does_not_count(life: Life) -> None:
    tables: Tables = {**KNOWN, "annuaire_education": [school()], "referentiel_onisep": [onisep(LAST_UAI)]}
    assert life.finds(tables) == set()


@pytest.mark.parametrize("repertoire", [[], [document(OTHER)], [{"id": SIRET, "etat": "retire"}]])
def test_without_a_document_there_is_no_anomaly(life: Life, repertoire: list[Row]) -> None:
    assert life.finds({"repertoire": repertoire, "annuaire_education": [school(), school(LAST_UAI)]}) == set()


def test_a_siret_that_is_not_valid_has_none(life: Life) -> None:
    rows = [school(UAI, "1"), school(LAST_UAI, "1")]
    assert life.finds({"repertoire": [document("1")], "annuaire_education": rows}) == set()


def test_the_evidence_is_in_order_whatever_the_table_is_in(life: Life) -> None:
    numbers = [861290, 861288, 861295, 861292, 861289, 861291, 861294, 861293]
    codes = [f"{number:07}{UAI_KEYS[number % 23]}" for number in numbers]
    [opened] = life.play({**KNOWN, "annuaire_education": [school(code) for code in codes]})
    assert opened.constats["annuaire_education"] == sorted(codes)


@pytest.mark.parametrize("kind", ["Collège", "EREA", "Ecole spécialisée", "ecole", None])
def test_only_primary_schools_are_left_out(life: Life, kind: str | None) -> None:
    primary = school("0861290K", kind="Ecole")
    [opened] = life.play({**KNOWN, "annuaire_education": [primary, school(kind=kind), school(LAST_UAI)]})
    assert opened.constats == {"annuaire_education": [UAI, LAST_UAI]}


def test_primary_schools_of_a_commune_are_no_anomaly(life: Life) -> None:
    codes = (UAI, LAST_UAI, THIRD)
    assert life.finds({**KNOWN, "annuaire_education": [school(code, kind="Ecole") for code in codes]}) == set()


def test_a_directory_that_does_not_tell_the_kind_opens_nothing_and_closes_nothing(life: Life) -> None:
    """As one is that an earlier version stored."""
    untold: Tables = {**KNOWN, "annuaire_education": [school(kind=None), school(LAST_UAI, kind=None)]}
    assert life.finds(untold) == set()
    life.entered("uai_divergent", siret=SIRET)
    assert life.finds(untold) == set()
    [opened] = life.play({**KNOWN, "annuaire_education": [school(), school(LAST_UAI)]})
    assert life.play(untold) == []
    assert {row["etat"] for row in life.ledger() if row["id"] == opened.row["id"]} == {"ouverte"}
    [closed] = life.play({**KNOWN, "annuaire_education": [school(kind=None)]})
    assert closed.kind == "resolue"


def test_a_directory_that_does_not_tell_the_kind_reopens_nothing(life: Life) -> None:
    life.play({**KNOWN, "annuaire_education": [school(), school(LAST_UAI)]})
    life.play({**KNOWN, "annuaire_education": [school()]})
    assert not life.play({**KNOWN, "annuaire_education": [school(kind=None), school(LAST_UAI, kind=None)]})

"""`etablissement_ferme`: declared, or holder of an active habilitation, and closed (`F`) in Sirene."""

from datetime import date

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import CLOSED, NDA, OTHER, SIRET, Tables, held, of, stock

CLE = {"siret": CLOSED}


def test_life(life: Life) -> None:
    broken: Tables = {"liste_of": [of(siret=CLOSED)], "sirene": [stock(CLOSED, "F", "2A004", date(2024, 6, 30))]}
    opened = life.whole(
        severite="critique",
        cle=CLE,
        needs=("liste_of", "sirene"),
        broken=broken,
        changed={**broken, "sirene_succession": [{"predecesseur": CLOSED, "successeur": SIRET, "date_lien": None}]},
        mended={**broken, "sirene": [stock(CLOSED, "A")]},
    )
    assert opened.constats == {
        "liste_of": {"nda": [NDA]},
        "france_competences": None,
        "sirene": {
            "siret": CLOSED,
            "etat": "F",
            "date_debut": "2024-06-30",
            "code_commune": "2A004",
            "successeur": None,
        },
    }
    assert opened.about("siret", "siren", "departement", "region") == (CLOSED, CLOSED[:9], "2A", "94")


def test_an_active_habilitation_is_enough(life: Life) -> None:
    closed = [stock(CLOSED, "F")]
    [declared] = life.play(
        {"liste_of": [of(siret=CLOSED)], "habilitations": [held(CLOSED, active=False)], "sirene": closed}
    )
    assert (declared.constats["liste_of"], declared.constats["france_competences"]) == ({"nda": [NDA]}, None)
    [event] = life.play({"habilitations": [held(CLOSED)], "sirene": closed})
    assert event.constats["liste_of"] is None
    assert event.constats["france_competences"] == {"etat_habilitation": "Actif"}
    [closing] = life.play({"habilitations": [held(CLOSED, active=False)], "sirene": closed})
    assert closing.kind == "resolue"


@pytest.mark.parametrize(
    ("links", "successor"),
    [
        ([(SIRET, date(2024, 1, 1)), (OTHER, None)], SIRET),  # a dated link before an undated one
        ([(SIRET, date(2024, 1, 1)), (OTHER, date(2023, 1, 1))], SIRET),  # the latest
        ([(SIRET, date(2024, 1, 1)), (OTHER, date(2024, 1, 1))], OTHER),  # as the documents: the smallest
        ([(SIRET, date(2023, 1, 1)), ("5,75026E+11", date(2024, 1, 1))], SIRET),  # a malformed one names nobody
    ],
)
def test_the_successor_is_the_one_that_the_documents_name(
    life: Life, links: list[tuple[str, date | None]], successor: str
) -> None:
    [opened] = life.play(
        {
            "liste_of": [of(siret=CLOSED)],
            "sirene": [stock(CLOSED, "F")],
            "sirene_succession": [
                {"predecesseur": CLOSED, "successeur": siret, "date_lien": day} for siret, day in links
            ],
        }
    )
    assert opened.constats["sirene"]["successeur"] == successor


def test_of_two_rows_of_sirene_the_latest_counts(life: Life) -> None:
    declared: Tables = {"liste_of": [of(siret=CLOSED)]}
    old, new = date(2020, 1, 1), date(2024, 1, 1)
    assert life.finds({**declared, "sirene": [stock(CLOSED, "F", debut=old), stock(CLOSED, "A", debut=new)]}) == set()
    assert life.finds({**declared, "sirene": [stock(CLOSED, "A", debut=None), stock(CLOSED, "F", debut=new)]}) == {
        (CLOSED,)
    }


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("rows", "commune"),
    [
        ([("F", "O", "75056"), ("F", "P", "2A004")], "75056"),
        ([("F", "O", "75056"), ("F", "O", "2A004")], "2A004"),
        ([("F", "O", "2A004"), ("A", "P", "75056")], None),
    ],
)
def test_of_two_of_one_day_the_same_one_however_they_lie(
    life: Life, rows: list[tuple[str, str, str]], commune: str | None, turned: bool
) -> None:
    of_sirene = [{**stock(CLOSED, etat, place), "diffusion": diffusion} for etat, diffusion, place in rows]
    events = life.play({"liste_of": [of(siret=CLOSED)], "sirene": of_sirene[::-1] if turned else of_sirene})
    assert [event.constats["sirene"]["code_commune"] for event in events] == ([commune] if commune else [])


def test_a_siret_that_is_not_declared_nor_habilitated_is_left_alone(life: Life) -> None:
    nobody: Tables = {"liste_of": [of(siret=CLOSED, valid=False)], "habilitations": [held(CLOSED, active=False)]}
    assert life.finds({**nobody, "sirene": [stock(CLOSED, "F")]}) == set()

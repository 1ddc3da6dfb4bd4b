"""`adresse_introuvable`: the OF address geocodes under a score of 0.5, or not at all."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import ADDRESS, NDA, SECOND, SIRET, Tables, of, place, stock

ELSEWHERE = {"voie": "3 PLACE DU MARCHE", "code_postal": "94000", "ville": "CRETEIL"}


def geocoded(score: float | None) -> Tables:
    """An address and its answer."""
    return {"liste_of": [of(adresse=ADDRESS), of(2, adresse=ADDRESS)], "adresses": [place(score, "75111")]}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"nda": NDA},
        needs=("liste_of", "adresses"),
        broken=geocoded(0.49),
        changed=geocoded(None),
        mended=geocoded(0.9),
    )
    assert opened.constats == {
        "liste_of": [{"siret": SIRET, "adresse": ADDRESS, "ban": {"label": "12 Rue des Écoles", "score": 0.49}}]
    }
    assert opened.about("nda", "siret", "siren") == (NDA, SIRET, SIRET[:9])


@pytest.mark.parametrize(("score", "found"), [(None, False), (0.0, False), (0.4999, False), (0.5, True), (1.0, True)])
def test_half_is_found(life: Life, score: float | None, found: bool) -> None:
    assert life.finds(geocoded(score)) == (set() if found else {(NDA,)})


def test_no_address_is_no_address_to_find(life: Life) -> None:
    """Half of the list's rows give none."""
    assert life.finds({"liste_of": [of()], "adresses": [place(0.1, address=ELSEWHERE)]}) == set()


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [of(nda="", adresse=ADDRESS)], "adresses": [place(0.1)]}) == set()


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    rows = [of(adresse=ADDRESS), of(2, adresse=ELSEWHERE), of(3, nda=SECOND, adresse=ELSEWHERE)]
    [opened] = life.play({"liste_of": rows, "adresses": [place(0.1), place(0.9, "94028", ELSEWHERE)]})
    assert [row["adresse"] for row in opened.constats["liste_of"]] == [ADDRESS]


def test_while_an_answer_is_awaited_nothing_opens_and_nothing_closes(life: Life) -> None:
    awaited: Tables = {
        "liste_of": [of(adresse=ADDRESS, code_region="84"), of(2, adresse=ELSEWHERE)],
        "adresses": [place(0.1)],
    }
    assert life.finds(awaited) == set()
    [opened] = life.play({**awaited, "adresses": [place(0.1), place(0.2, address=ELSEWHERE)]})
    assert life.play(awaited) == []
    assert life.evaluated
    [row] = life.ledger()
    assert (row["etat"], row["siret"], row["siren"], row["region"]) == ("ouverte", SIRET, SIRET[:9], "84")
    assert row["constats"] == opened.row["constats"]
    [closed] = life.play({**awaited, "adresses": [place(0.9), place(0.9, address=ELSEWHERE)]})
    assert closed.kind == "resolue"
    assert life.play(awaited) == []  # what is resolved is not found again for want of an answer


def test_a_row_without_an_address_awaits_no_answer(life: Life) -> None:
    assert life.finds({"liste_of": [of(adresse=ADDRESS), of(2)], "adresses": [place(0.1)]}) == {(NDA,)}


def test_what_another_rule_found_of_the_nda_is_not_what_is_awaited(life: Life) -> None:
    life.entered("autre", nda=NDA)
    awaited = {"liste_of": [of(adresse=ADDRESS)], "adresses": [place(0.1, address=ELSEWHERE)]}
    assert life.finds(awaited) == set()


def test_it_closes_when_the_nda_leaves_the_list(life: Life) -> None:
    life.play(geocoded(0.1))
    [closed] = life.play({"liste_of": [of(nda=SECOND)], "adresses": [place(0.1)]})
    assert closed.kind == "resolue"


def test_what_is_awaited_by_one_nda_is_nothing_to_another(life: Life) -> None:
    rows = [of(adresse=ADDRESS), of(2, nda=SECOND, adresse=ELSEWHERE)]
    assert life.finds({"liste_of": rows, "adresses": [place(0.1)]}) == {(NDA,)}


@pytest.mark.parametrize(("diffusion", "masked"), [("O", False), ("P", True), ("N", True)])
def test_an_address_that_is_not_to_be_disclosed_is_masked(life: Life, diffusion: str, masked: bool) -> None:
    """Neither the declared address nor the one it was taken for; communes are what Sirene discloses itself."""
    [opened] = life.play(
        {
            "liste_of": [of(adresse=ADDRESS)],
            "adresses": [place(0.3, "94028")],
            "sirene": [{**stock(commune="75111"), "diffusion": diffusion}],
        }
    )
    [row] = opened.constats["liste_of"]
    assert (row["adresse"], row["ban"]["label"]) == (("[ND]", "[ND]") if masked else (ADDRESS, "12 Rue des Écoles"))
    assert ("ECOLES" in opened.row["constats"]) is not masked

"""`adresse_divergente`: the commune of the geocoded OF address is not that of the declared SIRET."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import ADDRESS, NDA, SECOND, SIRET, Tables, of, place, stock

ELSEWHERE = {"voie": "3 PLACE DU MARCHE", "code_postal": "94000", "ville": "CRETEIL"}


def geocoded(
    citycode: str | None,
    commune: str | None = "75111",
    score: float | None = 0.9,
    runner_up: float | None = None,
) -> Tables:
    """An address, its answer, and its establishment."""
    return {
        "liste_of": [of(adresse=ADDRESS), of(2, adresse=ADDRESS)],
        "adresses": [place(score, citycode, runner_up=runner_up)],
        "sirene": [stock(commune=commune)] if commune else [],
    }


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="majeure",
        cle={"nda": NDA},
        needs=("liste_of", "sirene", "adresses"),
        broken=geocoded("94028"),
        changed=geocoded("94033"),
        mended=geocoded("75111"),
    )
    assert opened.constats == {
        "liste_of": [
            {
                "siret": SIRET,
                "adresse": ADDRESS,
                "ban": {"label": "12 Rue des Écoles", "citycode": "94028"},
                "sirene": {"code_commune": "75111"},
            }
        ]
    }
    assert opened.about("nda", "siret", "siren", "departement", "region") == (NDA, SIRET, SIRET[:9], "75", "11")


@pytest.mark.parametrize(("score", "found"), [(0.7, True), (0.6999, False), (0.5, False), (0.4, False), (None, False)])
def test_the_commune_of_a_place_that_is_not_the_address_says_nothing(
    life: Life, score: float | None, found: bool
) -> None:
    assert bool(life.finds(geocoded("94028", score=score))) is found


@pytest.mark.parametrize(
    ("score", "runner_up", "found"),
    [
        (0.9, None, True),
        (0.9, 0.2, True),
        (0.75, 0.6999, True),
        # Within 0.05, both ends included; the differences of these numbers are not exact in binary.
        (0.75, 0.7, False),
        (0.8, 0.75, False),
        (0.9, 0.85, False),
        (0.97, 0.92, False),
        (0.9, 0.8501, False),
        (0.9, 0.9, False),
        (0.9, 0.95, False),
    ],
)
def test_a_place_that_may_as_well_be_another_says_nothing(
    life: Life, score: float, runner_up: float | None, found: bool
) -> None:
    assert bool(life.finds(geocoded("94028", score=score, runner_up=runner_up))) is found


def test_it_closes_when_the_place_becomes_uncertain(life: Life) -> None:
    [opened] = life.play(geocoded("94028"))
    [closed] = life.play(geocoded("94028", runner_up=0.88))
    assert (closed.kind, closed.constats) == ("resolue", opened.constats)


@pytest.mark.parametrize(
    ("citycode", "commune"),
    [
        (None, "75111"),  # found, but in no commune
        ("94028", None),  # unknown to Sirene
        # the whole town, of which the other names an arrondissement
        ("75056", "75101"),
        ("75056", "75120"),
        ("75101", "75056"),
        ("69123", "69381"),
        ("69123", "69389"),
        ("13055", "13201"),
        ("13216", "13055"),
    ],
)
def test_what_is_no_divergence(life: Life, citycode: str | None, commune: str | None) -> None:
    assert life.finds(geocoded(citycode, commune)) == set()


@pytest.mark.parametrize(
    ("citycode", "commune"),
    [
        ("94028", "75111"),
        ("75112", "75111"),
        ("75056", "69381"),
        ("75056", "75100"),
        ("75056", "75121"),
        ("69123", "69380"),
        ("69123", "69390"),
        ("13055", "13200"),
        ("13055", "13217"),
        ("2A004", "2B033"),
    ],
)
def test_what_is_a_divergence(life: Life, citycode: str, commune: str) -> None:
    assert life.finds(geocoded(citycode, commune)) == {(NDA,)}


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    tables = geocoded("94028")
    tables["liste_of"] += [of(3, adresse=ELSEWHERE), of(4, nda=SECOND, adresse=ELSEWHERE)]
    tables["adresses"].append(place(0.8, "75111", ELSEWHERE))
    [opened] = life.play(tables)
    assert [row["adresse"] for row in opened.constats["liste_of"]] == [ADDRESS]


def test_while_an_answer_is_awaited_nothing_opens_and_nothing_closes(life: Life) -> None:
    awaited = geocoded("94028")
    awaited["liste_of"].append(of(3, adresse=ELSEWHERE))
    assert life.finds(awaited) == set()
    [opened] = life.play({**awaited, "adresses": [place(0.9, "94028"), place(0.9, "75111", ELSEWHERE)]})
    assert life.play(awaited) == []
    assert life.evaluated
    [row] = life.ledger()
    assert (row["etat"], row["siret"], row["constats"]) == ("ouverte", SIRET, opened.row["constats"])
    [closed] = life.play({**awaited, "adresses": [place(0.9, "75111"), place(0.9, "75111", ELSEWHERE)]})
    assert closed.kind == "resolue"


@pytest.mark.parametrize(("diffusion", "masked"), [("O", False), ("P", True), ("N", True)])
def test_an_address_that_is_not_to_be_disclosed_is_masked(life: Life, diffusion: str, masked: bool) -> None:
    """Neither the declared address nor the one it was taken for; communes are what Sirene discloses itself."""
    [opened] = life.play(
        {
            "liste_of": [of(adresse=ADDRESS)],
            "adresses": [place(0.9, "94028")],
            "sirene": [{**stock(commune="75111"), "diffusion": diffusion}],
        }
    )
    [row] = opened.constats["liste_of"]
    assert (row["adresse"], row["ban"]["label"]) == (("[ND]", "[ND]") if masked else (ADDRESS, "12 Rue des Écoles"))
    assert ("ECOLES" in opened.row["constats"]) is not masked

"""`region_incoherente`: `codeRegion` is not the region of the establishment's Sirene commune, both known."""

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, SIRET, Tables, of, stock


def at(region: str | None, commune: str | None) -> Tables:
    """A row of the list, and its establishment."""
    return {"liste_of": [of(code_region=region)], "sirene": [stock(commune=commune)] if commune else []}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"nda": NDA},
        needs=("liste_of", "sirene"),
        broken=at("84", "75056"),
        changed=at("76", "75056"),
        mended=at("11", "75056"),
    )
    [row] = opened.constats["liste_of"]
    assert (row["liste_of"]["code_region"], row["region_sirene"]) == ("84", "11")
    assert opened.about("siret", "departement", "region") == (SIRET, "75", "11")


@pytest.mark.parametrize(
    ("region", "commune"), [("94", "2A004"), ("94", "2B033"), ("01", "97101"), ("04", "97411"), ("06", "97608")]
)
def test_the_same_region(life: Life, region: str, commune: str) -> None:
    assert life.finds(at(region, commune)) == set()


@pytest.mark.parametrize(("region", "commune"), [("93", "2A004"), ("02", "97101"), ("03", "97411"), ("94", "97608")])
def test_another_region(life: Life, region: str, commune: str) -> None:
    assert life.finds(at(region, commune)) == {(NDA,)}


@pytest.mark.parametrize(
    ("region", "commune"),
    [
        ("75", "97801"),  # Saint-Martin: no region
        ("75", "98818"),  # Nouméa
        ("75", "99138"),  # abroad
        ("75", "20004"),  # Corsica has no département 20 any more
        ("75", ""),
        ("82", "75056"),  # Rhône-Alpes was a region until 2015
        ("905", "97502"),
        ("", "75056"),
        (None, "75056"),
        ("75", None),  # not in Sirene
    ],
)
def test_one_of_the_two_is_not_known(life: Life, region: str | None, commune: str | None) -> None:
    assert life.finds(at(region, commune)) == set()


def test_the_evidence_is_of_the_rows_at_fault(life: Life) -> None:
    [opened] = life.play({"liste_of": [of(1, code_region="84"), of(2, code_region="11")], "sirene": [stock()]})
    assert [row["liste_of"]["code_region"] for row in opened.constats["liste_of"]] == ["84"]


def test_without_nda_there_is_no_key(life: Life) -> None:
    assert life.finds({"liste_of": [of(nda="", code_region="84")], "sirene": [stock()]}) == set()

"""`adresse_introuvable` and `adresse_divergente`: what opens them, and what an awaited answer leaves as it is."""

import json
from pathlib import Path

import pytest
from quiforme.anomalies.message import sentence

from tests.unit.test_rules import (
    ADDRESS,
    DAY,
    NDA,
    RULE_OF,
    SECOND,
    SIRET,
    Tables,
    facts,
    findings,
    keys,
    of,
    place,
    stock,
)

OTHER_ADDRESS = {"voie": "3 PLACE DU MARCHE", "code_postal": "94000", "ville": "CRETEIL"}
LOST, ELSEWHERE = "adresse_introuvable", "adresse_divergente"


def declared(score: float | None, citycode: str | None, commune: str | None = "75111") -> Tables:
    """One row of the list, its address answered."""
    return {
        "liste_of": [of(adresse=ADDRESS)],
        "adresses": [place(score, citycode)],
        "sirene": [stock(commune=commune)] if commune else [],
    }


@pytest.mark.parametrize("score", [None, 0.0, 0.4999])
def test_an_address_under_half_or_without_a_place_is_lost(tmp_path: Path, score: float | None) -> None:
    assert keys(declared(score, "94028"), LOST, tmp_path) == [(NDA,)]


def test_half_is_found(tmp_path: Path) -> None:
    assert keys(declared(0.5, "94028"), LOST, tmp_path) == []


def test_no_address_is_no_address_to_find(tmp_path: Path) -> None:
    """Half of the list's rows give none."""
    tables = {"liste_of": [of()], "adresses": [place(0.1, address=OTHER_ADDRESS)], "sirene": [stock()]}
    assert keys(tables, LOST, tmp_path) == []
    assert keys(tables, ELSEWHERE, tmp_path) == []


@pytest.mark.parametrize(
    ("score", "citycode", "commune"),
    [
        (0.9, "75111", "75111"),
        (0.9, None, "75111"),  # found, but in no commune
        (0.49, "94028", "75111"),  # the commune of a place that is not the address says nothing
        (None, None, "75111"),
        (0.9, "94028", None),  # unknown to Sirene
        (0.9, "75056", "75120"),  # the whole town, of which Sirene names an arrondissement
        (0.9, "75101", "75056"),
        (0.9, "69123", "69389"),
        (0.9, "13055", "13201"),
    ],
)
def test_what_is_no_divergence(tmp_path: Path, score: float | None, citycode: str | None, commune: str | None) -> None:
    assert keys(declared(score, citycode, commune), ELSEWHERE, tmp_path) == []


@pytest.mark.parametrize(
    ("citycode", "commune"),
    [
        ("94028", "75111"),
        ("75112", "75111"),
        ("75056", "69381"),
        ("75056", "75121"),
        ("13055", "13217"),
        ("2A004", "2B033"),
    ],
)
def test_what_is_a_divergence(tmp_path: Path, citycode: str, commune: str) -> None:
    assert keys(declared(0.9, citycode, commune), ELSEWHERE, tmp_path) == [(NDA,)]


def test_the_evidence_is_of_the_rows_at_fault(tmp_path: Path) -> None:
    tables = declared(0.9, "94028")
    tables["liste_of"] += [of(2, adresse=OTHER_ADDRESS), of(3, nda=SECOND, adresse=OTHER_ADDRESS)]
    tables["adresses"].append(place(0.8, "75111", OTHER_ADDRESS))
    with facts(tmp_path, tables) as database:
        [row] = findings(database, RULE_OF[ELSEWHERE])
    assert row["siret"] == SIRET
    assert json.loads(row["constats"])["liste_of"] == [
        {
            "siret": SIRET,
            "adresse": ADDRESS,
            "ban": {"label": "12 Rue des Écoles", "citycode": "94028"},
            "sirene": {"code_commune": "75111"},
        }
    ]


@pytest.mark.parametrize("code", [LOST, ELSEWHERE])
def test_an_awaited_answer_opens_nothing_and_closes_nothing(tmp_path: Path, code: str) -> None:
    """The NDA has two addresses, at fault so far as is known; the second has changed and is not answered."""
    evidence = '{"liste_of":[{"ban": "as it was found"}]}'
    ledger = {
        "code": code,
        "cle": json.dumps({"nda": NDA}),
        "etat": "ouverte",
        "constats": evidence,
        "siret": SIRET,
        "siren": SIRET[:9],
        "region": "11",
    }
    tables = declared(0.3 if code == LOST else 0.9, "94028")
    tables["liste_of"].append(of(2, adresse=OTHER_ADDRESS))
    assert keys(tables, code, tmp_path) == []
    with facts(tmp_path, {**tables, "registre": [ledger]}) as database:
        [row] = findings(database, RULE_OF[code])
    assert (row["nda"], row["constats"], row["siret"], row["code_region"]) == (NDA, evidence, SIRET, "11")

    resolved = {**tables, "registre": [{**ledger, "etat": "resolue"}]}
    assert keys(resolved, code, tmp_path) == []
    gone = {"adresses": tables["adresses"], "registre": [ledger]}
    assert keys(gone, code, tmp_path) == []
    found = {**tables, "adresses": [place(0.9, "75111"), place(0.9, "75111", OTHER_ADDRESS)], "registre": [ledger]}
    assert keys(found, code, tmp_path) == []


@pytest.mark.parametrize("code", [LOST, ELSEWHERE])
@pytest.mark.parametrize(("diffusion", "masked"), [("O", False), ("P", True), ("N", True)])
def test_an_address_that_is_not_to_be_disclosed_is_masked(
    tmp_path: Path, code: str, diffusion: str, masked: bool
) -> None:
    """Neither the declared address nor the one it was taken for; the communes are what Sirene discloses itself."""
    tables = declared(0.3 if code == LOST else 0.9, "94028")
    tables["sirene"][0]["diffusion"] = diffusion
    with facts(tmp_path, tables) as database:
        [row] = findings(database, RULE_OF[code])
    [line] = json.loads(row["constats"])["liste_of"]
    assert (line["adresse"], line["ban"]["label"]) == (("[ND]", "[ND]") if masked else (ADDRESS, "12 Rue des Écoles"))
    assert ("ECOLES" in row["constats"]) is not masked
    about = {"siret": SIRET, "siren": SIRET[:9], "departement": None, "region": None, "premiere_detection": DAY}
    text = sentence(RULE_OF[code], "ouverte", {"nda": NDA}, json.loads(row["constats"]), about)
    assert ("adresse non diffusible" in text) is masked
    assert "[ND]" not in text

"""The rest of a document (document.md): its UAI, its perimeter, what goes beside it, the index, what is written."""

from datetime import date

import pytest

from tests.unit.documents.days import Days
from tests.unit.rules.rows import (
    LAST_UAI,
    NDA,
    OTHER,
    SECOND,
    SIBLING,
    SIRET,
    UAI,
    Row,
    Tables,
    certifier,
    fiche,
    of,
    onisep,
    partner,
    school,
    stock,
)

CNED = "18004301001485"
THIRD, OTHERS = "81841109200005", "35600000000009"  # more establishments of two legal units
LISTED: Tables = {"liste_of": [of()]}

# --- code_uai ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schools", "validated", "uai"),
    [
        ([school()], onisep(LAST_UAI), LAST_UAI),  # ONISEP's before the directory's
        ([school(), school(LAST_UAI)], None, UAI),  # the smallest
        ([school(etat="FERME"), school(LAST_UAI)], None, LAST_UAI),  # an open one first
        ([school(LAST_UAI, etat="FERME"), school(etat="A OUVRIR")], None, UAI),
        ([school("0861288A"), school(LAST_UAI, "1")], onisep("0861289A"), None),  # not valid
        ([school(UAI, OTHER)], onisep(None), None),
    ],
)
def test_code_uai(days: Days, schools: list[Row], validated: Row | None, uai: str | None) -> None:
    tables: Tables = {**LISTED, "annuaire_education": schools, "referentiel_onisep": [validated] if validated else []}
    assert days.build(tables)[SIRET]["code_uai"] == uai


def test_the_complement_comes_first(days: Days) -> None:
    smaller = "0010001W"
    tables: Tables = {"liste_of": [of(siret=CNED)], "referentiel_onisep": [onisep(smaller, CNED)]}
    assert days.build(tables)[CNED]["code_uai"] == UAI


# --- perimeter --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "exclusions", "out"),
    [
        ({"hors_contrat": True}, ("hors_contrat", "lycee_agricole"), True),
        ({"lycee_agricole": True}, ("hors_contrat", "lycee_agricole"), True),
        ({"hors_contrat": True}, ("lycee_agricole",), False),
        ({"lycee_agricole": True}, ("hors_contrat",), False),
        ({"hors_contrat": True, "lycee_agricole": True}, (), False),
        ({"hors_contrat": False, "lycee_agricole": False}, ("hors_contrat", "lycee_agricole"), False),
        ({}, ("hors_contrat", "lycee_agricole"), False),
    ],
)
def test_perimeter(days: Days, marks: dict[str, bool], exclusions: tuple[str, ...], out: bool) -> None:
    marked = {**school("wrong"), **marks}
    tables: Tables = {**LISTED, "annuaire_education": [school(LAST_UAI), marked, marked]}
    assert (SIRET not in days.build(tables, exclusions=exclusions)) == out
    assert days.answers()[SIRET][0] == ("hors_perimetre" if out else "document")


def test_a_mark_is_of_a_valid_siret(days: Days) -> None:
    days.build({**LISTED, "annuaire_education": [{**school(siret="1"), "hors_contrat": True}]})
    assert days.answers().keys() == {SIRET, f"siren/{SIRET[:9]}", f"nda/{NDA}"}


# --- what goes beside it ----------------------------------------------------------------------------------------------


def link(successor: str, day: date | None, predecessor: str = SIRET) -> Row:
    """A link of succession."""
    return {"predecesseur": predecessor, "successeur": successor, "date_lien": day}


def test_what_sirene_says(days: Days) -> None:
    links = [link(OTHER, None), link(OTHER, date(2023, 1, 1)), link(SIBLING, date(2024, 1, 1))]
    rows = [
        stock(etat="A", debut=None),
        {**stock(etat="F", debut=date(2024, 6, 30)), "diffusion": "P"},
        stock(etat="A", debut=date(2020, 1, 1)),
    ]
    days.build({**LISTED, "sirene": rows, "sirene_succession": links})
    said = days.details()[SIRET]["etablissement"]
    assert {name: value for name, value in said.items() if value is not None} == {
        "etat_administratif": "F",
        "date_fermeture": "2024-06-30",
        "siret_successeur": SIBLING,
        "diffusion_partielle": True,
    }


def test_of_two_rows_or_two_links_of_a_day_the_same_one_counts_however_they_lie(days: Days) -> None:
    def told(*rows: tuple[str, str]) -> tuple[str, bool]:
        stocks = [{**stock(etat=etat), "diffusion": diffusion} for etat, diffusion in rows]
        days.build({**LISTED, "sirene": stocks})
        said = days.details()[SIRET]["etablissement"]
        return said["etat_administratif"], said["diffusion_partielle"]

    for one, other, expected in (
        (("A", "P"), ("F", "O"), ("A", True)),
        (("F", "O"), ("F", "P"), ("F", False)),
    ):
        assert told(one, other) == told(other, one) == expected
    links = [link(OTHER, date(2024, 1, 1)), link(SIBLING, date(2024, 1, 1))]
    for several in (links, links[::-1]):
        days.build({**LISTED, "sirene_succession": several})
        assert days.details()[SIRET]["etablissement"]["siret_successeur"] == OTHER


def test_what_sirene_says_of_each(days: Days) -> None:
    tables: Tables = {
        "liste_of": [of(1), of(2, nda=SECOND, siret=OTHER)],
        "sirene": [stock(), stock(OTHER, "F")],
        "sirene_succession": [link(SIBLING, date(2024, 1, 1)), link(CNED, date(2020, 1, 1), OTHER)],
    }
    days.build(tables)
    said = {siret: details["etablissement"] for siret, details in days.details().items()}
    assert {siret: one["etat_administratif"] for siret, one in said.items()} == {SIRET: "A", OTHER: "F"}
    assert {siret: one["siret_successeur"] for siret, one in said.items()} == {SIRET: SIBLING, OTHER: CNED}


@pytest.mark.parametrize("malformed", ["5,75026E+11", "575026400011000", "", None])
def test_a_malformed_successor_is_none(days: Days, malformed: str | None) -> None:
    latest = {**link(OTHER, date(2024, 1, 1)), "successeur": malformed}
    for links, successor in (([latest], None), ([latest, link(OTHER, date(2020, 1, 1))], OTHER)):
        days.build({**LISTED, "sirene_succession": links})
        assert days.details()[SIRET]["etablissement"]["siret_successeur"] == successor


def test_a_link_speaks_of_whom_the_stock_does_not_know_too(days: Days) -> None:
    days.build({**LISTED, "sirene_succession": [link(OTHER, None)]})
    assert days.details()[SIRET]["etablissement"]["siret_successeur"] == OTHER


@pytest.mark.parametrize(
    "named",
    [
        LISTED,
        {"liste_of": [of(nda="")]},
        {"fiches_rncp": [fiche()], "partenaires_rncp": [partner()]},
        {"fiches_rncp": [fiche()], "certificateurs_rncp": [certifier(SIRET)]},
    ],
    ids=["declared", "listed without an NDA", "partner", "certifier"],
)
def test_sirene_is_asked_about_whoever_has_a_document(days: Days, named: Tables) -> None:
    days.build({**named, "sirene": [stock(etat="F")]})
    assert days.details()[SIRET]["etablissement"]["etat_administratif"] == "F"


def test_and_about_one_whose_nda_is_gone(days: Days) -> None:
    days.build(LISTED)
    days.build({"sirene": [stock(etat="F")]})
    assert days.details()[SIRET]["etablissement"]["etat_administratif"] == "F"


def test_an_open_one_has_no_closing_date(days: Days) -> None:
    days.build({**LISTED, "sirene": [stock()]})
    assert days.details()[SIRET]["etablissement"]["date_fermeture"] is None


def test_what_sirene_does_not_know(days: Days) -> None:
    days.build(LISTED)
    assert set(days.details()[SIRET]["etablissement"].values()) == {None}


@pytest.mark.parametrize(("diffusion", "hidden"), [("O", False), ("P", True), ("N", True), (None, False)])
def test_whose_identity_is_not_for_everybody(days: Days, diffusion: str | None, hidden: bool) -> None:
    days.build({**LISTED, "sirene": [{**stock(), "diffusion": diffusion}]})
    assert days.not_public() == ({SIRET} if hidden else set())


# --- index ------------------------------------------------------------------------------------------------------------


def test_who_is_behind_an_identifier(days: Days) -> None:
    days.build({"liste_of": [of()]})
    tables: Tables = {
        "liste_of": [
            of(1, nda=SECOND),
            of(2, nda="1,17204E+10", siret=OTHER),
            of(3, nda="é/" * 50, siret=OTHER),
            of(4, nda="1" * 101, siret=OTHER),
            of(5, nda="1\x002", siret=OTHER),
        ],
        "sirene": [stock(SIBLING)],
        "annuaire_education": [school(), school(UAI, OTHER)],
        "fiches_rncp": [fiche(), fiche("RNCP2", active=False), fiche("RNCP123456789"), fiche("RNCP1234567890")],
        "partenaires_rncp": [partner(code=f"RNCP{number}") for number in ("1", "2", "123456789", "1234567890")],
        "certificateurs_rncp": [certifier(OTHER)],
    }
    days.build(tables)
    assert days.index() == {
        f"siren/{SIRET[:9]}": [SIRET, SIBLING],
        f"siren/{OTHER[:9]}": [OTHER],
        f"nda/{NDA}": [f"{SIRET}I"],
        f"nda/{SECOND}": [f"{SIRET}A", f"{SIBLING}A"],
        "nda/1,17204E+10": [f"{OTHER}A"],
        "nda/" + "é/" * 50: [f"{OTHER}A"],
        f"uai/{UAI}": [OTHER, SIRET],
        "certification/RNCP1": [f"{OTHER}FO", f"{SIRET}F"],
        "certification/RNCP123456789": [f"{SIRET}F"],
    }


def test_nobody_who_is_out_of_perimeter(days: Days) -> None:
    tables: Tables = {
        **LISTED,
        "annuaire_education": [{**school(), "hors_contrat": True}],
        "fiches_rncp": [fiche()],
        "partenaires_rncp": [partner()],
    }
    assert days.build(tables) == {}
    assert days.index() == {}


# --- what is written --------------------------------------------------------------------------------------------------

SIREN, LINK = f"siren/{SIRET[:9]}", f"nda/{NDA}"


def test_only_what_changed(days: Days) -> None:
    days.build(LISTED)
    assert days.changes() == {SIRET: ("document", "new"), SIREN: ("index", "index"), LINK: ("index", "index")}
    assert days.replaced() == {}
    days.build(LISTED)
    assert days.changes() == {}
    assert set(days.answers().values()) == {("document", 1), ("index", 1)}
    days.build({"liste_of": [of(code_specialite_1="313")]})
    assert days.changes() == {SIRET: ("document", "changed")}
    assert days.replaced() == {SIRET: 1}
    assert days.answers() == {SIRET: ("document", 3), SIREN: ("index", 1), LINK: ("index", 1)}


@pytest.mark.parametrize(
    "tables",
    [
        {**LISTED, "sirene": [stock()]},
        {"liste_of": [of(denomination="another")]},
    ],
)
def test_what_is_beside_a_document_changes_alone(days: Days, tables: Tables) -> None:
    days.build(LISTED)
    days.build(tables)
    assert days.changes() == {SIRET: ("document", "details_only")}


def test_an_identity_may_be_hidden_though_nothing_else_changed(days: Days) -> None:
    days.build({**LISTED, "sirene": [{**stock(), "diffusion": "O"}]})
    days.build({**LISTED, "sirene": [{**stock(), "diffusion": "N"}]})
    assert days.changes() == {SIRET: ("document", "details_only")}


def test_a_tombstone_and_what_comes_back(days: Days) -> None:
    days.build(LISTED)
    days.build({}, retention=1, after=1)
    days.build({}, retention=1)
    assert set(days.answers().values()) == {("retire", days.generation)}
    assert days.changes() == {SIRET: ("retire", "retired"), SIREN: ("retire", "index"), LINK: ("retire", "index")}
    days.build({}, retention=1)
    assert days.changes() == {}
    days.build(LISTED)
    assert days.changes()[SIRET] == ("document", "new")


def test_out_of_perimeter_and_back(days: Days) -> None:
    out: Tables = {"annuaire_education": [{**school(), "hors_contrat": True}]}
    days.build(out)
    assert days.changes() == {SIRET: ("hors_perimetre", "perimeter_only")}
    days.build({**LISTED, "annuaire_education": [school()]})
    assert days.changes()[SIRET] == ("document", "new")
    days.build({**LISTED, **out})
    assert days.changes()[SIRET] == ("hors_perimetre", "retired")

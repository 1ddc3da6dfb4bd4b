"""habilitations_france_competence (document.md): one entry a fiche, from the rows of its partners and certifiers."""

from datetime import date
from typing import Any

import pytest

from tests.unit.documents.days import Days, Json
from tests.unit.rules.rows import OTHER, SIRET, Row, Tables, certifier, fiche, of, partner


def to(habilitation: str, etat: str | None = "Actif", day: date | None = None, **more: Any) -> Row:
    """A partner row."""
    return {**partner(etat=etat, **more), "habilitation": f"HABILITATION_{habilitation}", "date_actif": day}


def entries(days: Days, tables: Tables, siret: str = SIRET) -> list[Json]:
    """The entries of a document."""
    found = days.build(tables)[siret]["habilitations_france_competence"]
    assert isinstance(found, list)
    return found


def summary(entry: Json) -> tuple[bool, bool, bool]:
    """Whether it is active, to train, to examine."""
    return entry["actif"], entry["habilitation_pour_former"], entry["habilitation_pour_organiser_l_evaluation"]


@pytest.mark.parametrize(
    ("habilitation", "former", "organiser"),
    [
        ("FORMER", True, False),
        ("ORGANISER", False, True),
        ("ORGA_FORM", True, True),
        ("AUTRE", False, False),
    ],
)
def test_what_a_partner_may_do(days: Days, habilitation: str, former: bool, organiser: bool) -> None:
    tables: Tables = {"fiches_rncp": [fiche()], "partenaires_rncp": [to(habilitation)]}
    [entry] = entries(days, tables)
    assert summary(entry) == (True, former, organiser)
    [row] = days.database.execute("SELECT pour_former_comme_partenaire FROM habilitations").fetchall()
    assert row == (former,)


def test_a_partner_of_whom_nothing_is_said_may_do_nothing(days: Days) -> None:
    [entry] = entries(days, {"fiches_rncp": [fiche()], "partenaires_rncp": [{**partner(), "habilitation": None}]})
    assert summary(entry) == (True, False, False)
    [row] = days.database.execute("SELECT pour_former_comme_partenaire FROM habilitations").fetchall()
    assert row == (False,)


def test_a_partner_who_certifies_too_may_train_as_a_partner(days: Days) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche()],
        "partenaires_rncp": [to("FORMER")],
        "certificateurs_rncp": [certifier(SIRET)],
    }
    [entry] = entries(days, tables)
    assert summary(entry) == (True, True, True)
    [row] = days.database.execute("SELECT pour_former_comme_partenaire FROM habilitations").fetchall()
    assert row == (True,)


@pytest.mark.parametrize("register", ["rncp", "rs"])
def test_a_certifier_may_do_both_though_not_as_a_partner(days: Days, register: str) -> None:
    code = f"{register.upper()}1"
    certifiers = [certifier(SIRET, code=code)]
    [entry] = entries(days, {f"fiches_{register}": [fiche(code)], f"certificateurs_{register}": certifiers})
    assert summary(entry) == (True, True, True)
    assert entry["date_actif"] is None
    [row] = days.database.execute("SELECT pour_former_comme_partenaire FROM habilitations").fetchall()
    assert row == (False,)


@pytest.mark.parametrize(("etat", "active"), [("Actif", True), ("Inactif", False), (None, False), ("Supprimé", None)])
@pytest.mark.parametrize("fiche_active", [True, False])
def test_active_is_the_partner_and_the_fiche(
    days: Days, etat: str | None, active: bool | None, fiche_active: bool
) -> None:
    tables: Tables = {
        "fiches_rs": [fiche("RS1", active=fiche_active)],
        "partenaires_rs": [to("FORMER", etat, code="RS1")],
    }
    if active is None:
        assert days.build(tables) == {}
    else:
        [entry] = entries(days, tables)
        assert summary(entry) == (active and fiche_active, True, False)


@pytest.mark.parametrize(
    ("etat", "active", "expected"), [("Actif", True, [True]), ("Actif", False, [False]), ("Inactif", True, [])]
)
def test_active_is_the_certifier_and_the_fiche(days: Days, etat: str, active: bool, expected: list[bool]) -> None:
    tables: Tables = {"fiches_rncp": [fiche(active=active)], "certificateurs_rncp": [certifier(SIRET, etat)]}
    documents = days.build(tables)
    assert documents.keys() == ({SIRET} if expected else set())
    found = documents[SIRET]["habilitations_france_competence"] if expected else []
    assert [entry["actif"] for entry in found] == expected


def test_if_any_row_is_active_only_the_active_ones_count(days: Days) -> None:
    rows = [
        to("FORMER", "Inactif", date(2020, 1, 1)),
        to("ORGANISER", "Actif", date(2025, 1, 1)),
        to("ORGANISER", "Actif", date(2024, 1, 1)),
        to("ORGANISER", "Actif"),
    ]
    [entry] = entries(days, {"fiches_rncp": [fiche()], "partenaires_rncp": rows})
    assert (*summary(entry), entry["date_actif"]) == (True, False, True, "2024-01-01")


def test_one_partner_does_not_count_for_another_nor_one_fiche(days: Days) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche(), fiche("RNCP2")],
        "partenaires_rncp": [to("FORMER", "Inactif"), to("FORMER", siret=OTHER), to("FORMER", code="RNCP2")],
    }
    assert [entry["actif"] for entry in entries(days, tables)] == [False, True]


def test_else_all_of_them(days: Days) -> None:
    rows = [to("FORMER", "Inactif", date(2020, 1, 1)), to("ORGANISER", "Inactif", date(2019, 1, 1))]
    [entry] = entries(days, {"fiches_rncp": [fiche()], "partenaires_rncp": rows})
    assert (*summary(entry), entry["date_actif"]) == (False, True, True, "2019-01-01")


def test_what_is_not_valid_is_nobody(days: Days) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche()],
        "partenaires_rncp": [partner("1"), partner("")],
        "certificateurs_rncp": [certifier("81841109200014")],
    }
    assert days.build(tables) == {}
    assert days.database.execute("FROM habilitations").fetchall() == []


def test_a_deleted_row_says_nothing_of_one_who_has_a_document(days: Days) -> None:
    tables: Tables = {"liste_of": [of()], "fiches_rncp": [fiche()], "partenaires_rncp": [to("FORMER", "Supprimé")]}
    assert entries(days, tables) == []
    tables["certificateurs_rncp"] = [certifier(SIRET, "Inactif")]
    assert entries(days, tables) == []
    tables["partenaires_rncp"].append(to("ORGANISER", "Inactif"))
    assert [summary(entry) for entry in entries(days, tables)] == [(False, False, True)]


def test_the_fiche_and_its_certifiers(days: Days) -> None:
    row = {**fiche(end=date(2028, 12, 31)), "date_decision": date(2024, 1, 1)}
    certifiers = [certifier(SIRET), certifier(OTHER), certifier(OTHER), certifier("1")]
    certifiers.append(certifier("35600000000003", "Inactif"))
    [entry] = entries(days, {"fiches_rncp": [row], "partenaires_rncp": [partner()], "certificateurs_rncp": certifiers})
    assert (entry["date_fin_enregistrement"], entry["date_decision"]) == ("2028-12-31", "2024-01-01")
    assert entry["sirets_organismes_certificateurs"] == [OTHER, SIRET]


def test_a_fiche_of_which_nobody_is_a_certifier(days: Days) -> None:
    [entry] = entries(days, {"fiches_rncp": [fiche()], "partenaires_rncp": [partner()]})
    assert entry["sirets_organismes_certificateurs"] == []


@pytest.mark.parametrize("codes", [["RNCP9", "RNCP09"], ["RNCP09", "RNCP9"]])
def test_and_then_by_code(days: Days, codes: list[str]) -> None:
    tables: Tables = {"fiches_rncp": [], "partenaires_rncp": []}
    for code in codes:
        tables["fiches_rncp"].append(fiche(code))
        tables["partenaires_rncp"].append(partner(code=code))
    assert [entry["code"] for entry in entries(days, tables)] == ["RNCP09", "RNCP9"]


def test_rncp_before_rs_then_by_number(days: Days) -> None:
    codes = {"rncp": ["RNCP10", "RNCP9", "RNCP100"], "rs": ["RS20", "RS3"]}
    tables: Tables = {}
    for register, of_register in codes.items():
        tables[f"fiches_{register}"] = [fiche(code) for code in of_register]
        tables[f"partenaires_{register}"] = [partner(code=code) for code in of_register]
    found = entries(days, tables)
    assert [entry["code"] for entry in found] == ["RNCP9", "RNCP10", "RNCP100", "RS3", "RS20"]
    for name in ("habilitations", "fiches"):
        assert list(days.details()[SIRET][name]) == ["RNCP9", "RNCP10", "RNCP100", "RS3", "RS20"]


def test_what_goes_beside_it(days: Days) -> None:
    row = {
        **fiche(),
        "intitule": "Pâtissier",
        "niveau": "3",
        "nouvelles_certifications": ["RNCP2"],
        "type_enregistrement": "de droit",
        "date_effet": date(2021, 3, 26),
        "date_limite_delivrance": date(2030, 1, 31),
        "existence_partenaires": True,
        "accessibilite": ["fi", "vae"],
    }
    bare = {**fiche("RNCP3"), "type_enregistrement": None}
    partners = [{**partner(), "date_etat": date(2025, 2, 28)}, partner(code="RNCP3")]
    days.build({"fiches_rncp": [row, bare], "partenaires_rncp": partners})
    unknown = ("intitule", "niveau", "type_enregistrement", "date_effet", "date_limite_delivrance")
    assert days.details()[SIRET]["habilitations"] == {
        "RNCP1": {
            "intitule": "Pâtissier",
            "niveau": "3",
            "remplacee_par": ["RNCP2"],
            "type_enregistrement": "de droit",
            "date_effet": "2021-03-26",
            "date_limite_delivrance": "2030-01-31",
            "role": ["partenaire"],
            "etat_depuis": "2025-02-28",
        },
        "RNCP3": {
            **dict.fromkeys(unknown),
            "remplacee_par": [],
            "role": ["partenaire"],
            "etat_depuis": None,
        },
    }
    assert days.details()[SIRET]["fiches"] == {
        "RNCP1": {"existence_partenaires": True, "accessibilite": ["fi", "vae"]},
        "RNCP3": {"existence_partenaires": None, "accessibilite": None},
    }


PARTNER, LAPSED = to("FORMER"), to("FORMER", "Inactif")
CERTIFIES, LEFT = certifier(SIRET), certifier(SIRET, "Inactif")


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(
    ("partners", "certifiers", "role"),
    [
        ([PARTNER], [], ["partenaire"]),
        ([], [CERTIFIES], ["certificateur"]),
        ([PARTNER], [CERTIFIES], ["partenaire", "certificateur"]),
        ([PARTNER], [LEFT], ["partenaire"]),
    ],
)
def test_a_partner_is_not_a_certifier(
    days: Days, active: bool, partners: list[Row], certifiers: list[Row], role: list[str]
) -> None:
    """Of what is still said, whether the fiche is active or not."""
    days.build({"fiches_rncp": [fiche(active=active)], "partenaires_rncp": partners, "certificateurs_rncp": certifiers})
    assert days.details()[SIRET]["habilitations"]["RNCP1"]["role"] == role


@pytest.mark.parametrize(("active", "role"), [(True, ["certificateur"]), (False, ["partenaire", "certificateur"])])
def test_a_role_is_of_the_rows_that_count(days: Days, active: bool, role: list[str]) -> None:
    """A partner no longer active beside an active certifier: when the fiche has ended, both rows count."""
    tables: Tables = {"fiches_rncp": [fiche(active=active)]}
    days.build({**tables, "partenaires_rncp": [LAPSED], "certificateurs_rncp": [CERTIFIES]})
    assert days.details()[SIRET]["habilitations"]["RNCP1"]["role"] == role


def test_the_state_is_since_the_latest_change_of_a_row_that_counts(days: Days) -> None:
    partners = [
        {**to("FORMER", "Inactif"), "date_etat": date(2026, 1, 1)},
        {**to("FORMER"), "date_etat": date(2024, 1, 1)},
        {**to("ORGANISER"), "date_etat": date(2025, 1, 1)},
        to("ORGANISER"),
        {**to("FORMER", siret=OTHER), "date_etat": date(2026, 3, 1)},
    ]
    certifiers = [
        {**certifier(SIRET), "date_etat": date(2023, 1, 1)},
        {**certifier(SIRET), "date_etat": date(2025, 6, 30)},
        {**certifier(SIRET, "Inactif"), "date_etat": date(2026, 2, 1)},
    ]
    tables: Tables = {"fiches_rncp": [fiche()], "partenaires_rncp": partners}

    def since() -> str:
        found: str = days.details()[SIRET]["habilitations"]["RNCP1"]["etat_depuis"]
        return found

    days.build(tables)
    assert since() == "2025-01-01"
    days.build({**tables, "certificateurs_rncp": certifiers})
    assert since() == "2025-06-30"

"""declarations_activites_etablissement (document.md): which NDA belongs to which establishment."""

from datetime import date
from typing import Any

import pytest

from tests.unit.documents.days import Days, Json
from tests.unit.rules.rows import CATEGORIES, CLOSED, NDA, OTHER, SECOND, SIBLING, SIRET, Row, of, stock

THIRD, FOURTH = "11750000003", "11750000004"
CNED = "18004301001485"


def carried(documents: dict[str, Json], siret: str) -> list[tuple[str, bool]]:
    """The NDAs of a document, in its order, and whether each is active."""
    entries = documents[siret]["declarations_activites_etablissement"]
    return [(entry["numero_de_declaration"], entry["actif"]) for entry in entries]


def only(documents: dict[str, Json], siret: str = SIRET) -> Json:
    """The only entry of a document."""
    [entry] = documents[siret]["declarations_activites_etablissement"]
    assert isinstance(entry, dict)
    return entry


def test_one_nda_belongs_to_every_active_establishment_of_its_siren(days: Days) -> None:
    documents = days.build({"liste_of": [of()], "sirene": [stock(), stock(SIBLING), stock(OTHER)]})
    assert documents.keys() == {SIRET, SIBLING}
    assert carried(documents, SIBLING) == [(NDA, True)]


def test_not_to_one_that_is_closed(days: Days) -> None:
    assert days.build({"liste_of": [of()], "sirene": [stock(), stock(SIBLING, "F")]}).keys() == {SIRET}


def test_several_belong_to_those_that_declare_them(days: Days) -> None:
    rows = [of(1), of(2, nda=SECOND, siret=SIBLING)]
    documents = days.build({"liste_of": rows, "sirene": [stock("81841109200005")]})
    assert documents.keys() == {SIRET, SIBLING}
    assert (carried(documents, SIRET), carried(documents, SIBLING)) == ([(NDA, True)], [(SECOND, True)])
    assert all(document["unite_legale_avec_plusieurs_nda"] for document in documents.values())


def test_a_row_without_a_valid_siret_propagates_by_its_siren(days: Days) -> None:
    rows = [of(siret="x", valid=False, siren_retenu=SIRET[:9])]
    documents = days.build({"liste_of": rows, "sirene": [stock(SIBLING)]})
    assert carried(documents, SIBLING) == [(NDA, True)]
    assert documents[SIBLING]["unite_legale_avec_plusieurs_nda"] is False


def test_and_counts_among_its_ndas(days: Days) -> None:
    rows = [of(1), of(2, nda=SECOND, siret="x", valid=False, siren_retenu=SIRET[:9])]
    documents = days.build({"liste_of": rows, "sirene": [stock(SIBLING)]})
    assert documents.keys() == {SIRET}
    assert carried(documents, SIRET) == [(NDA, True)]
    assert documents[SIRET]["unite_legale_avec_plusieurs_nda"] is True
    assert days.build({"liste_of": rows}) == {SIRET: documents[SIRET]}


def test_a_row_of_nobody_is_only_reported(days: Days) -> None:
    assert days.build({"liste_of": [of(siret="x", valid=False)], "sirene": [stock()]}) == {}


def test_a_row_without_nda_gives_a_document_without_one(days: Days) -> None:
    documents = days.build({"liste_of": [of(nda="")], "sirene": [stock(SIBLING)]})
    assert documents.keys() == {SIRET}
    assert carried(documents, SIRET) == []


def test_nor_to_another_that_has_one(days: Days) -> None:
    day = date(2026, 2, 1)
    documents = days.build(
        {"liste_of": [of(1), of(2, nda="", date_derniere_declaration=day)], "sirene": [stock(SIBLING)]}
    )
    assert carried(documents, SIRET) == carried(documents, SIBLING) == [(NDA, True)]
    documents = days.build({"liste_of": [of(1), of(2, nda=SECOND), of(3, nda="", date_derniere_declaration=day)]})
    assert carried(documents, SIRET) == [(NDA, True), (SECOND, True)]


def test_each_siren_for_itself(days: Days) -> None:
    rows = [of(1), of(2, nda=SECOND, siret=OTHER), of(3, nda=THIRD, siret=CNED), of(4, nda=FOURTH, siret=CNED)]
    documents = days.build({"liste_of": rows})
    assert {siret: carried(documents, siret) for siret in documents} == {
        SIRET: [(NDA, True)],
        OTHER: [(SECOND, True)],
        CNED: [(THIRD, True), (FOURTH, True)],
    }


@pytest.mark.parametrize("several", [False, True])
def test_of_the_rows_of_one_nda_the_latest_then_the_first(days: Days, several: bool) -> None:
    more = [of(9, nda=SECOND)] if several else []
    rows = [
        of(1, date_derniere_declaration=None, code_specialite_1="1"),
        of(4, date_derniere_declaration=date(2026, 2, 1), code_specialite_1="4"),
        of(3, date_derniere_declaration=date(2026, 2, 1), code_specialite_1="3"),
        of(2, date_derniere_declaration=date(2026, 1, 1), code_specialite_1="2"),
    ]
    documents = days.build({"liste_of": [*rows, *more]})
    entry = documents[SIRET]["declarations_activites_etablissement"][0]
    assert (entry["numero_de_declaration"], entry["specialites"]["specialite_1"]["code"]) == (NDA, "3")


def test_they_are_active_first_then_the_latest_then_by_number(days: Days) -> None:
    days.build({"liste_of": [of(9, nda="11750000000", date_derniere_declaration=date(2026, 9, 1)), of(1)]})
    rows = [
        of(1, nda=THIRD),
        of(2, nda=SECOND, date_derniere_declaration=date(2026, 1, 1)),
        of(3, nda="11750000009", date_derniere_declaration=date(2026, 2, 1)),
        of(4, date_derniere_declaration=date(2026, 1, 1)),
    ]
    for several in (rows, rows[::-1]):
        documents = days.build({"liste_of": several})
        assert carried(documents, SIRET) == [
            ("11750000009", True),
            (NDA, True),
            (SECOND, True),
            (THIRD, True),
            ("11750000000", False),
        ]


def test_its_fields(days: Days) -> None:
    row = of(
        date_derniere_declaration=date(2026, 1, 5),
        date_debut_exercice=date(2025, 1, 1),
        date_fin_exercice=date(2025, 12, 31),
        action_formation=True,
        code_specialite_1="313",
        libelle_specialite_1='Finances, "banque"',
        libelle_specialite_3="Droit",
    )
    assert only(days.build({"liste_of": [row]})) == {
        "numero_de_declaration": NDA,
        "actif": True,
        "date_derniere_declaration": "2026-01-05",
        "date_debut_exercice": "2025-01-01",
        "date_fin_exercice": "2025-12-31",
        "certification_qualiopi": {
            "action_formation": True,
            "bilan_competences": False,
            "validation_acquis_experience": False,
            "apprentissage": False,
            "obtention_via_unite_legale": True,
        },
        "specialites": {
            "specialite_1": {"code": "313", "libelle": 'Finances, "banque"'},
            "specialite_2": {"code": None, "libelle": None},
            "specialite_3": {"code": None, "libelle": "Droit"},
        },
    }


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("value", [True, False])
def test_one_column_that_is_not_empty_is_an_application(days: Days, category: str, value: bool) -> None:
    row: Row = {**of(), category: value}
    certified = only(days.build({"liste_of": [row]}))["certification_qualiopi"]
    assert certified == {**dict.fromkeys(CATEGORIES, False), category: value, "obtention_via_unite_legale": True}
    certified = only(days.build({"liste_of": [row, of(2, nda=SECOND, siret=SIBLING)]}))["certification_qualiopi"]
    assert certified["obtention_via_unite_legale"] is False


def test_four_empty_columns_are_none(days: Days) -> None:
    certified = only(days.build({"liste_of": [of()]}))["certification_qualiopi"]
    assert certified == {**dict.fromkeys(CATEGORIES, False), "obtention_via_unite_legale": None}


# --- inactive ones ------------------------------------------------------------------------------------------------


def test_a_gone_nda_is_inactive_on_the_documents_that_carried_it(days: Days) -> None:
    row = of(action_formation=True, apprentissage=True, code_specialite_1="313")
    days.build({"liste_of": [row], "sirene": [stock(), stock(SIBLING)]})
    documents = days.build({"liste_of": [of(siret=OTHER, nda=SECOND)]})
    assert documents.keys() == {SIRET, SIBLING, OTHER}
    for siret in (SIRET, SIBLING):
        entry = only(documents, siret)
        assert (entry["actif"], entry["specialites"]["specialite_1"]["code"]) == (False, "313")
        certified: dict[str, Any] = {**dict.fromkeys(CATEGORIES, False), "obtention_via_unite_legale": None}
        assert entry["certification_qualiopi"] == certified
        assert documents[siret]["unite_legale_avec_plusieurs_nda"] is False


def test_until_its_age_reaches_the_retention(days: Days) -> None:
    days.build({"liste_of": [of()]})
    assert carried(days.build({}), SIRET) == [(NDA, False)]
    assert carried(days.build({}, after=364), SIRET) == [(NDA, False)]
    assert days.build({}) == {}
    assert days.build({}) == {}


def test_it_is_active_again_when_it_comes_back(days: Days) -> None:
    days.build({"liste_of": [of()]})
    days.build({})
    assert carried(days.build({"liste_of": [of()]}, after=300), SIRET) == [(NDA, True)]
    assert carried(days.build({}), SIRET) == [(NDA, False)]
    assert carried(days.build({}, after=364), SIRET) == [(NDA, False)]  # its age starts anew


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        (of(nda=SECOND, ndas_precedents=[NDA]), False),
        (of(nda=SECOND, siret=SIBLING, ndas_precedents=[THIRD, NDA]), False),
        (of(nda=SECOND, siret="x", valid=False, siren_retenu=SIRET[:9], ndas_precedents=[NDA]), False),
        (of(nda=SECOND, siret=OTHER, ndas_precedents=[NDA]), True),  # of another body
        (of(nda=SECOND, ndas_precedents=[THIRD]), True),
    ],
)
def test_one_that_its_siren_names_was_replaced(days: Days, row: Row, kept: bool) -> None:
    days.build({"liste_of": [of()]})
    documents = days.build({"liste_of": [row]})
    assert ((NDA, False) in carried(documents, SIRET) if SIRET in documents else False) == kept
    days.build({"liste_of": [of()]})
    days.build({})  # or no longer, when it is named later
    documents = days.build({"liste_of": [row]})
    assert ((NDA, False) in carried(documents, SIRET) if SIRET in documents else False) == kept


def test_what_is_kept_of_a_gone_nda(days: Days) -> None:
    """For `nda_sorti_de_liste`: of each SIREN, its first row with a valid SIRET, and its latest declaration."""
    rows = [
        of(5, date_derniere_declaration=date(2026, 1, 1), code_region="84"),
        of(4, siret=SIBLING, date_derniere_declaration=date(2025, 1, 1), code_region="76"),
        of(3, siret="x", valid=False, siren_retenu=SIRET[:9], code_region="11"),
        of(6, siret="x", valid=False, siren_retenu=CLOSED[:9], code_region="52"),
        of(2, siret="x", valid=False, siren_retenu=CLOSED[:9], code_region="53"),
        of(1, nda=""),
    ]
    days.build({"liste_of": rows})
    day = days.day
    days.build({}, after=3)
    days.build({}, after=3)
    kept = days.database.execute("FROM ndas_inactifs ORDER BY siren DESC").fetchall()
    gone_on = date.fromordinal(day.toordinal() + 3)
    assert kept == [
        (NDA, SIRET[:9], 4, SIBLING, "76", date(2026, 1, 1), gone_on),
        (NDA, CLOSED[:9], 2, None, "53", None, gone_on),
    ]

"""Who an establishment is (document.md, "What goes beside it"): its names and addresses, and what Sirene says of it."""

from datetime import date
from typing import Any

import pytest

from tests.unit.documents.days import Days, Json
from tests.unit.rules.rows import (
    ADDRESS,
    OTHER,
    SECOND,
    SIBLING,
    SIRET,
    Row,
    Tables,
    certifier,
    fiche,
    of,
    partner,
    stock,
)

THIRD, OTHERS = "81841109200005", "35600000000009"  # more establishments of two legal units
PIECES = (
    "complement_adresse",
    "numero_voie",
    "indice_repetition",
    "type_voie",
    "libelle_voie",
    "distribution_speciale",
    "code_postal",
    "libelle_commune",
    "code_cedex",
    "libelle_cedex",
    "libelle_commune_etranger",
    "libelle_pays_etranger",
)
STREET: Row = {
    "numero_voie": "12",
    "indice_repetition": "B",
    "type_voie": "RUE",
    "libelle_voie": "DES ECOLES",
    "code_postal": "75005",
    "libelle_commune": "PARIS",
}
FICHE: Tables = {"fiches_rncp": [fiche()], "partenaires_rncp": [{**partner(), "nom": "OF A FICHE"}]}


def place(siret: str = SIRET, commune: str | None = "75105", **said: Any) -> Row:
    """What Sirene says of an establishment."""
    names = ("siege", "date_creation", "activite_principale", "enseigne", "denomination_usuelle", *PIECES)
    return {"siret": siret, "code_commune": commune, "identite": {**dict.fromkeys(names), **said}}


def unit(siren: str = SIRET[:9], **said: Any) -> Row:
    """What Sirene says of a legal unit."""
    names = ("etat", "diffusion", "denomination", "denomination_usuelle", "sigle", "pseudonyme", "prenom_usuel", "nom")
    more = ("nom_usage", "categorie_juridique", "activite_principale", "nic_siege", "date_creation")
    return {"siren": siren, "unite": {**dict.fromkeys(names + more), **said}}


def named(days: Days, siret: str = SIRET) -> tuple[str | None, str | None]:
    """The denomination, and where it comes from."""
    return days.identities()[siret]["denomination"], days.details()[siret]["etablissement"]["source_identite"]


# --- the denomination -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"denomination": "ECOLE SA", "nom": "DURAND", "denomination_usuelle": "USUELLE"}, "ECOLE SA"),
        ({"prenom_usuel": "JEANNE", "nom": "DURAND", "nom_usage": "MARTIN"}, "JEANNE MARTIN"),
        ({"prenom_usuel": "JEANNE", "nom": "DURAND", "denomination_usuelle": "USUELLE"}, "JEANNE DURAND"),
        ({"nom": "DURAND"}, "DURAND"),
        ({"prenom_usuel": "JEANNE", "denomination_usuelle": "USUELLE"}, "USUELLE"),
        ({"denomination_usuelle": "USUELLE"}, "USUELLE"),
        ({}, "ENSEIGNE"),
        (None, "ENSEIGNE"),
    ],
)
def test_the_name_that_sirene_gives(days: Days, said: Row | None, name: str) -> None:
    tables: Tables = {
        **FICHE,
        "identites_sirene": [place(enseigne="ENSEIGNE")],
        "unites_sirene": [unit(OTHER[:9], denomination="ANOTHER"), *([unit(**said)] if said is not None else [])],
    }
    days.build(tables)
    assert named(days) == (name, "sirene")


def test_the_first_source_that_names_it(days: Days) -> None:
    """Its own row of the list, Sirene, a fiche, and at last the row of its legal unit's only NDA."""
    row, stocks = of(denomination="OWN", siret=SIRET), [stock(SIBLING)]
    tables: Tables = {"liste_of": [row], "sirene": stocks, "unites_sirene": [unit(denomination="UNIT")]}
    days.build(tables)
    assert (named(days), named(days, SIBLING)) == (("OWN", "liste_of"), ("UNIT", "sirene"))
    of_fiche: Tables = {**FICHE, "partenaires_rncp": [{**partner(SIBLING), "nom": "OF A FICHE"}]}
    days.build({**tables, **of_fiche, "unites_sirene": []})
    assert (named(days), named(days, SIBLING)) == (("OWN", "liste_of"), ("OF A FICHE", "rncp"))
    days.build({"liste_of": [row], "sirene": stocks})
    assert (named(days), named(days, SIBLING)) == (("OWN", "liste_of"), ("OWN", "liste_of"))


def test_nothing_names_it(days: Days) -> None:
    days.build({"liste_of": [of()], "identites_sirene": [place(commune=None)], "unites_sirene": [unit()]})
    assert named(days) == (None, None)
    assert set(days.identities()[SIRET].values()) == {None}
    assert set(days.details()[SIRET]["etablissement"].values()) == {None}


def test_what_stands_for_a_hidden_name_is_no_name(days: Days) -> None:
    hidden = {"voie": "[ND]", "code_postal": "75011", "ville": "[ND]"}
    days.build({"liste_of": [of(denomination="[ND]", adresse=hidden)], **FICHE})
    assert named(days) == ("OF A FICHE", "rncp")
    assert days.identities()[SIRET]["adresse"] == {"voie": None, "code_postal": "75011", "ville": None}
    days.build({"fiches_rncp": [fiche()], "partenaires_rncp": [{**partner(), "nom": "[ND]"}]})
    assert named(days) == (None, None)


def test_the_name_of_a_fiche_is_of_an_active_row_of_the_first_fiche(days: Days) -> None:
    tables: Tables = {
        "fiches_rncp": [fiche("RNCP1", active=False), fiche("RNCP10"), fiche("RNCP9"), fiche("RNCP2")],
        "fiches_rs": [fiche("RS1")],
        "partenaires_rncp": [
            {**partner(code="RNCP1"), "nom": "FICHE ENDED"},
            {**partner(code="RNCP2", etat="Inactif"), "nom": "NOT ACTIVE"},
            {**partner(code="RNCP2", etat="Supprimé"), "nom": "DELETED"},
            {**partner(code="RNCP10"), "nom": "LATER FICHE"},
            {**partner(code="RNCP9"), "nom": "B"},
            {**partner(code="RNCP9"), "nom": "A"},
            partner(code="RNCP9"),
            {**partner(OTHER, code="RNCP2"), "nom": "ANOTHER"},
        ],
        "certificateurs_rncp": [{**certifier(SIRET, code="RNCP9"), "nom": "AS A CERTIFIER"}],
        "certificateurs_rs": [
            {**certifier(SIRET, code="RS1"), "nom": "OF THE RS"},
            {**certifier(SIRET, "Inactif", code="RS1"), "nom": "NO LONGER"},
        ],
    }
    for expected in ("A", "B", "AS A CERTIFIER", "LATER FICHE", "OF THE RS", "FICHE ENDED", "NOT ACTIVE"):
        days.build(tables)
        assert named(days)[0] == expected
        assert named(days)[1] == ("rs" if expected == "OF THE RS" else "rncp")
        tables = {name: [row for row in rows if row.get("nom") != expected] for name, rows in tables.items()}
    days.build(tables)
    assert named(days) == (None, None)


def test_the_identity_is_of_its_latest_row(days: Days) -> None:
    rows = [
        of(1, denomination="none"),
        of(3, denomination="third", date_derniere_declaration=date(2026, 1, 1)),
        of(2, denomination="second", adresse={**ADDRESS, "voie": ""}, date_derniere_declaration=date(2026, 1, 1)),
        of(4, denomination="old", date_derniere_declaration=date(2025, 1, 1)),
    ]
    days.build({"liste_of": rows, "sirene": [stock(SIBLING)]})
    address = {"voie": None, "code_postal": "75011", "ville": "PARIS"}
    told = {siret: (one["denomination"], one["adresse"]) for siret, one in days.identities().items()}
    assert told == {SIRET: ("second", address), SIBLING: ("second", None)}


def test_each_has_its_own_name_or_that_of_its_legal_unit(days: Days) -> None:
    empty = {"voie": "12 RUE DES ECOLES", "code_postal": "", "ville": ""}
    rows = [
        of(1, denomination="own", adresse=empty, date_derniere_declaration=date(2025, 1, 1)),
        of(2, siret=SIBLING, denomination="the unit's", date_derniere_declaration=date(2026, 1, 1)),
        of(3, nda=SECOND, siret=OTHER, denomination="another's", date_derniere_declaration=date(2026, 2, 1)),
    ]
    days.build({"liste_of": rows, "sirene": [stock(THIRD), stock(OTHERS)]})
    identities = days.identities()
    assert identities[SIRET]["adresse"] == {"voie": "12 RUE DES ECOLES", "code_postal": None, "ville": None}
    assert {siret: one["denomination"] for siret, one in identities.items()} == {
        SIRET: "own",
        SIBLING: "the unit's",
        THIRD: "the unit's",
        OTHER: "another's",
        OTHERS: "another's",
    }


def test_with_several_ndas_a_name_is_of_its_own_row(days: Days) -> None:
    tables: Tables = {
        "liste_of": [of(1, denomination="own"), of(2, nda=SECOND, denomination="own")],
        "fiches_rncp": [fiche()],
        "certificateurs_rncp": [certifier(SIBLING)],
    }
    days.build(tables)
    assert set(days.identities()[SIBLING].values()) == {None}


# --- the rest ---------------------------------------------------------------------------------------------------------


def said_of(days: Days, siret: str = SIRET) -> Json:
    """What is neither a name nor an address."""
    states = ("etat_administratif", "date_fermeture", "siret_successeur", "diffusion_partielle", "source_identite")
    found = days.details()[siret]["etablissement"]
    return {name: value for name, value in found.items() if name not in states}


def test_what_sirene_says_of_the_establishment_and_of_its_unit(days: Days) -> None:
    establishment = place(siege=False, date_creation=date(2017, 5, 24), activite_principale="85.59A")
    legal = unit(categorie_juridique="5710", activite_principale="85.59B", nic_siege=SIBLING[9:])
    days.build({"liste_of": [of()], "identites_sirene": [establishment], "unites_sirene": [legal]})
    assert said_of(days) == {
        "activite_principale": "85.59A",
        "categorie_juridique": "5710",
        "activite_principale_unite_legale": "85.59B",
        "siege": False,
        "siret_siege": SIBLING,
        "date_creation": "2017-05-24",
    }
    assert days.identities()[SIRET]["code_commune"] == "75105"


@pytest.mark.parametrize(
    ("siege", "nic", "head"), [(True, None, SIRET), (False, None, None), (None, None, None), (True, "1", SIRET)]
)
def test_the_head_office(days: Days, siege: bool | None, nic: str | None, head: str | None) -> None:
    days.build({"liste_of": [of()], "identites_sirene": [place(siege=siege)], "unites_sirene": [unit(nic_siege=nic)]})
    assert (said_of(days)["siege"], said_of(days)["siret_siege"]) == (siege, head)


def test_the_names_of_the_legal_unit_and_of_the_place(days: Days) -> None:
    names = {
        "sigle": "ES",
        "pseudonyme": "JANE",
        "prenom_usuel": "JEANNE",
        "nom": "DURAND",
        "denomination_usuelle": "CHEZ",
    }
    days.build(
        {
            "liste_of": [of(denomination="OWN")],
            "identites_sirene": [place(enseigne="ENSEIGNE", denomination_usuelle="USUELLE")],
            "unites_sirene": [unit(**names)],
        }
    )
    identity = days.identities()[SIRET]
    assert identity["enseigne"] == "ENSEIGNE"
    assert identity["unite_legale"] == {
        "denomination": "JEANNE DURAND",
        "sigle": "ES",
        "pseudonyme": "JANE",
        "nom_commercial": "CHEZ",
    }
    days.build({"liste_of": [of()], "identites_sirene": [place(denomination_usuelle="USUELLE")]})
    assert (days.identities()[SIRET]["enseigne"], days.identities()[SIRET]["unite_legale"]) == ("USUELLE", None)


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (STREET, ("12 B RUE DES ECOLES", "75005", "PARIS")),
        ({"libelle_voie": "LE BOURG", "complement_adresse": "BATIMENT B"}, ("LE BOURG", None, None)),
        ({"code_postal": "75005", "libelle_commune": "PARIS"}, (None, "75005", "PARIS")),
        (
            {"libelle_voie": "RUE X", "libelle_commune_etranger": "LIEGE", "libelle_pays_etranger": "BELGIQUE"},
            ("RUE X", None, "LIEGE BELGIQUE"),
        ),
        ({"complement_adresse": "BATIMENT B"}, None),
        ({}, None),
    ],
)
def test_the_address_that_sirene_gives(days: Days, said: Row, address: tuple[str | None, ...] | None) -> None:
    days.build({"liste_of": [of()], "identites_sirene": [place(**said)]})
    told = days.identities()[SIRET]
    assert told["adresse"] == (address and dict(zip(("voie", "code_postal", "ville"), address, strict=True)))
    assert told["adresse_insee"] == ({**dict.fromkeys(PIECES), **said} if said else None)


def test_the_address_of_its_own_row_comes_first(days: Days) -> None:
    tables: Tables = {"identites_sirene": [place(**STREET), place(SIBLING, **STREET)], "sirene": [stock(SIBLING)]}
    days.build({**tables, "liste_of": [of(adresse=ADDRESS)]})
    told = days.identities()
    assert told[SIRET]["adresse"] == ADDRESS
    assert told[SIBLING]["adresse"]["code_postal"] == "75005"
    assert told[SIRET]["adresse_insee"] == told[SIBLING]["adresse_insee"] is not None


def test_where_the_geocoder_places_the_address_of_its_own_row(days: Days) -> None:
    ban = {
        "type": "housenumber",
        "nom": "12 Rue des Écoles",
        "contexte": "75, Paris, Île-de-France",
        "latitude": "48.8",
    }
    found = {"adresse": ADDRESS, "score": 0.75, "citycode": "75105", "label": "12 Rue des Écoles 75005 Paris"}
    rows = [of(adresse=ADDRESS)]
    pieces = ("type", "nom", "numero", "voie", "code_postal", "commune", "contexte", "id", "latitude", "longitude")
    place_of = {"libelle": "12 Rue des Écoles 75005 Paris", "score": 0.75, "code_commune": "75105"}
    whole = {**dict.fromkeys(pieces), **ban}
    days.build({"liste_of": rows, "sirene": [stock(SIBLING)], "adresses": [{**found, "ban": whole}]})
    assert days.identities()[SIRET]["adresse_ban"] == {**place_of, **whole}
    assert days.identities()[SIBLING]["adresse_ban"] is None
    days.build({"liste_of": rows, "adresses": [found]})  # as earlier versions stored it
    assert days.identities()[SIRET]["adresse_ban"] == {**place_of, **dict.fromkeys(pieces)}
    days.build({"liste_of": rows, "adresses": [{**found, "score": None}]})
    assert days.identities()[SIRET]["adresse_ban"] is None

"""Raw Quiforme: the shapes on record, and what API Entreprise's connector makes of it."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from quiforme.api.raw_quiforme import payload, skeleton

from tools.in_process.documents import (
    IDENTITY,
    OTHER,
    SIRET,
    declaration,
    details,
    documents,
    empty,
    habilitation,
    item,
)
from tools.in_process.lookup import SECRET, Service, codes
from tools.local_stack.emulator import ROOT

RESOURCE = "/organisme/{siret}"
RECORDED = ROOT.parent / "shared" / "contract" / "quiforme"
HEADERS = {"token-connexion": SECRET}


def connector(raw: dict[str, Any]) -> dict[str, Any] | None:
    """What API Entreprise's connector builds of an answer (api.md, section 2); None is its 404."""
    if raw["siret_actif"] is None:
        return None
    return {
        "siret": raw["siret_actif"],
        "code_uai": raw["etablissement"]["uai"],
        "unite_legale_avec_plusieurs_nda": raw["unite_legale"]["multinda"],
        "declarations_activites_etablissement": [
            {
                "numero_de_declaration": row["nda"],
                "actif": True,
                "date_derniere_declaration": row["date_derniere_declaration"],
                "date_fin_exercice": row["fin_exercice"],
                "certification_qualiopi": {
                    "action_formation": row["qualiopi_action_formation"],
                    "bilan_competences": row["qualiopi_bilan_competence"],
                    "validation_acquis_experience": row["qualiopi_vae"],
                    "apprentissage": row["qualiopi_apprentissage"],
                    "obtention_via_unite_legale": _through(row["obtention_qualiopi"]),
                },
                "specialites": {
                    f"specialite_{slot}": {
                        "code": row[f"code_specialite_{slot}"],
                        "libelle": row[f"libelle_specialite_{slot}"],
                    }
                    for slot in (1, 2, 3)
                },
            }
            for row in raw["nda"]
        ],
        "habilitations_france_competence": [
            {
                "code": row["code_fc"],
                "actif": row["actif"],
                "date_actif": _iso(row["date_habilitation"]),
                "date_fin_enregistrement": _iso(row["date_fin_enregistrement"]),
                "date_decision": _iso(row["date_decision"]),
                "habilitation_pour_former": row["a_former"],
                "habilitation_pour_organiser_l_evaluation": row["a_organiser"],
                "sirets_organismes_certificateurs": [one["siret"] for one in row["certificateur"]],
            }
            for row in raw["habilitations"]
            if row["etat_habilitation"] != "Supprimé"
        ],
    }


def _through(text: str | None) -> bool | None:
    if text is None:
        return None
    assert ("par propagation via" in text) != ("direct sur le NDA" in text)
    return "par propagation via" in text


def _iso(text: str | None) -> str | None:
    return datetime.strptime(text, "%d/%m/%Y").date().isoformat() if text else None


@given(documents())
def test_the_connector_builds_the_document_of_section_1(document: dict[str, Any]) -> None:
    service = Service()
    service.registry.put(item(document))
    answer = service.call(RESOURCE, siret=document["siret"], headers=HEADERS)
    declarations = [
        {name: value for name, value in one.items() if name != "date_debut_exercice"}
        for one in document["declarations_activites_etablissement"]
        if one["actif"]
    ]
    assert answer.status == 200
    assert connector(json.loads(answer.body)) == {**document, "declarations_activites_etablissement": declarations}


@pytest.mark.parametrize("siret", [SIRET, "12345678901234", "pas un siret"])
def test_what_holds_no_document_is_the_skeleton(siret: str) -> None:
    service = Service()
    service.registry.put(item(etat="hors_perimetre", data="", details="", identite=""))
    answer = service.call(RESOURCE, siret=siret, headers=HEADERS)
    assert (answer.status, json.loads(answer.body)) == (200, skeleton())
    assert connector(json.loads(answer.body)) is None


def test_nothing_is_never_a_null_row() -> None:
    raw = payload(item(empty(SIRET)))
    assert (raw["nda"], raw["habilitations"]) == ([], [])


@pytest.mark.parametrize("headers", [{}, {"token-connexion": ""}, {"token-connexion": SECRET + "x"}])
def test_only_the_secret_opens(headers: dict[str, str]) -> None:
    assert codes(Service().call(RESOURCE, siret=SIRET, headers=headers)) == (401, ["00101"])


def test_nothing_published() -> None:
    service = Service()
    service.registry.pointer = None
    assert codes(service.call(RESOURCE, siret=SIRET, headers=HEADERS)) == (503, ["33020"])


def test_who_the_establishment_is() -> None:
    raw = payload(item())
    assert raw["etablissement"] == {
        "siren": SIRET[:9],
        "denomination": "Organisme",
        "enseigne": "À la bonne école",
        "code_ape": "85.59A",
        "adresse_insee": "BATIMENT B 1 B RUE DES ECOLES 75001 PARIS",
        "uai": None,
        "siret_siege": OTHER,
        "siret_successeur": None,
        "date_creation": "2017-05-24",
        "date_fermeture": None,
        "etat_diffusible": True,
    }
    assert raw["unite_legale"] == {
        "raison_sociale": "Organisme national",
        "cat_juridique": "5710",
        "libelle_cat_juridique": None,
        "ape": "85.59B",
        "pseudonyme": None,
        "sigle": "ON",
        "nom_commercial": "L'Organisme",
        "multinda": False,
    }


def test_its_addresses() -> None:
    raw = payload(item())
    assert raw["adresse_insee"] == [
        {
            "adresse_insee": "1 B RUE DES ECOLES",
            "numero_voie": "1",
            "indice_repetition": "B",
            "type_voie": "RUE",
            "libelle_voie": "DES ECOLES",
            "complement_adresse": "BATIMENT B",
            "code_postal": "75001",
            "libelle_commune": "PARIS",
            "code_commune": "75101",
            "code_cedex": None,
        }
    ]
    assert raw["adresse_ban"] == [
        {
            "adresse_editorialisee": "1 bis Rue des Écoles 75001 Paris",
            "adresse_type": "housenumber",
            "adresse_score": "0.87",
            "adresse_nom": "1 bis Rue des Écoles",
            "adresse_numero": "1bis",
            "adresse_voie": "Rue des Écoles",
            "adresse_codepostal": "75001",
            "adresse_commune": "Paris",
            "adresse_codecommune": "75101",
            "adresse_num_departement": "75",
            "adresse_departement": "Paris",
            "adresse_region": "Île-de-France",
            "adresse_pays": "FRANCE",
            "adresse_geoloc": "Point",
            "adresse_latitude": "48.86",
            "adresse_longitude": "2.34",
            "adresse_id_ban": "75101_3158_00001_bis",
        }
    ]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"code_cedex": "75200", "libelle_cedex": "PARIS CEDEX"}, "BATIMENT B 1 B RUE DES ECOLES 75200 PARIS CEDEX"),
        ({"distribution_speciale": "BP 3", "complement_adresse": None}, "1 B RUE DES ECOLES BP 3 75001 PARIS"),
        (
            {
                **dict.fromkeys(("complement_adresse", "code_postal", "libelle_commune")),
                "libelle_commune_etranger": "LIEGE",
                "libelle_pays_etranger": "BELGIQUE",
            },
            "1 B RUE DES ECOLES LIEGE BELGIQUE",
        ),
    ],
)
def test_the_address_on_one_line(said: dict[str, Any], line: str) -> None:
    identity = {**IDENTITY, "adresse_insee": {**IDENTITY["adresse_insee"], **said}}
    assert payload(item(identite=json.dumps(identity)))["etablissement"]["adresse_insee"] == line


@pytest.mark.parametrize(
    ("contexte", "parts"),
    [
        ("974, La Réunion", ("974", "La Réunion", None)),
        (None, (None, None, None)),
    ],
)
def test_a_place_of_which_less_is_known(contexte: str | None, parts: tuple[str | None, ...]) -> None:
    place = {**IDENTITY["adresse_ban"], "contexte": contexte, "latitude": None}
    [told] = payload(item(identite=json.dumps({**IDENTITY, "adresse_ban": place})))["adresse_ban"]
    names = ("adresse_num_departement", "adresse_departement", "adresse_region")
    assert tuple(told[name] for name in names) == parts
    assert told["adresse_geoloc"] is None


@pytest.mark.parametrize(
    ("role", "partner", "certifies"),
    [(["partenaire"], True, False), (["certificateur"], False, True), (["partenaire", "certificateur"], True, True)],
)
def test_what_the_fiche_says(role: list[str], partner: bool, certifies: bool) -> None:
    certifiers = [SIRET] if certifies else [OTHER]
    held = habilitation(sirets_organismes_certificateurs=certifiers)
    document = {**empty(SIRET), "habilitations_france_competence": [held]}
    beside = details(document)
    beside["habilitations"]["RNCP1"]["role"] = role
    [row] = payload(item(document, details=json.dumps(beside)))["habilitations"]
    assert (row["existence_partenaire"], row["est_partenaire"], row["est_certificateur"]) == (True, partner, certifies)
    ways = {name.removeprefix("accessibilite_") for name, value in row.items() if value and name.startswith("acc")}
    assert ways == {"fi", "vae"}
    assert [row[f"accessibilite_{way}"] for way in ("fc", "cq", "cl", "ca")] == [False] * 4


def test_what_is_not_to_be_disclosed_is_masked() -> None:
    raw = payload(item(non_diffusible=True))
    masked = ("denomination", "enseigne", "adresse_insee")
    assert {name for name, value in raw["etablissement"].items() if value == "[ND]"} == set(masked)
    names = ("raison_sociale", "pseudonyme", "sigle", "nom_commercial")
    assert {name for name, value in raw["unite_legale"].items() if value == "[ND]"} == set(names)
    assert (raw["adresse_insee"], raw["adresse_ban"]) == ([], [])
    assert raw["etablissement"]["etat_diffusible"] is False
    for hidden in ("Organisme", "ECOLES", "75101", "Écoles"):
        assert hidden not in json.dumps(raw, ensure_ascii=False)


def test_what_an_earlier_version_stored() -> None:
    document = {**empty(SIRET), "habilitations_france_competence": [habilitation()]}
    known = ("etat_administratif", "date_fermeture", "siret_successeur", "diffusion_partielle")
    sirene = {name: details(document)["etablissement"][name] for name in known}
    fiches: dict[str, Any] = {"RNCP1": {"intitule": "Titre", "niveau": None, "remplacee_par": []}}
    identity = {"denomination": "Organisme", "adresse": None}
    for hidden in (False, True):
        raw = payload(
            item(
                document,
                details=json.dumps({"etablissement": sirene, "habilitations": fiches}),
                identite=json.dumps(identity),
                non_diffusible=hidden,
            )
        )
        assert raw["etablissement"]["denomination"] == ("[ND]" if hidden else "Organisme")
        assert (raw["etablissement"]["code_ape"], raw["unite_legale"]["raison_sociale"]) == (None, None)
        assert (raw["adresse_insee"], raw["adresse_ban"]) == ([], [])
        [row] = raw["habilitations"]
        assert (row["est_partenaire"], row["est_certificateur"], row["accessibilite_fi"]) == (None, False, None)


# --- against what is on record ------------------------------------------------------------------------------

on_record = pytest.mark.skipif(not RECORDED.exists(), reason="no recorded payloads beside the project")


@on_record
def test_the_skeleton_on_record() -> None:
    assert skeleton() == json.loads((RECORDED / "no_data.json").read_text())


@on_record
def test_the_shape_on_record() -> None:
    recorded = json.loads((RECORDED / "valid.json").read_text())
    document = {
        **empty(SIRET),
        "declarations_activites_etablissement": [declaration()],
        "habilitations_france_competence": [habilitation(sirets_organismes_certificateurs=[SIRET])],
    }
    ours = payload(item(document, details=json.dumps(details(document))))
    for name, recorded_part in recorded.items():
        part = ours[name]
        if isinstance(recorded_part, dict):
            assert part.keys() == recorded_part.keys(), name
        elif isinstance(recorded_part, list) and part:
            assert list(part[0]) == list(recorded_part[0]), name
    assert ours.keys() == recorded.keys()

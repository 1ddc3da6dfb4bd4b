"""Raw Quiforme: the shapes on record, and what API Entreprise's connector makes of it."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from quiforme.api.raw_quiforme import payload, skeleton

from tools.in_process.documents import SIRET, declaration, details, documents, empty, habilitation, item
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


def test_the_name_of_who_is_not_to_be_disclosed_is_masked() -> None:
    assert payload(item(non_diffusible=True))["etablissement"]["denomination"] == "[ND]"
    assert payload(item())["etablissement"]["denomination"] == "Organisme"


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

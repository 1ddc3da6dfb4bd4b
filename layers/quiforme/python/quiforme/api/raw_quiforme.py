"""Raw Quiforme, for API Entreprise's connector (api.md, section 2).

The connector publishes every row as active, and counts a row of nulls as a row: so inactive NDAs are left out, and an empty
list has no row. Fields that none of our sources has (APE, legal category, INSEE's address…) are null.
"""

import json
from typing import Any

from quiforme.api import document
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, json_response
from quiforme.api.publication import published
from quiforme.registry.ports import Item

ETABLISSEMENT = (
    "siren",
    "denomination",
    "enseigne",
    "code_ape",
    "adresse_insee",
    "uai",
    "siret_siege",
    "siret_successeur",
    "date_creation",
    "date_fermeture",
    "etat_diffusible",
)
UNITE_LEGALE = (
    "raison_sociale",
    "cat_juridique",
    "libelle_cat_juridique",
    "ape",
    "pseudonyme",
    "sigle",
    "nom_commercial",
    "multinda",
)
ADRESSE_BAN = (
    "adresse_editorialisee",
    "adresse_type",
    "adresse_score",
    "adresse_nom",
    "type_voie",
    "adresse_numero",
    "indice_repetition",
    "adresse_voie",
    "adresse_codepostal",
    "adresse_commune",
    "adresse_codecommune",
    "adresse_num_departement",
    "adresse_departement",
    "adresse_region",
    "adresse_pays",
    "adresse_geoloc",
    "adresse_latitude",
    "adresse_longitude",
    "adresse_id_ban",
)
NDA = (
    "nda",
    "cfa",
    "actif",
    "date_derniere_declaration",
    "debut_exercice",
    "fin_exercice",
    "code_specialite_1",
    "libelle_specialite_1",
    "code_specialite_2",
    "libelle_specialite_2",
    "code_specialite_3",
    "libelle_specialite_3",
    "qualiopi_action_formation",
    "qualiopi_bilan_competence",
    "qualiopi_vae",
    "qualiopi_apprentissage",
    "obtention_qualiopi",
)
_HABILITATION = (
    "code_fc",
    "actif",
    "etat_habilitation",
    "date_habilitation",
    "date_fin_enregistrement",
    "date_decision",
    "a_former",
    "a_organiser",
)
ACCESSIBILITE = tuple(f"accessibilite_{way}" for way in ("fi", "fc", "cq", "cl", "vae", "ca"))
_OBTENTION = {
    True: "Qualiopi obtenu par propagation via l'unité légale",
    False: "Qualiopi direct sur le NDA",
    None: None,
}


def organisme(request: Request, backend: Backend, _: object) -> Response:
    """The document of one SIRET; without a document, the skeleton, which the connector turns into a 404."""
    publication = published(backend)
    item = backend.reader.read(request.path["siret"], publication.generation)
    if item is None or item.etat != "document":
        return json_response(skeleton())
    return json_response(payload(item))


def skeleton() -> dict[str, Any]:
    """The answer for an unknown SIRET: every field, each null."""
    return {
        "siret_actif": None,
        "etablissement": dict.fromkeys(ETABLISSEMENT),
        "unite_legale": dict.fromkeys(UNITE_LEGALE),
        "adresse_ban": [dict.fromkeys(ADRESSE_BAN)],
        "nda": [dict.fromkeys(NDA)],
        "habilitations": [{**dict.fromkeys(_HABILITATION), "certificateur": [{"siret": None}]}],
    }


def payload(item: Item) -> dict[str, Any]:
    """A document in the raw format."""
    data, details = json.loads(item.data), json.loads(item.details)
    identity = json.loads(document.identity_text(item, all_disclosed=False))
    sirene = details["etablissement"]
    partial = sirene["diffusion_partielle"]
    return {
        "siret_actif": data["siret"],
        "etablissement": dict.fromkeys(ETABLISSEMENT)
        | {
            "siren": data["siret"][:9],
            "denomination": identity["denomination"],
            "uai": data["code_uai"],
            "siret_successeur": sirene["siret_successeur"],
            "date_fermeture": sirene["date_fermeture"],
            "etat_diffusible": None if partial is None else not partial,
        },
        "unite_legale": dict.fromkeys(UNITE_LEGALE) | {"multinda": data["unite_legale_avec_plusieurs_nda"]},
        "adresse_insee": [],
        "adresse_ban": [],
        "nda": [_nda(one) for one in data["declarations_activites_etablissement"] if one["actif"]],
        "habilitations": [
            _habilitation(one, data["siret"], details["habilitations"][one["code"]])
            for one in data["habilitations_france_competence"]
        ],
    }


def _nda(declaration: dict[str, Any]) -> dict[str, Any]:
    qualiopi, specialites = declaration["certification_qualiopi"], declaration["specialites"]
    return {
        "nda": declaration["numero_de_declaration"],
        "cfa": None,
        "actif": True,
        "date_derniere_declaration": declaration["date_derniere_declaration"],
        "debut_exercice": declaration["date_debut_exercice"],
        "fin_exercice": declaration["date_fin_exercice"],
        **{
            f"{name}_specialite_{slot}": specialites[f"specialite_{slot}"][name]
            for slot in (1, 2, 3)
            for name in ("code", "libelle")
        },
        "qualiopi_action_formation": qualiopi["action_formation"],
        "qualiopi_bilan_competence": qualiopi["bilan_competences"],
        "qualiopi_vae": qualiopi["validation_acquis_experience"],
        "qualiopi_apprentissage": qualiopi["apprentissage"],
        "obtention_qualiopi": _OBTENTION[qualiopi["obtention_via_unite_legale"]],
    }


def _habilitation(entry: dict[str, Any], siret: str, fiche: dict[str, Any]) -> dict[str, Any]:
    certifiers: list[str] = entry["sirets_organismes_certificateurs"]
    return {
        "code_fc": entry["code"],
        "actif": entry["actif"],
        "existence_partenaire": None,
        "est_partenaire": None,
        "est_certificateur": siret in certifiers,
        "etat_habilitation": "Actif" if entry["actif"] else "Inactif",
        "remplace_par": [{"code_fc": code} for code in fiche["remplacee_par"] or [None]],
        "libelle": fiche["intitule"],
        "date_habilitation": _french(entry["date_actif"]),
        "date_fin_enregistrement": _french(entry["date_fin_enregistrement"]),
        "date_decision": _french(entry["date_decision"]),
        "a_former": entry["habilitation_pour_former"],
        "a_organiser": entry["habilitation_pour_organiser_l_evaluation"],
        "certificateur": [{"siret": certifier} for certifier in certifiers],
        "niveau": fiche["niveau"],
        **dict.fromkeys(ACCESSIBILITE),
    }


def _french(day: str | None) -> str | None:
    """An ISO 8601 day as DD/MM/YYYY."""
    return "/".join(reversed(day.split("-"))) if day else None

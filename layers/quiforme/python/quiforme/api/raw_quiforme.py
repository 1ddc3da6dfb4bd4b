"""Raw Quiforme, for API Entreprise's connector (api.md, section 2).

The connector publishes every row as active, and counts a row of nulls as a row: so inactive NDAs are left out, and an empty
list has no row. Fields that none of our sources has (`cfa`, the label of a legal category) are null, and so is what an item
stored by an earlier version lacks.
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
ACCESSIBILITE = ("fi", "fc", "cq", "cl", "vae", "ca")
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
    """A document in the raw format; what is not to be disclosed is masked for everybody."""
    data, details = json.loads(item.data), json.loads(item.details)
    identity: dict[str, Any] = json.loads(document.identity_text(item, all_disclosed=False))
    sirene: dict[str, Any] = details["etablissement"]
    fiches: dict[str, dict[str, Any]] = details.get("fiches", {})
    return {
        "siret_actif": data["siret"],
        "etablissement": {
            "siren": data["siret"][:9],
            "denomination": identity["denomination"],
            "enseigne": identity.get("enseigne"),
            "code_ape": sirene.get("activite_principale"),
            "adresse_insee": _address_line(identity.get("adresse_insee")),
            "uai": data["code_uai"],
            "siret_siege": sirene.get("siret_siege"),
            "siret_successeur": sirene["siret_successeur"],
            "date_creation": sirene.get("date_creation"),
            "date_fermeture": sirene["date_fermeture"],
            "etat_diffusible": None if sirene["diffusion_partielle"] is None else not item.non_diffusible,
        },
        "unite_legale": {
            **_unit_names(identity.get("unite_legale")),
            "cat_juridique": sirene.get("categorie_juridique"),
            "libelle_cat_juridique": None,
            "ape": sirene.get("activite_principale_unite_legale"),
            "multinda": data["unite_legale_avec_plusieurs_nda"],
        },
        "adresse_insee": _insee(identity.get("adresse_insee"), identity.get("code_commune")),
        "adresse_ban": _ban(identity.get("adresse_ban")),
        "nda": [_nda(one) for one in data["declarations_activites_etablissement"] if one["actif"]],
        "habilitations": [
            _habilitation(one, data["siret"], {**details["habilitations"][one["code"]], **fiches.get(one["code"], {})})
            for one in data["habilitations_france_competence"]
        ],
    }


_Part = dict[str, Any] | str | None
"""A part of an identity: an object, `[ND]` when it is masked, None when nothing is known."""


def _unit_names(names: _Part) -> dict[str, Any]:
    if isinstance(names, str):
        return dict.fromkeys(("raison_sociale", "pseudonyme", "sigle", "nom_commercial"), names)
    names = names or {}
    return {
        "raison_sociale": names.get("denomination"),
        "pseudonyme": names.get("pseudonyme"),
        "sigle": names.get("sigle"),
        "nom_commercial": names.get("nom_commercial"),
    }


def _address_line(address: _Part) -> str | None:
    """INSEE's address on one line."""
    if not isinstance(address, dict):
        return address
    town = ("code_cedex", "libelle_cedex") if address["code_cedex"] else ("code_postal", "libelle_commune")
    names = ("complement_adresse", *_STREET, "distribution_speciale", *town)
    return _joined(address, *names, "libelle_commune_etranger", "libelle_pays_etranger")


_STREET = ("numero_voie", "indice_repetition", "type_voie", "libelle_voie")


def _joined(address: dict[str, Any], *names: str) -> str | None:
    return " ".join(address[name] for name in names if address[name]) or None


def _insee(address: _Part, commune: str | None) -> list[dict[str, Any]]:
    if not isinstance(address, dict):
        return []
    names = (*_STREET, "complement_adresse", "code_postal", "libelle_commune")
    return [
        {
            "adresse_insee": _joined(address, *_STREET),
            **{name: address[name] for name in names},
            "code_commune": commune,
            "code_cedex": address["code_cedex"],
        }
    ]


def _ban(place: _Part) -> list[dict[str, Any]]:
    """The place that the geocoder gave; its `contexte` is the department's number and name, then the region."""
    if not isinstance(place, dict):
        return []
    department, name, region = [*(place["contexte"] or "").split(", "), *[""] * 3][:3]
    return [
        {
            "adresse_editorialisee": place["libelle"],
            "adresse_type": place["type"],
            "adresse_score": str(place["score"]),
            "adresse_nom": place["nom"],
            "adresse_numero": place["numero"],
            "adresse_voie": place["voie"],
            "adresse_codepostal": place["code_postal"],
            "adresse_commune": place["commune"],
            "adresse_codecommune": place["code_commune"],
            "adresse_num_departement": department or None,
            "adresse_departement": name or None,
            "adresse_region": region or None,
            "adresse_pays": "FRANCE",  # the BAN has no other address
            "adresse_geoloc": "Point" if place["latitude"] and place["longitude"] else None,
            "adresse_latitude": place["latitude"],
            "adresse_longitude": place["longitude"],
            "adresse_id_ban": place["id"],
        }
    ]


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
    role, ways = fiche.get("role"), fiche.get("accessibilite")
    return {
        "code_fc": entry["code"],
        "actif": entry["actif"],
        "existence_partenaire": fiche.get("existence_partenaires"),
        "est_partenaire": "partenaire" in role if role else None,
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
        **{f"accessibilite_{way}": None if ways is None else way in ways for way in ACCESSIBILITE},
    }


def _french(day: str | None) -> str | None:
    """An ISO 8601 day as DD/MM/YYYY."""
    return "/".join(reversed(day.split("-"))) if day else None

"""Documents as the ingestion publishes them."""

import json
from typing import Any

from hypothesis import strategies as st
from quiforme.registry.ports import Item

SIRET = "99000010100016"
OTHER = "99000001000019"
IDENTITY: dict[str, Any] = {
    "denomination": "Organisme",
    "enseigne": "À la bonne école",
    "adresse": {"voie": "1 rue", "code_postal": "75001", "ville": "Paris"},
    "code_commune": "75101",
    "unite_legale": {
        "denomination": "Organisme national",
        "sigle": "ON",
        "pseudonyme": None,
        "nom_commercial": "L'Organisme",
    },
    "adresse_insee": {
        "complement_adresse": "BATIMENT B",
        "numero_voie": "1",
        "indice_repetition": "B",
        "type_voie": "RUE",
        "libelle_voie": "DES ECOLES",
        "distribution_speciale": None,
        "code_postal": "75001",
        "libelle_commune": "PARIS",
        "code_cedex": None,
        "libelle_cedex": None,
        "libelle_commune_etranger": None,
        "libelle_pays_etranger": None,
    },
    "adresse_ban": {
        "libelle": "1 bis Rue des Écoles 75001 Paris",
        "score": 0.87,
        "code_commune": "75101",
        "type": "housenumber",
        "nom": "1 bis Rue des Écoles",
        "numero": "1bis",
        "voie": "Rue des Écoles",
        "code_postal": "75001",
        "commune": "Paris",
        "contexte": "75, Paris, Île-de-France",
        "id": "75101_3158_00001_bis",
        "latitude": "48.86",
        "longitude": "2.34",
    },
}
"""Who the establishment is: what is masked for whoever may not see it."""


def siret(number: int) -> str:
    """A valid SIRET, one for each number."""
    return next(text for key in range(10) if _luhn(text := f"99{number:011d}{key}"))


def _luhn(text: str) -> bool:
    digits = [int(digit) for digit in reversed(text)]
    return sum(digits[::2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10


def item(document: dict[str, Any] | None = None, **changes: Any) -> Item:
    """An item that holds a document."""
    data = document or empty(SIRET)
    fields: dict[str, Any] = {
        "id": data["siret"],
        "etat": "document",
        "jour": "2026-11-24",
        "data": _text(data),
        "details": _text(details(data)),
        "identite": _text(IDENTITY),
        "non_diffusible": False,
        "generation": 1,
    }
    return Item(**(fields | changes))


def empty(siret: str) -> dict[str, Any]:
    return {
        "siret": siret,
        "code_uai": None,
        "unite_legale_avec_plusieurs_nda": False,
        "declarations_activites_etablissement": [],
        "habilitations_france_competence": [],
    }


def details(document: dict[str, Any], **etablissement: Any) -> dict[str, Any]:
    sirene = {
        "etat_administratif": "A",
        "date_fermeture": None,
        "siret_successeur": None,
        "diffusion_partielle": False,
        "activite_principale": "85.59A",
        "categorie_juridique": "5710",
        "activite_principale_unite_legale": "85.59B",
        "siege": False,
        "siret_siege": OTHER,
        "date_creation": "2017-05-24",
        "source_identite": "liste_of",
    }
    fiches = [entry["code"] for entry in document["habilitations_france_competence"]]
    return {
        "etablissement": sirene | etablissement,
        "habilitations": {
            code: {
                "intitule": f"Titre de {code}",
                "niveau": None,
                "remplacee_par": [],
                "type_enregistrement": "de droit",
                "date_effet": "2024-01-01",
                "date_limite_delivrance": None,
                "role": ["partenaire"],
                "etat_depuis": "2025-02-28",
            }
            for code in fiches
        },
        "fiches": {code: {"existence_partenaires": True, "accessibilite": ["fi", "vae"]} for code in fiches},
    }


def declaration(nda: str = "11750000175", **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "numero_de_declaration": nda,
        "actif": True,
        "date_derniere_declaration": "2026-05-01",
        "date_debut_exercice": None,
        "date_fin_exercice": None,
        "certification_qualiopi": {
            "action_formation": True,
            "bilan_competences": False,
            "validation_acquis_experience": False,
            "apprentissage": False,
            "obtention_via_unite_legale": True,
        },
        "specialites": {f"specialite_{slot}": {"code": None, "libelle": None} for slot in (1, 2, 3)},
    }
    return fields | changes


def habilitation(code: str = "RNCP1", **changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "code": code,
        "actif": True,
        "date_actif": None,
        "date_fin_enregistrement": "2028-01-31",
        "date_decision": None,
        "habilitation_pour_former": True,
        "habilitation_pour_organiser_l_evaluation": False,
        "sirets_organismes_certificateurs": [],
    }
    return fields | changes


def _text(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


_DAYS = st.none() | st.dates().map(lambda day: day.isoformat())
_TEXTS = st.none() | st.text(min_size=1, max_size=20)


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Any document that the specification allows."""
    flags = ("action_formation", "bilan_competences", "validation_acquis_experience", "apprentissage")
    qualiopi = st.fixed_dictionaries(
        {**dict.fromkeys(flags, st.booleans()), "obtention_via_unite_legale": st.sampled_from([None, True, False])}
    )
    specialite = st.fixed_dictionaries({"code": _TEXTS, "libelle": _TEXTS})
    declarations = st.fixed_dictionaries(
        {
            "numero_de_declaration": st.from_regex(r"[0-9]{4}[0-9A-Z][0-9]{6}", fullmatch=True)
            | st.text(min_size=1, max_size=20),
            "actif": st.booleans(),
            "date_derniere_declaration": _DAYS,
            "date_debut_exercice": _DAYS,
            "date_fin_exercice": _DAYS,
            "certification_qualiopi": qualiopi,
            "specialites": st.fixed_dictionaries({f"specialite_{slot}": specialite for slot in (1, 2, 3)}),
        }
    )
    habilitations = st.fixed_dictionaries(
        {
            "code": st.from_regex(r"(RNCP|RS)[1-9][0-9]{0,4}", fullmatch=True),
            "actif": st.booleans(),
            "date_actif": _DAYS,
            "date_fin_enregistrement": _DAYS,
            "date_decision": _DAYS,
            "habilitation_pour_former": st.booleans(),
            "habilitation_pour_organiser_l_evaluation": st.booleans(),
            "sirets_organismes_certificateurs": st.lists(st.integers(0, 999).map(siret), unique=True, max_size=3),
        }
    )
    return st.fixed_dictionaries(
        {
            "siret": st.integers(0, 10**11 - 1).map(siret),
            "code_uai": st.none() | st.just("0750001H"),
            "unite_legale_avec_plusieurs_nda": st.booleans(),
            "declarations_activites_etablissement": st.lists(
                declarations, max_size=3, unique_by=lambda one: one["numero_de_declaration"]
            ),
            "habilitations_france_competence": st.lists(habilitations, max_size=3, unique_by=lambda one: one["code"]),
        }
    )

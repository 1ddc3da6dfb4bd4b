"""The French for what sources, documents and refusals write as codes."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from quiforme.refusals import Code
from quiforme.regions import REGIONS
from quiforme.sources import catalogue

SOURCES: Final[Mapping[str, str]] = {source.name: source.label for source in catalogue.SOURCES}
CATEGORIES: Final[Mapping[str, str]] = {
    "action_formation": "action de formation",
    "bilan_competences": "bilan de compétences",
    "validation_acquis_experience": "VAE",
    "apprentissage": "apprentissage",
}
_NUMBERED: Final = """\
Ain, Aisne, Allier, Alpes-de-Haute-Provence, Hautes-Alpes, Alpes-Maritimes, Ardèche, Ardennes, Ariège, Aube, Aude, \
Aveyron, Bouches-du-Rhône, Calvados, Cantal, Charente, Charente-Maritime, Cher, Corrèze, , Côte-d'Or, Côtes-d'Armor, \
Creuse, Dordogne, Doubs, Drôme, Eure, Eure-et-Loir, Finistère, Gard, Haute-Garonne, Gers, Gironde, Hérault, \
Ille-et-Vilaine, Indre, Indre-et-Loire, Isère, Jura, Landes, Loir-et-Cher, Loire, Haute-Loire, Loire-Atlantique, \
Loiret, Lot, Lot-et-Garonne, Lozère, Maine-et-Loire, Manche, Marne, Haute-Marne, Mayenne, Meurthe-et-Moselle, Meuse, \
Morbihan, Moselle, Nièvre, Nord, Oise, Orne, Pas-de-Calais, Puy-de-Dôme, Pyrénées-Atlantiques, Hautes-Pyrénées, \
Pyrénées-Orientales, Bas-Rhin, Haut-Rhin, Rhône, Haute-Saône, Saône-et-Loire, Sarthe, Savoie, Haute-Savoie, Paris, \
Seine-Maritime, Seine-et-Marne, Yvelines, Deux-Sèvres, Somme, Tarn, Tarn-et-Garonne, Var, Vaucluse, Vendée, Vienne, \
Haute-Vienne, Vosges, Yonne, Territoire de Belfort, Essonne, Hauts-de-Seine, Seine-Saint-Denis, Val-de-Marne, Val-d'Oise"""
DEPARTEMENTS: Final[Mapping[str, str]] = {
    **{f"{number:02}": name for number, name in enumerate(_NUMBERED.split(", "), start=1) if name},
    "2A": "Corse-du-Sud",
    "2B": "Haute-Corse",
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "La Réunion",
    "975": "Saint-Pierre-et-Miquelon",
    "976": "Mayotte",
    "977": "Saint-Barthélemy",
    "978": "Saint-Martin",
    "984": "Terres australes et antarctiques françaises",
    "986": "Wallis-et-Futuna",
    "987": "Polynésie française",
    "988": "Nouvelle-Calédonie",
}
_ETATS: Final = {"Actif": "active", "Inactif": "inactive", "Supprimé": "supprimée"}
_FICHES: Final = {"Oui": "active", "Non": "inactive"}
_UNFETCHED: Final = "il n'a pas pu être lu ou téléchargé"
_DAMAGED_ZIP: Final = "archive endommagée ou inattendue"
_UNEXPECTED: Final = "format inattendu"
_UNREADABLE: Final = "contenu illisible"
REFUSALS: Final[Mapping[Code | Literal["absent"], str]] = {
    "absent": "il n'est pas arrivé",
    "empty_file": "il est vide",
    "no_readable_row": "aucune ligne n'est lisible",
    "too_many_unreadable_rows": "{unreadable} lignes illisibles sur {rows}",
    "malformed_values": (
        "{column} : {malformed} valeurs mal formées sur {filled} ({percent} %), dont, par ligne ou par fiche, {first}"
    ),
    "too_few_rows": "{rows} lignes, contre {largest} dans le plus grand fichier des 30 derniers jours",
    "emptied_column": (
        "{column} : {filled} valeurs renseignées sur {rows} lignes, contre {filled_before} sur {rows_before} "
        "dans le dernier fichier accepté"
    ),
    "missing_columns": "colonnes absentes : {columns}",
    "repeated_columns": "colonnes en double : {columns}",
    "unreadable": _UNREADABLE,
    "unreadable_header": _UNREADABLE,
    "not_json": _UNREADABLE,
    "no_organisations": _UNEXPECTED,
    "incomplete_pages": "il est incomplet : une seule page sur {pages}",
    "no_fiches": _UNEXPECTED,
    "wrong_version": _UNEXPECTED,
    "wrong_encoding": _UNEXPECTED,
    "zip_unreadable": _DAMAGED_ZIP,
    "zip_unsafe_name": _DAMAGED_ZIP,
    "zip_members": _DAMAGED_ZIP,
    "zip_too_large": _DAMAGED_ZIP,
    "zip_bomb": _DAMAGED_ZIP,
    "zip_encrypted": _DAMAGED_ZIP,
    "html_page": "une page web est arrivée à sa place",
    "fetch_failed": _UNFETCHED,
}
"""Why today's file is not used, by the code of its refusal; `absent` when there is no file to refuse."""
MASKED: Final = "[ND]"
"""What documents and evidence hold in place of a name or an address that may not be disclosed."""


def region(code: str) -> str:
    """The name of a region; an unknown code stays as it is."""
    return REGIONS.get(code, code)


def departement(code: str) -> str:
    """The name of a département; an unknown code stays as it is."""
    return DEPARTEMENTS.get(code, code)


def commune(code: str) -> str:
    """An INSEE code with its département: the sources give no name of the commune."""
    name = DEPARTEMENTS.get(code[:3]) or DEPARTEMENTS.get(code[:2])
    return f"{code} ({name})" if name else code


def categorie(code: str) -> str:
    """The name of a Qualiopi category."""
    return CATEGORIES.get(code, code)


def source(name: str) -> str:
    """The label of a source."""
    return SOURCES.get(name, name)


def etat_habilitation(etat: str) -> str:
    """The state of a habilitation, as an adjective."""
    return _ETATS.get(etat, etat)


def fiche_active(answer: str) -> str:
    """Whether a fiche is active, as an adjective, from the export's Oui or Non."""
    return _FICHES.get(answer, answer)


def adresse(value: Mapping[str, str | None] | str) -> str | None:
    """An address in one line; None when none of its parts is known."""
    if isinstance(value, str):
        return "adresse non diffusible" if value == MASKED else value
    town = f"{value.get('code_postal') or ''} {value.get('ville') or ''}".strip()
    parts = [part for part in (value.get("voie"), town) if part]
    return f"« {', '.join(parts)} »" if parts else None


def refusal(details: Mapping[str, Any] | None) -> str:
    """Why a file is not used.

    Args:
        details: The fields of a refusals.Refusal; None for an anomaly stored before refusals had codes.

    """
    if details is None:
        return _UNFETCHED
    return REFUSALS.get(details["code"], _UNFETCHED).format_map(details["facts"])

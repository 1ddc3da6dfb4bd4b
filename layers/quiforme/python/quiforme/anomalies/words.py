"""The French for what the sources and the rules write in code, by the name of the place it stands in."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

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
_MASKED: Final = "[ND]"
_HABILITATIONS: Final = {"Actif": "active", "Inactif": "inactive", "Supprimé": "supprimée"}
_FICHES: Final = {"Oui": "active", "Non": "inactive"}
_REASONS: Final = (
    (r"fichier absent", "il n'est pas arrivé"),
    (r"missing columns: (.+)", "colonnes absentes : {0}"),
    (r"columns that stand twice: (.+)", "colonnes en double : {0}"),
    (r"empty file|the file is empty", "il est vide"),
    (r"no readable row", "aucune ligne n'est lisible"),
    (r"(\d+) of (\d+) rows are unreadable", "{0} lignes illisibles sur {1}"),
    (
        r"(\d+) rows, under half of the (\d+) .+",
        "{0} lignes, contre {1} dans le plus grand fichier des 30 derniers jours",
    ),
    (r"(?:.+: )?an HTML page came instead of the file", "une page web est arrivée à sa place"),
    (r".*\bzip\b.*", "archive endommagée ou inattendue"),
    (r"VERSION_FLUX is .+|not an export of fiches|no list of organisations|encoded in .+", "format inattendu"),
    (r"not JSON.*|unreadable.*", "contenu illisible"),
)
"""Why a file was refused: what the guards and the readers write for ops, and what an agent is told."""


def word(name: str, value: object) -> str | None:
    """How people write a value that stands under a name; None when there is nothing to write."""
    if name in _WORDS:
        return _WORDS[name](value)
    return _day(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _day(text: str) -> str:
    """The text; an ISO day as 23/11/2026."""
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


def _named(names: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda value: names.get(value, str(value))


def _commune(code: Any) -> str:  # noqa: ANN401  # any JSON value
    """The INSEE code, with its département: the sources give no name with it."""
    departement = DEPARTEMENTS.get(code[:3]) or DEPARTEMENTS.get(code[:2])
    return f"{code} ({departement})" if departement else code


def _address(value: Any) -> str | None:  # noqa: ANN401  # any JSON value
    """In one line, unless it is not to be disclosed."""
    if value == _MASKED:
        return "adresse non diffusible"
    parts = (value.get("voie"), f"{value.get('code_postal') or ''} {value.get('ville') or ''}".strip())
    return f"« {', '.join(filter(None, parts))} »" if any(parts) else None


def _reason(value: Any) -> str:  # noqa: ANN401  # any JSON value
    for pattern, french in _REASONS:
        if found := re.fullmatch(pattern, value, re.DOTALL):
            return french.format(*found.groups())
    return "il n'a pas pu être lu ou téléchargé"


_WORDS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "source": _named(SOURCES),
    "categorie": _named(CATEGORIES),
    "code_region": _named(REGIONS),
    "region_sirene": _named(REGIONS),
    "region": _named(REGIONS),
    "departement": _named(DEPARTEMENTS),
    "code_commune": _commune,
    "citycode": _commune,
    "etat_habilitation": _named(_HABILITATIONS),
    "fiche_active": _named(_FICHES),
    "adresse": _address,
    "label": lambda value: None if value == _MASKED else str(value),
    "motif": _reason,
}

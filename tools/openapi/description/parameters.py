"""The parameters of the operations: their form, and the errors when they do not have it."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from quiforme.api import anomalies, history, reverse_lookup
from quiforme.api.parameters import LARGEST_LIMIT, ROLES
from quiforme.errors import (
    ANOMALY_CODE_UNKNOWN,
    ANOMALY_MALFORMED,
    CODE_MALFORMED,
    CURSOR_MALFORMED,
    DATE_MALFORMED,
    DATE_TO_COME,
    NDA_MALFORMED,
    RECIPIENT_MALFORMED,
    REGION_UNKNOWN,
    ROLE_MALFORMED,
    SEVERITY_UNKNOWN,
    SINCE_MALFORMED,
    SIREN_MALFORMED,
    SIRET_MALFORMED,
    STATE_UNKNOWN,
    UAI_MALFORMED,
    Problem,
    limit_malformed,
    missing_parameter,
)
from quiforme.regions import REGIONS

_SIRET = {"type": "string", "format": "siret", "pattern": "^[0-9]{14}$"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        name: The parameter's name.
        place: `in`, in OpenAPI's terms.
        description: In French.
        schema: The JSON Schema of its value.
        problems: The errors of a wrong value.
        required: Whether every call must have it.

    """

    name: str
    place: Literal["path", "query", "header"]
    description: str
    schema: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    required: bool = field(default=False, kw_only=True)

    def as_openapi(self, example: str | None) -> dict[str, Any]:
        """The Parameter Object."""
        described = {
            "name": self.name,
            "in": self.place,
            "description": self.description,
            "required": self.required,
            "schema": self.schema,
        }
        return described if example is None else {**described, "example": _typed(example, self.schema)}


def _typed(value: str, schema: dict[str, Any]) -> str | int:
    return int(value) if schema["type"] == "integer" else value


SIRET = Parameter(
    "siret",
    "path",
    "SIRET de l'établissement : quatorze chiffres, sans espace, dont le dernier est la clé de Luhn (elle n'est pas "
    "demandée aux établissements de La Poste, dont le SIREN est 356000000).",
    _SIRET,
    (SIRET_MALFORMED,),
    required=True,
)
ANY_SIRET = Parameter(
    "siret",
    "path",
    "SIRET de l'établissement. Tout ce qui n'est pas le SIRET d'un établissement publié donne la même réponse, où tout "
    "est null.",
    {"type": "string"},
    required=True,
)
SIREN = Parameter(
    "siren",
    "path",
    "SIREN de l'unité légale : neuf chiffres, dont le dernier est la clé de Luhn.",
    {"type": "string", "format": "siren", "pattern": "^[0-9]{9}$"},
    (SIREN_MALFORMED,),
    required=True,
)
NDA = Parameter(
    "nda",
    "path",
    "Numéro de déclaration d'activité, tel que la liste publique le donne : onze caractères, dont le cinquième peut être "
    "une lettre. Un numéro que la source a abîmé (`1,17204E+10`) se cherche tel quel, encodé pour une adresse. "
    "Aucun caractère de contrôle.",
    {"type": "string", "format": "nda", "minLength": 1, "maxLength": 100},
    (NDA_MALFORMED,),
    required=True,
)
UAI = Parameter(
    "uai",
    "path",
    "Code UAI : sept chiffres et la lettre qu'ils appellent.",
    {"type": "string", "format": "uai", "pattern": "^[0-9]{7}[A-HJ-NPR-Z]$"},
    (UAI_MALFORMED,),
    required=True,
)
CODE = Parameter(
    "code",
    "path",
    "Code de la certification : RNCP ou RS, suivi de son numéro.",
    {"type": "string", "format": "code-fiche", "pattern": "^(RNCP|RS)[0-9]{1,9}$"},
    (CODE_MALFORMED,),
    required=True,
)
DATE = Parameter(
    "date",
    "query",
    "Jour dont on veut la réponse, AAAA-MM-JJ : ce qui était publié à la fin de ce jour. Sans lui, ce qui est publié "
    "maintenant. Ni un jour à venir, ni un jour que l'historique n'atteint pas.",
    {"type": "string", "format": "date"},
    (DATE_MALFORMED, DATE_TO_COME),
)
ROLE = Parameter(
    "role",
    "query",
    "Ne garder que ceux qui peuvent former, ou que ceux qui peuvent organiser l'évaluation.",
    {"type": "string", "enum": list(ROLES)},
    (ROLE_MALFORMED,),
)
ANOMALY = Parameter(
    "id",
    "path",
    "Identifiant de l'anomalie : 32 chiffres hexadécimaux en minuscules.",
    {"type": "string", "format": "anomalie", "pattern": "^[0-9a-f]{32}$"},
    (ANOMALY_MALFORMED,),
    required=True,
)
ANOMALY_CODE = Parameter(
    "code",
    "query",
    "Ne garder que les anomalies de cette règle.",
    {"type": "string", "enum": list(anomalies.CODES)},
    (ANOMALY_CODE_UNKNOWN,),
)
SEVERITY = Parameter(
    "severite",
    "query",
    "Ne garder que les anomalies de cette gravité.",
    {"type": "string", "enum": list(anomalies.SEVERITES)},
    (SEVERITY_UNKNOWN,),
)
REGION = Parameter(
    "region",
    "query",
    "Ne garder que les anomalies de cette région (code Insee), qui doit être l'une de celles du jeton.",
    {"type": "string", "enum": list(REGIONS)},
    (REGION_UNKNOWN,),
)
STATE = Parameter(
    "etat",
    "query",
    "Ne garder que les anomalies ouvertes, ou que les résolues.",
    {"type": "string", "enum": list(anomalies.ETATS)},
    (STATE_UNKNOWN,),
)
SINCE = Parameter(
    "depuis",
    "query",
    "Ne garder que les anomalies ouvertes, modifiées ou résolues ce jour, AAAA-MM-JJ, ou plus tard.",
    {"type": "string", "format": "date"},
    (SINCE_MALFORMED,),
)
SHELF_CURSOR = Parameter(
    "curseur",
    "query",
    "Curseur rendu par la page précédente, tel quel, avec les mêmes filtres.",
    {"type": "string", "format": "curseur-anomalies"},
    (CURSOR_MALFORMED,),
)
CURSOR = Parameter(
    "curseur",
    "query",
    "Curseur rendu par la page précédente, tel quel : un parcours lit la même publication du début à la fin.",
    {"type": "string", "format": "curseur"},
    (CURSOR_MALFORMED,),
)


def limit(default: int, largest: int) -> Parameter:
    """`limite`, with the bounds of one resource."""
    description = f"Nombre d'entrées d'une page, {default} par défaut."
    schema = {"type": "integer", "minimum": 1, "maximum": largest, "default": default}
    return Parameter("limite", "query", description, schema, (limit_malformed(largest),))


LIMIT = limit(reverse_lookup.PAGE, LARGEST_LIMIT)
LIMIT_OF_ANOMALIES = limit(anomalies.PAGE, anomalies.LARGEST_PAGE)
LIMIT_OF_HISTORY = limit(history.PAGE, history.LARGEST_PAGE)
_TEXT = {"type": "string", "minLength": 1, "pattern": r"[^\s\u001c-\u001f\u0085]"}
"""Not blank: ECMA's white space, and the separators that are blank for Python as well."""
CONTEXT = Parameter(
    "context",
    "query",
    "Cadre de l'appel, par exemple : aides publiques, marchés publics. Gardé dans le journal des appels.",
    _TEXT,
    (missing_parameter("context"),),
    required=True,
)
OBJECT = Parameter(
    "object",
    "query",
    "Raison de l'appel, ou identifiant de la procédure : de quoi le justifier plus tard. Gardé dans le journal.",
    _TEXT,
    (missing_parameter("object"),),
    required=True,
)
RECIPIENT = Parameter(
    "recipient",
    "query",
    "SIRET de l'administration à qui la réponse est destinée. Gardé dans le journal.",
    _SIRET,
    (missing_parameter("recipient"), RECIPIENT_MALFORMED),
    required=True,
)
TRACE = (CONTEXT, OBJECT, RECIPIENT)
OPTIONAL_TRACE = (
    replace(CONTEXT, required=False, schema={"type": "string"}, problems=()),
    replace(OBJECT, required=False, schema={"type": "string"}, problems=()),
    replace(RECIPIENT, required=False, problems=(RECIPIENT_MALFORMED,)),
)
IF_NONE_MATCH = Parameter(
    "If-None-Match",
    "header",
    "ETag d'une réponse déjà reçue : si elle vaut toujours, un 304 sans corps est répondu. L'appel est compté.",
    {"type": "string", "format": "etag"},
)

"""Refusals: each HTTP status that is not a success, when it happens, and the codes that give the reason."""

from dataclasses import dataclass
from typing import Any

from quiforme import errors
from quiforme.api.routes import Connector, Public, Scope
from quiforme.errors import Problem

from tools.openapi.description.bodies import OPEN_LIST

RATE_HEADERS: dict[str, Any] = {
    "RateLimit-Limit": {
        "description": "Nombre d'appels permis par minute à ce jeton.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {
        "description": "Nombre d'appels restants dans la minute en cours.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Reset": {
        "description": "Fin de la minute en cours, en secondes Unix.",
        "schema": {"type": "integer"},
    },
}
RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Secondes à attendre avant de recommencer.",
        "schema": {"type": "integer", "minimum": 1},
    }
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One status that is not a success.

    Attributes:
        status: The HTTP status.
        text: When it is answered, in French.
        problems: The reasons, each with its code.
        name: The name of the component that several operations share; None for a refusal of one operation.
        headers: The headers that it always has.
        counted: Whether the call may have been counted, so that the RateLimit headers may be present.

    """

    status: int
    text: str
    problems: tuple[Problem, ...]
    name: str | None = None
    headers: tuple[str, ...] = ()
    counted: bool = False

    def as_openapi(self, examples: dict[str, Any]) -> dict[str, Any]:
        """The Response Object."""
        titles = {problem.code: problem.title for problem in self.problems}
        codes = " ; ".join(f"`{code}` {title}" for code, title in sorted(titles.items()))
        known = RATE_HEADERS | RETRY_AFTER
        response: dict[str, Any] = {
            "description": f"{self.text} Codes : {codes}.",
            "content": {
                "application/json": {
                    "schema": {"allOf": [{"$ref": "#/components/schemas/Erreurs"}, _codes(sorted(titles))]},
                    "examples": examples,
                }
            },
        }
        headers = {name: {**known[name], "required": True} for name in self.headers}
        if self.counted:
            headers |= {name: {**header, "required": False} for name, header in RATE_HEADERS.items()}
        return {**response, "headers": headers} if headers else response


def _codes(codes: list[str]) -> dict[str, Any]:
    code = {"enum": codes, OPEN_LIST: True}
    return {"properties": {"errors": {"items": {"properties": {"code": code}}}}}


RATE_NAMES = tuple(RATE_HEADERS)
TOKEN = Refusal(
    401,
    "Le jeton manque, est illisible, mal signé, expiré ou révoqué, ou se trouve dans l'adresse.",
    (errors.INVALID_TOKEN, errors.EXPIRED_TOKEN, errors.REVOKED_TOKEN),
    "JetonRefuse",
)
SECRET = Refusal(401, "L'en-tête token-connexion manque ou n'est pas le bon.", (errors.INVALID_TOKEN,), "SecretRefuse")
SCOPE = Refusal(
    403, "La portée que cette ressource demande manque au jeton.", (errors.MISSING_SCOPE,), "PorteeManquante"
)
RATE = Refusal(
    429,
    "Les appels de cette minute sont épuisés pour ce jeton, ou le service en reçoit trop.",
    (errors.TOO_MANY_REQUESTS,),
    "TropDAppels",
    tuple(RETRY_AFTER),
    counted=True,
)
BUSY = Refusal(
    429, "Le service reçoit trop d'appels.", (errors.TOO_MANY_REQUESTS,), "ServiceSature", tuple(RETRY_AFTER)
)
STORE_FAILED = Refusal(502, "Les données n'ont pas pu être lues.", (errors.STORE_FAILED,), "LectureImpossible")
STORE_TIMED_OUT = Refusal(
    504, "Les données n'ont pas pu être lues à temps.", (errors.STORE_TIMED_OUT,), "LectureTropLongue"
)
NOTHING_PUBLISHED = Refusal(503, "Rien n'a encore été publié.", (errors.NOTHING_PUBLISHED,), "RienDePublie")
NO_EXPORTS = Refusal(
    503,
    "Rien n'a encore été publié, ou les exports de la publication en cours manquent.",
    (errors.NOTHING_PUBLISHED, errors.EXPORTS_MISSING),
)
NO_DOCUMENT = Refusal(
    404,
    "Aucun document en cours ; `meta.raison` distingue un établissement inconnu d'un établissement exclu, dont "
    "l'absence de réponse ne dit rien.",
    (errors.UNKNOWN_SIRET, errors.OUT_OF_PERIMETER),
    "AucunDocument",
    counted=True,
)
NO_DOCUMENT_THAT_DAY = Refusal(
    404,
    "Aucun document ce jour-là ; `meta.raison` distingue un établissement inconnu, un établissement exclu, et un jour "
    "que l'historique n'atteint pas.",
    (errors.UNKNOWN_SIRET, errors.OUT_OF_PERIMETER, errors.BEFORE_HISTORY),
    counted=True,
)
NO_HISTORY = Refusal(404, "Cet établissement n'a jamais rien eu de publié.", (errors.UNKNOWN_SIRET,), counted=True)
NOBODY = Refusal(
    404,
    "Aucun établissement publié ne porte cet identifiant, ou n'est habilité pour cette certification.",
    (errors.NO_ESTABLISHMENT, errors.NO_ACTIVE_HABILITATION),
    "AucunPorteur",
    counted=True,
)
NO_ANOMALY = Refusal(
    404,
    "Aucune anomalie ouverte à ce jeton ne porte cet identifiant : elle n'existe pas, ou est d'une autre région.",
    (errors.ANOMALY_UNKNOWN,),
    counted=True,
)
REGION_CLOSED = Refusal(
    403,
    "La portée que cette ressource demande manque au jeton, ou la région demandée n'est pas l'une des siennes.",
    (errors.MISSING_SCOPE, errors.REGION_CLOSED),
    counted=True,
)
OUTDATED = Refusal(
    409,
    "Le suivi a changé depuis qu'il a été lu (`meta.version` dit où il en est), ou l'anomalie (`meta.evenement`).",
    (errors.outdated(1), errors.evidence_changed(f"{'0f' * 16}:2")),
    counted=True,
)
NEVER_RECONCILED = Refusal(
    503, "Les sources n'ont encore jamais été rapprochées.", (errors.NEVER_RECONCILED,), counted=True
)
UNREADABLE = Refusal(400, "Le corps n'est pas du JSON en UTF-8.", (errors.UNREADABLE_BODY,), counted=True)
TOO_LARGE = Refusal(413, "Le corps est trop volumineux.", (errors.TOO_LARGE,), counted=True)
WRONG_MEDIA_TYPE = Refusal(
    415, "Le corps n'est pas annoncé comme application/json.", (errors.WRONG_MEDIA_TYPE,), counted=True
)


def access_refusals(access: Public | Connector | Scope) -> tuple[Refusal, ...]:
    """The refusals of a way of access: token or secret, scope, rate limit."""
    match access:
        case Scope():
            return TOKEN, SCOPE, RATE
        case Connector():
            return SECRET, BUSY
        case Public():
            return (BUSY,)

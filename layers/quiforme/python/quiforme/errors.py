"""The errors of the HTTP contract. All have the same shape; the status and the code identify an error."""

from dataclasses import dataclass, field
from typing import Any

PROVIDER = {"provider": "CARIF-OREF"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error's body. The texts are in French, for callers.

    Attributes:
        code: The contract's code.
        title: A short text.
        detail: What is wrong.
        parameter: The parameter or field that is wrong; None when there is none.
        meta: More about the error.

    """

    code: str
    title: str
    detail: str
    parameter: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """The entry as JSON data."""
        return {
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "source": {"parameter": self.parameter} if self.parameter else None,
            "meta": self.meta,
        }


class ApiError(Exception):
    """A call ends with an error of the contract."""

    def __init__(self, status: int, *problems: Problem, headers: dict[str, str] | None = None) -> None:
        """Take the HTTP status, one or more problems, and additional headers."""
        super().__init__(f"{status} {', '.join(problem.code for problem in problems)}")
        self.status = status
        self.problems = problems
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The body of the answer, as JSON data."""
        return {"errors": [problem.entry() for problem in self.problems]}


INVALID_TOKEN = Problem("00101", "Interdit", "Votre jeton n'est pas valide ou n'est pas renseigné.", "token")
EXPIRED_TOKEN = Problem("00103", "Jeton expiré", "Votre jeton est expiré. Demandez-en un nouveau.", "token")
REVOKED_TOKEN = Problem("00105", "Jeton sur liste noire", "Votre jeton a été révoqué. Demandez-en un nouveau.", "token")
MISSING_SCOPE = Problem(
    "00100",
    "Privilèges insuffisants",
    "Votre jeton est valide, mais il n'ouvre pas droit à cette ressource.",
    "token",
)
TOO_MANY_REQUESTS = Problem("00429", "Trop de requêtes", "Vous avez effectué trop de requêtes cette minute.")
UNPROCESSABLE = "Entité non traitable"
SIRET_MALFORMED = Problem("00302", UNPROCESSABLE, "Le numéro de siret n'est pas correctement formatté", "siret")
RECIPIENT_MALFORMED = Problem(
    "00210", UNPROCESSABLE, "Le paramètre recipient n'est pas un numéro de siret valide", "recipient"
)
SIREN_MALFORMED = Problem("00301", UNPROCESSABLE, "Le numéro de siren n'est pas correctement formaté", "siren")
NDA_MALFORMED = Problem(
    "00303", UNPROCESSABLE, "Le numéro de déclaration est vide, trop long ou porte un caractère de contrôle", "nda"
)
UAI_MALFORMED = Problem("00304", UNPROCESSABLE, "Le code UAI n'est pas correctement formaté", "uai")
CODE_MALFORMED = Problem(
    "00305", UNPROCESSABLE, "Le code de certification n'est pas de la forme RNCP1234 ou RS1234", "code"
)
DATE_MALFORMED = Problem("00306", UNPROCESSABLE, "Le paramètre date n'est pas une date de la forme AAAA-MM-JJ", "date")
DATE_TO_COME = Problem("00306", UNPROCESSABLE, "Le paramètre date est un jour à venir", "date")
ROLE_MALFORMED = Problem("00307", UNPROCESSABLE, "Le paramètre role doit valoir former ou organiser", "role")
CURSOR_MALFORMED = Problem(
    "00309", UNPROCESSABLE, "Le paramètre curseur n'est pas celui d'une réponse précédente", "curseur"
)
ANOMALY_MALFORMED = Problem(
    "00313", UNPROCESSABLE, "L'identifiant d'anomalie n'est pas de 32 chiffres hexadécimaux en minuscules", "id"
)
ANOMALY_CODE_UNKNOWN = Problem("00314", UNPROCESSABLE, "Le paramètre code n'est pas un code d'anomalie", "code")
SEVERITY_UNKNOWN = Problem(
    "00315", UNPROCESSABLE, "Le paramètre severite doit valoir critique, majeure, mineure ou info", "severite"
)
REGION_UNKNOWN = Problem("00316", UNPROCESSABLE, "Le paramètre region n'est pas le code Insee d'une région", "region")
STATE_UNKNOWN = Problem("00317", UNPROCESSABLE, "Le paramètre etat doit valoir ouverte ou resolue", "etat")
SINCE_MALFORMED = Problem(
    "00306", UNPROCESSABLE, "Le paramètre depuis n'est pas une date de la forme AAAA-MM-JJ", "depuis"
)
REGION_CLOSED = Problem(
    "00100", "Privilèges insuffisants", "Votre jeton n'ouvre pas droit aux anomalies de cette région.", "region"
)
ANOMALY_UNKNOWN = Problem(
    "33003",
    "Entité non trouvée",
    "Aucune anomalie ouverte à votre jeton ne porte cet identifiant.",
    meta={**PROVIDER, "raison": "inconnu"},
)
NEVER_RECONCILED = Problem(
    "33020", "Maintenance", "Les sources n'ont encore jamais été rapprochées. Réessayez plus tard.", meta=PROVIDER
)
UNREADABLE_BODY = Problem("00400", "Corps illisible", "Le corps de la requête n'est pas du JSON en UTF-8.")
UNKNOWN_ROUTE = Problem("00404", "Route inconnue", "Cette route n'existe pas.")
WRONG_METHOD = Problem(
    "00405", "Méthode non autorisée", "Cette route n'accepte pas cette méthode : voir l'en-tête Allow."
)
TOO_LARGE = Problem("00413", "Requête trop volumineuse", "Le corps de la requête est trop volumineux.")
TOO_LARGE_TOGETHER = Problem(
    "00413", "Réponse trop volumineuse", "Cette réponse est trop volumineuse pour un lot : demandez ce siret seul."
)
WRONG_MEDIA_TYPE = Problem(
    "00415", "Type de contenu non pris en charge", "Le corps de la requête s'envoie en application/json."
)
UNKNOWN_SIRET = Problem(
    "33003",
    "Entité non trouvée",
    "Ce siret n'est pas connu, ou ne comporte aucune information pour cet appel.",
    meta={**PROVIDER, "raison": "inconnu"},
)
OUT_OF_PERIMETER = Problem(
    "33003",
    "Entité non trouvée",
    "Cet établissement est hors du périmètre de l'API : l'absence de réponse ne dit rien de ses certifications.",
    meta={**PROVIDER, "raison": "hors_perimetre"},
)
NO_ESTABLISHMENT = Problem(
    "33003",
    "Entité non trouvée",
    "Aucun établissement publié ne porte cet identifiant : il est inconnu, ou hors du périmètre de l'API.",
    meta={**PROVIDER, "raison": "inconnu_ou_hors_perimetre"},
)
NO_ACTIVE_HABILITATION = Problem(
    "33003",
    "Entité non trouvée",
    "Aucun établissement publié n'est habilité aujourd'hui pour cette certification, ou elle est inconnue.",
    meta={**PROVIDER, "raison": "sans_habilitation_active"},
)
BEFORE_HISTORY = Problem(
    "33003",
    "Entité non trouvée",
    "L'historique ne remonte pas jusqu'à ce jour : l'absence de réponse ne dit rien de cet établissement.",
    meta={**PROVIDER, "raison": "hors_historique"},
)
NOTHING_PUBLISHED = Problem(
    "33020", "Maintenance", "Aucune donnée n'a encore été publiée. Réessayez plus tard.", meta=PROVIDER
)
EXPORTS_MISSING = Problem(
    "33020",
    "Maintenance",
    "Les exports de la publication en cours ne sont pas disponibles. Réessayez plus tard.",
    meta=PROVIDER,
)
STORE_FAILED = Problem(
    "33999",
    "Erreur inconnue du fournisseur de données",
    "Les données n'ont pas pu être lues. Réessayez plus tard.",
    meta=PROVIDER,
)
STORE_TIMED_OUT = Problem(
    "33002",
    "Intermédiaire hors-délai",
    "Temps d'attente d'une réponse du fournisseur de données écoulé.",
    meta=PROVIDER,
)


def missing_parameter(name: str) -> Problem:
    """A parameter of API Entreprise's contract that is missing or blank."""
    code = {"context": "00201", "object": "00202", "recipient": "00203"}[name]
    return Problem(code, UNPROCESSABLE, f"Le paramètre {name} est obligatoire", name)


def unknown_parameter(name: str) -> Problem:
    """A parameter that the resource does not accept."""
    return Problem("00310", UNPROCESSABLE, f"Le paramètre « {name[:50]} » n'existe pas pour cette route", name[:50])


def repeated_parameter(name: str) -> Problem:
    """A parameter that is given several times."""
    return Problem("00311", UNPROCESSABLE, f"Le paramètre « {name[:50]} » est donné plusieurs fois", name[:50])


def limit_malformed(largest: int) -> Problem:
    """A page size that is not a number from 1 to the largest."""
    return Problem("00308", UNPROCESSABLE, f"Le paramètre limite doit être un nombre entier de 1 à {largest}", "limite")


def sirets_malformed(why: str) -> Problem:
    """The list of SIRETs of a batch is wrong."""
    return Problem("00312", UNPROCESSABLE, f"Le champ sirets {why}", "sirets")


def step_malformed(field: str | None, why: str) -> Problem:
    """A field of a follow-up step is wrong, or the whole body when the field is None."""
    what = f"Le champ « {field} »" if field else "Le corps"
    return Problem("00318", UNPROCESSABLE, f"{what} {why}", field)


def outdated(version: int) -> Problem:
    """A follow-up step that another one preceded; `version` is the present one."""
    detail = "Le suivi de cette anomalie a changé depuis que vous l'avez lu : relisez-le avant de l'avancer."
    return Problem("00409", "Conflit", detail, "version", {"version": version})


def evidence_changed(event: str) -> Problem:
    """A follow-up step about evidence that has changed; `event` is the anomaly's last one."""
    detail = "Cette anomalie a changé depuis que vous l'avez lue : relisez-la avant d'avancer son suivi."
    return Problem("00409", "Conflit", detail, "evenement", {"evenement": event})

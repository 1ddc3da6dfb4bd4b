"""The operation of each resource: its texts, parameters, answers and links."""

from dataclasses import dataclass, field

from pydantic import BaseModel
from quiforme.errors import Problem, repeated_parameter, sirets_malformed, step_malformed, unknown_parameter

from tools.openapi.description import bodies, parameters, refusals
from tools.openapi.description.parameters import Parameter
from tools.openapi.description.refusals import Refusal

UNDESCRIBED = {"/docs/{fichier}": "the parts of the page at /docs, for its own use"}

TAGS = {
    "API Entreprise": "La ressource d'API Entreprise v3, à l'identique.",
    "Établissements": "Ce que Quiforme publie d'un établissement, aujourd'hui et avant.",
    "Identifiants": "Qui se trouve derrière un identifiant.",
    "Anomalies": "Ce que les sources ont d'incohérent, et le suivi qu'en font les équipes régionales.",
    "Exports": "Tout à la fois.",
    "Quiforme brut": "Le format d'origine, pour le connecteur d'API Entreprise.",
    "Service": "L'état du service et sa description, ouverts à tous.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link from an answer to another operation.

    Attributes:
        operation: The other operation's id.
        description: In French.
        parameters: A runtime expression for each parameter, which takes its value from this call or its answer.

    """

    operation: str
    description: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """The one method of a resource.

    Attributes:
        id: The operationId.
        tag: One of TAGS.
        summary: A few words, in French.
        description: What it answers, from which sources, and its limits, in French.
        found: The model of a 200's body; a media type when the body is not JSON.
        found_text: The description of a 200, in French.
        parameters: Its parameters.
        refusals: Its refusals besides those of its access and its parameters.
        ours: Whether it is one of our own resources, which refuse unknown parameters.
        revalidated: Whether a 200 has an ETag, so that a 304 is possible.
        body: The model of the call's body; None without one.
        body_problems: The errors of a wrong body.
        links: The links of a 200, by name.
        also: Other statuses, each with its description and its model.

    """

    id: str
    tag: str
    summary: str
    description: str
    found: type[BaseModel] | str
    found_text: str
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    ours: bool = False
    revalidated: bool = True
    body: type[BaseModel] | None = None
    body_problems: tuple[Problem, ...] = ()
    links: dict[str, Link] = field(default_factory=dict)
    also: dict[int, tuple[str, type[BaseModel]]] = field(default_factory=dict)

    def unprocessable(self) -> tuple[Refusal, ...]:
        """The 422 of wrong parameters, if the operation has parameters that can be wrong."""
        problems = [problem for parameter in self.parameters for problem in parameter.problems]
        if self.ours:
            problems += [unknown_parameter("…"), repeated_parameter("…")]
        problems += self.body_problems
        text = "Un paramètre au moins est faux ; toutes les raisons sont données à la fois."
        return (Refusal(422, text, tuple(problems), counted=True),) if problems else ()


_STORE = (refusals.STORE_FAILED, refusals.NOTHING_PUBLISHED, refusals.STORE_TIMED_OUT)
_GATEWAY = (refusals.STORE_FAILED, refusals.STORE_TIMED_OUT)
_DOCUMENT_LIMITS = (
    "Sources : la liste publique des organismes de formation (DGEFP), les fiches RNCP et RS (France compétences), "
    "Sirene (Insee), l'annuaire de l'éducation et le référentiel de l'Onisep, relues chaque matin ; `meta.sources` dit "
    "le jour de chacune. Les établissements privés hors contrat et les lycées agricoles peuvent être exclus : un 404 dit "
    "alors `hors_perimetre`, ce qui n'est pas « non certifié »."
)
_AGENTS = "La portée `anomalies` est demandée."
_HISTORY = Link("lireHistorique", "L'histoire de ce document.", {"siret": "$response.body#/data/siret"})
_FROM_DOCUMENT = {
    "historique": _HISTORY,
    "declaration": Link(
        "listerEtablissementsDeDeclaration",
        "Les établissements de sa première déclaration.",
        {"nda": "$response.body#/data/declarations_activites_etablissement/0/numero_de_declaration"},
    ),
    "certification": Link(
        "listerEtablissementsDeCertification",
        "Les établissements habilités pour sa première certification.",
        {"code": "$response.body#/data/habilitations_france_competence/0/code"},
    ),
    "uai": Link(
        "listerEtablissementsDeUai", "Les établissements de son code UAI.", {"uai": "$response.body#/data/code_uai"}
    ),
}
_TO_DOCUMENT = Link(
    "lireEtablissement", "Le document du premier établissement.", {"siret": "$response.body#/data/0/siret"}
)


def _listing(
    operation: str, summary: str, description: str, found: type[BaseModel], parameter: Parameter, *more: Parameter
) -> Operation:
    """The operation that lists the establishments of an identifier."""
    following = {parameter.name: f"$request.path.{parameter.name}", "curseur": "$response.body#/meta/curseur"}
    return Operation(
        operation,
        "Identifiants",
        summary,
        f"{description} Par pages : suivre `links.next`, relatif à l'adresse appelée, jusqu'à ce qu'il soit null. Toutes "
        "les pages d'un parcours lisent la même publication. Seuls les établissements publiés y sont : ceux qui sont hors "
        "du périmètre n'y sont pas.",
        found,
        "Une page d'établissements.",
        (parameter, *more, parameters.LIMIT, parameters.CURSOR, *parameters.OPTIONAL_TRACE, parameters.IF_NONE_MATCH),
        (refusals.NOBODY, *_STORE),
        ours=True,
        links={
            "etablissement": _TO_DOCUMENT,
            "suite": Link(operation, "La page suivante.", following),
        },
    )


OPERATIONS: dict[str, Operation] = {
    "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences": Operation(
        "lireCertifications",
        "API Entreprise",
        "Qualiopi et habilitations France compétences d'un établissement",
        "Déclarations d'activité, certification Qualiopi et habilitations RNCP et RS d'un établissement, au format d'API "
        f"Entreprise v3. Les paramètres inconnus y sont ignorés. {_DOCUMENT_LIMITS}",
        bodies.ReponseDocument,
        "Le document de l'établissement.",
        (parameters.SIRET, *parameters.TRACE, parameters.IF_NONE_MATCH),
        (refusals.NO_DOCUMENT, *_STORE),
        links=_FROM_DOCUMENT,
    ),
    "/v1/etablissements/{siret}": Operation(
        "lireEtablissement",
        "Établissements",
        "Document d'un établissement, aujourd'hui ou à un jour passé",
        "Le même document que la ressource d'API Entreprise. Avec `date`, ce qui était publié à la fin de ce jour : de quoi "
        "savoir si l'organisme était certifié quand la formation a été payée. L'historique commence au premier jour de "
        f"publication de ce service et se conserve dix ans par défaut. {_DOCUMENT_LIMITS}",
        bodies.ReponseDocument,
        "Le document de l'établissement.",
        (parameters.SIRET, parameters.DATE, *parameters.OPTIONAL_TRACE, parameters.IF_NONE_MATCH),
        (refusals.NO_DOCUMENT_THAT_DAY, *_STORE),
        ours=True,
        links=_FROM_DOCUMENT,
    ),
    "/v1/etablissements/{siret}/historique": Operation(
        "lireHistorique",
        "Établissements",
        "Histoire du document d'un établissement",
        "Chaque changement du document et de son état dans Sirene, du plus récent au plus ancien, avec ce qui a changé. "
        "Par pages : suivre `links.next`. Une page peut compter moins d'entrées que demandé, ou aucune, sans être la "
        "dernière : les versions qui ne changent que l'intitulé d'une fiche ne sont pas racontées.",
        bodies.ReponseHistorique,
        "Une page d'histoire.",
        (
            parameters.SIRET,
            parameters.LIMIT_OF_HISTORY,
            parameters.CURSOR,
            *parameters.OPTIONAL_TRACE,
            parameters.IF_NONE_MATCH,
        ),
        (refusals.NO_HISTORY, *_STORE),
        ours=True,
        links={
            "etablissement": Link("lireEtablissement", "Le document.", {"siret": "$request.path.siret"}),
            "ce_jour_la": Link(
                "lireEtablissement",
                "Le document au jour du dernier changement.",
                {"siret": "$request.path.siret", "date": "$response.body#/data/0/jour"},
            ),
            "suite": Link(
                "lireHistorique",
                "La page suivante.",
                {"siret": "$request.path.siret", "curseur": "$response.body#/meta/curseur"},
            ),
        },
    ),
    "/v1/etablissements/recherche": Operation(
        "rechercherEtablissements",
        "Établissements",
        "Documents de plusieurs établissements",
        "Jusqu'à cent SIRET en un appel, qui ne compte que pour un. Chaque entrée a son propre statut : un SIRET inconnu ne "
        f"gâte pas les autres. {_DOCUMENT_LIMITS}",
        bodies.ReponseRecherche,
        "Une entrée par SIRET demandé, dans le même ordre.",
        parameters.OPTIONAL_TRACE,
        (refusals.UNREADABLE, refusals.TOO_LARGE, refusals.WRONG_MEDIA_TYPE, *_STORE),
        ours=True,
        body=bodies.Recherche,
        body_problems=(sirets_malformed("…"),),
    ),
    "/v1/unites-legales/{siren}/etablissements": _listing(
        "listerEtablissementsDUniteLegale",
        "Établissements d'une unité légale",
        "Les établissements publiés d'une unité légale.",
        bodies.ReponseListe,
        parameters.SIREN,
    ),
    "/v1/declarations/{nda}/etablissements": _listing(
        "listerEtablissementsDeDeclaration",
        "Établissements d'une déclaration d'activité",
        "Les établissements qui portent une déclaration, active ou non.",
        bodies.ReponseListeNda,
        parameters.NDA,
    ),
    "/v1/uai/{uai}/etablissements": _listing(
        "listerEtablissementsDeUai",
        "Établissements d'un code UAI",
        "Les établissements que désigne un code UAI.",
        bodies.ReponseListe,
        parameters.UAI,
    ),
    "/v1/certifications/{code}/etablissements": _listing(
        "listerEtablissementsDeCertification",
        "Établissements habilités pour une certification",
        "Les établissements dont l'habilitation est active, pour former, pour organiser l'évaluation, ou les deux.",
        bodies.ReponseListeCertification,
        parameters.CODE,
        parameters.ROLE,
    ),
    "/v1/anomalies": Operation(
        "listerAnomalies",
        "Anomalies",
        "Anomalies à suivre",
        "Les anomalies des régions du jeton, ou de tout le pays quand il n'en nomme aucune : les ouvertes d'abord, région par "
        "région, la dernière évolution la première. Par pages : suivre `links.next`. Une anomalie qui évolue pendant un "
        f"parcours peut y paraître deux fois, ou pas. {_AGENTS}",
        bodies.ReponseAnomalies,
        "Une page d'anomalies.",
        (
            parameters.ANOMALY_CODE,
            parameters.SEVERITY,
            parameters.REGION,
            parameters.STATE,
            parameters.SINCE,
            parameters.LIMIT_OF_ANOMALIES,
            parameters.SHELF_CURSOR,
            *parameters.OPTIONAL_TRACE,
            parameters.IF_NONE_MATCH,
        ),
        (refusals.REGION_CLOSED, *_GATEWAY),
        ours=True,
        links={
            "anomalie": Link("lireAnomalie", "La première anomalie.", {"id": "$response.body#/data/0/id"}),
            "suite": Link("listerAnomalies", "La page suivante.", {"curseur": "$response.body#/meta/curseur"}),
        },
    ),
    "/v1/anomalies/statistiques": Operation(
        "lireStatistiques",
        "Anomalies",
        "Anomalies par région et par règle",
        "Combien sont ouvertes et depuis quand, combien se sont résolues et en combien de temps, au dernier rapprochement. "
        f"{_AGENTS}",
        bodies.ReponseStatistiques,
        "Les statistiques.",
        (parameters.ANOMALY_CODE, parameters.REGION, *parameters.OPTIONAL_TRACE, parameters.IF_NONE_MATCH),
        (refusals.REGION_CLOSED, refusals.STORE_FAILED, refusals.NEVER_RECONCILED, refusals.STORE_TIMED_OUT),
        ours=True,
    ),
    "/v1/anomalies/{id}": Operation(
        "lireAnomalie",
        "Anomalies",
        "Une anomalie et toute son histoire",
        f"L'anomalie, tout ce qui lui est arrivé et tout ce que les agents en ont fait. {_AGENTS}",
        bodies.ReponseAnomalie,
        "L'anomalie.",
        (parameters.ANOMALY, *parameters.OPTIONAL_TRACE, parameters.IF_NONE_MATCH),
        (refusals.NO_ANOMALY, *_GATEWAY),
        ours=True,
        links={
            "etablissement": Link("lireEtablissement", "Son établissement.", {"siret": "$response.body#/data/siret"}),
        },
    ),
    "/v1/anomalies/{id}/suivi": Operation(
        "suivreAnomalie",
        "Anomalies",
        "Avancer le suivi d'une anomalie",
        "Dire ce qui a été fait : l'établissement est contacté, il confirme, il a fait corriger la source, ou l'anomalie est "
        "classée avec un motif. Une anomalie classée reste silencieuse tant que ses constats restent les mêmes. `version` "
        "est celle du suivi affiché : si quelqu'un l'a avancé entre-temps, 409. Le même appel répété ne change rien de plus. "
        f"{_AGENTS}",
        bodies.ReponseAnomalie,
        "L'anomalie, son suivi avancé.",
        (parameters.ANOMALY, *parameters.OPTIONAL_TRACE),
        (
            refusals.UNREADABLE,
            refusals.NO_ANOMALY,
            refusals.OUTDATED,
            refusals.TOO_LARGE,
            refusals.WRONG_MEDIA_TYPE,
            *_GATEWAY,
        ),
        ours=True,
        body=bodies.EtapeDeSuivi,
        body_problems=(step_malformed(None, "…"),),
    ),
    "/v1/exports": Operation(
        "lireExports",
        "Exports",
        "Liens vers tous les documents",
        "Des liens, valables dix minutes, vers les exports complets de la publication en cours, en NDJSON, CSV et Parquet. "
        "Les identités qui ne sont pas diffusibles y sont masquées, quel que soit le jeton. La portée `exports` est demandée.",
        bodies.ReponseExports,
        "Les fichiers et leurs liens.",
        parameters.OPTIONAL_TRACE,
        (refusals.STORE_FAILED, refusals.NO_EXPORTS, refusals.STORE_TIMED_OUT),
        ours=True,
        revalidated=False,
    ),
    "/organisme/{siret}": Operation(
        "lireOrganisme",
        "Quiforme brut",
        "Établissement au format Quiforme brut",
        "Pour le seul connecteur d'API Entreprise, avec son secret. Un SIRET inconnu, exclu ou mal formé répond 200 et le "
        "squelette, où tout est null ; les paramètres y sont ignorés. Les déclarations inactives n'y sont pas. Ce que nos "
        "sources ne disent pas (APE, catégorie juridique, adresse Insee…) y est null.",
        bodies.ReponseBrute,
        "L'établissement, ou le squelette.",
        (parameters.ANY_SIRET, parameters.IF_NONE_MATCH),
        _STORE,
    ),
    "/v1/etat": Operation(
        "lireEtat",
        "Service",
        "Publication en cours et état des sources",
        "La publication en cours, son jour, et pour chaque source le jour de ses données et ce que la dernière mise à jour "
        "en a fait. Quand une mise à jour est retenue parce qu'elle ferait perdre trop de choses à la fois, ce qu'elle "
        "ferait perdre.",
        bodies.ReponseEtat,
        "L'état du service.",
        (*parameters.OPTIONAL_TRACE, parameters.IF_NONE_MATCH),
        _STORE,
        ours=True,
    ),
    "/ping/carif_oref/qualiopi": Operation(
        "lirePing",
        "Service",
        "Santé du service",
        "Une vraie lecture des données est faite à chaque appel.",
        bodies.Ping,
        "Les documents se lisent.",
        (),
        (refusals.STORE_TIMED_OUT,),
        revalidated=False,
        also={502: ("Les documents ne se lisent pas.", bodies.Ping)},
    ),
    "/openapi.json": Operation(
        "lireDescription",
        "Service",
        "Cette description",
        "La description de l'API en OpenAPI 3.1.",
        bodies.Description,
        "La description.",
        (parameters.IF_NONE_MATCH,),
        _GATEWAY,
    ),
    "/docs": Operation(
        "lireDocumentation",
        "Service",
        "Documentation interactive",
        "Une page qui montre cette description et permet d'essayer l'API. Elle ne charge rien d'un autre site.",
        "text/html",
        "La page.",
        (parameters.IF_NONE_MATCH,),
        _GATEWAY,
    ),
}

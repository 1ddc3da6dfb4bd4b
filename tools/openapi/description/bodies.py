"""What the answers are made of.

The docstrings of the models and of their fields are the description that callers read: they are French.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema
from quiforme.api import anomalies, follow_up_step, raw_quiforme
from quiforme.api.establishments import LARGEST_BATCH
from quiforme.pipeline.document_fields import DOCUMENT, Group, Kind, Object, Objects
from quiforme.pipeline.document_fields import Field as DocumentField

Siret = Annotated[str, Field(pattern="^[0-9]{14}$")]
Uai = Annotated[str, Field(pattern="^[0-9]{7}[A-Z]$")]
Fiche = Annotated[str, Field(pattern="^(RNCP|RS)[0-9]{1,9}$")]
Jour = date
Generation = Annotated[int, Field(ge=1)]

OPEN_LIST = "x-liste-ouverte"
"""Marks an enumeration that may grow: callers are told to expect values that they do not know."""


class _Ouvert(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class _Ferme(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")


# --- the document -------------------------------------------------------------------------------------------


def _closed(group: Group) -> type[_Ferme]:
    """The model of an object of the document; the same model for the same name."""
    if group.schema not in _MODELS:
        fields: dict[str, Any] = {member.name: _annotation(member) for member in group.members}
        _MODELS[group.schema] = create_model(group.schema, __base__=_Ferme, __doc__=group.description, **fields)
    return _MODELS[group.schema]


def _annotation(member: DocumentField | Object | Objects) -> tuple[Any, Any]:
    described = Field(description=member.description or None)
    match member:
        case DocumentField():
            kind = _KINDS[member.kind]
            return (kind | None if member.nullable else kind), described
        case Object():
            return _closed(member.group), described
        case Objects():
            return list[_closed(member.group)], described  # type: ignore[misc]  # a model made at run time


_MODELS: dict[str, type[_Ferme]] = {}
_KINDS: dict[Kind, Any] = {
    "text": str,
    "siret": Siret,
    "uai": Uai,
    "fiche": Fiche,
    "date": Jour,
    "boolean": bool,
    "list of siret": list[Siret],
}
Document = _closed(DOCUMENT)


# --- what goes beside it ------------------------------------------------------------------------------------


class Liens(_Ouvert):
    """Aucun lien n'est donné pour cette ressource."""


class Version(_Ouvert):
    """Depuis quand ce document dit ce qu'il dit."""

    generation: Generation
    """Publication qui a écrit cette version du document."""
    jour: Jour
    """Jour de cette publication."""


class Adresse(_Ouvert):
    """Adresse donnée par la liste publique des organismes de formation pour ce SIRET, sinon par Sirene."""

    voie: str | None
    """Numéro et voie."""
    code_postal: str | None
    """Code postal."""
    ville: str | None
    """Commune."""


class NomsUniteLegale(_Ouvert):
    """Les noms de l'unité légale, selon Sirene."""

    denomination: str | None
    """Dénomination, ou prénom usuel et nom d'une personne physique."""
    sigle: str | None
    """Sigle."""
    pseudonyme: str | None
    """Pseudonyme d'une personne physique."""
    nom_commercial: str | None
    """Dénomination usuelle."""


class AdresseInsee(_Ouvert):
    """L'adresse de l'établissement dans Sirene, élément par élément, avec les abréviations de l'Insee."""

    complement_adresse: str | None
    """Bâtiment, escalier, résidence…"""
    numero_voie: str | None
    """Numéro dans la voie."""
    indice_repetition: str | None
    """B pour bis, T pour ter…"""
    type_voie: str | None
    """RUE, AV, BD…"""
    libelle_voie: str | None
    """Nom de la voie."""
    distribution_speciale: str | None
    """Boîte postale…"""
    code_postal: str | None
    """Code postal."""
    libelle_commune: str | None
    """Nom de la commune ; null à l'étranger."""
    code_cedex: str | None
    """Code cedex."""
    libelle_cedex: str | None
    """Bureau distributeur cedex."""
    libelle_commune_etranger: str | None
    """Commune d'une adresse à l'étranger."""
    libelle_pays_etranger: str | None
    """Pays d'une adresse à l'étranger."""


class AdresseBan(_Ouvert):
    """Le lieu que le géocodeur a trouvé dans la Base adresse nationale pour l'adresse de la liste publique."""

    libelle: str | None
    """Adresse trouvée, sur une ligne."""
    score: float
    """De 0 à 1 : à quel point le lieu trouvé ressemble à l'adresse demandée. Sous 0,5, ne pas s'y fier."""
    code_commune: str | None
    """Code Insee de la commune."""
    type: str | None
    """`housenumber`, `street`, `locality` ou `municipality` : jusqu'où l'adresse a été reconnue."""
    nom: str | None
    """Numéro et voie, ou lieu-dit."""
    numero: str | None
    """Numéro dans la voie."""
    voie: str | None
    """Nom de la voie."""
    code_postal: str | None
    """Code postal."""
    commune: str | None
    """Nom de la commune."""
    contexte: str | None
    """Numéro et nom du département, région."""
    id: str | None
    """Identifiant dans la Base adresse nationale."""
    latitude: str | None
    """Latitude, en degrés décimaux."""
    longitude: str | None
    """Longitude, en degrés décimaux."""


Masque = Literal["[ND]"]


class Etablissement(_Ouvert):
    """Qui est l'établissement, selon la liste publique, Sirene et les fiches.

    Quand il s'oppose à la diffusion de ses données et que le jeton n'a pas la portée `non_diffusibles`, ses noms et ses adresses
    valent « [ND] », même inconnus. Les champs absents d'une version enregistrée avant qu'ils existent ne s'y trouvent pas.
    """

    denomination: str | None
    """Dénomination, ou prénom et nom d'une personne physique ; null quand elle n'est pas connue. `source_identite` dit d'où elle
    vient."""
    enseigne: str | None = Field(default=None)
    """Enseigne, sinon dénomination usuelle de l'établissement, selon Sirene ; null quand il n'en a pas."""
    adresse: Adresse | Masque | None
    """Adresse ; null quand elle n'est pas connue."""
    code_commune: str | None = Field(default=None)
    """Code Insee de sa commune, selon Sirene ; null quand il n'est pas connu."""
    unite_legale: NomsUniteLegale | Masque | None = Field(default=None)
    """Noms de son unité légale ; null quand Sirene n'en donne aucun."""
    adresse_insee: AdresseInsee | Masque | None = Field(default=None)
    """Son adresse dans Sirene ; null quand Sirene n'en donne pas."""
    adresse_ban: AdresseBan | Masque | None = Field(default=None)
    """Où le géocodeur place l'adresse de la liste publique ; null quand elle n'y figure pas ou n'est pas trouvée."""
    etat_administratif: Literal["A", "F"] | None
    """A : en activité, F : fermé, selon Sirene ; null quand Sirene ne connaît pas ce SIRET."""
    date_fermeture: Jour | None
    """Jour de la fermeture ; null quand l'établissement n'est pas fermé. C'est le premier jour de la dernière suite de périodes
    fermées quand l'API Sirene l'a donné ; sinon le début de la période en cours dans le stock mensuel, qu'une correction
    postérieure à la fermeture peut avoir déplacé."""
    siret_successeur: Siret | None
    """SIRET qui a pris la suite, selon Sirene ; null quand aucun n'est connu."""
    diffusion_partielle: bool | None
    """Vrai quand l'établissement s'oppose à la diffusion de ses données ; null quand Sirene ne le connaît pas."""
    activite_principale: str | None = Field(default=None)
    """Activité principale de l'établissement (APE), par exemple `85.59A` ; null quand Sirene ne la donne pas."""
    categorie_juridique: str | None = Field(default=None)
    """Catégorie juridique de l'unité légale, code à quatre chiffres de l'Insee ; null quand elle n'est pas connue."""
    activite_principale_unite_legale: str | None = Field(default=None)
    """Activité principale de l'unité légale ; null quand elle n'est pas connue."""
    siege: bool | None = Field(default=None)
    """Vrai quand l'établissement est le siège de l'unité légale ; null quand Sirene ne le connaît pas."""
    siret_siege: Siret | None = Field(default=None)
    """SIRET du siège de l'unité légale ; null quand il n'est pas connu."""
    date_creation: Jour | None = Field(default=None)
    """Création de l'établissement ; null quand Sirene ne la donne pas."""
    source_identite: Annotated[
        Literal["liste_of", "sirene", "rncp", "rs"] | None, Field(json_schema_extra={OPEN_LIST: True})
    ] = Field(default=None)
    """D'où vient la dénomination : la liste publique, Sirene, une fiche du RNCP ou du RS ; null quand elle n'est pas connue."""


Role = Annotated[Literal["partenaire", "certificateur"], Field(json_schema_extra={OPEN_LIST: True})]


class FicheDetaillee(_Ouvert):
    """Une habilitation et sa fiche, selon France compétences.

    Les champs absents d'une version enregistrée avant qu'ils existent ne s'y trouvent pas.
    """

    intitule: str | None
    """Intitulé de la certification."""
    niveau: str | None
    """Niveau de qualification ; null quand la fiche n'en a pas."""
    remplacee_par: list[str]
    """Codes des fiches qui la remplacent."""
    type_enregistrement: str | None = Field(default=None)
    """`de droit` (diplômes et titres de l'État) ou `sur demande` ; null quand la fiche ne le dit pas."""
    date_effet: Jour | None = Field(default=None)
    """Jour où l'enregistrement prend effet ; null quand la fiche ne le donne pas : c'est le cas des fiches sur demande."""
    date_limite_delivrance: Jour | None = Field(default=None)
    """Dernier jour où la certification peut être délivrée après la fin de l'enregistrement ; null quand la fiche ne le donne
    pas, ce qui ne veut pas dire qu'il n'y en a pas."""
    role: list[Role] = Field(default_factory=list)
    """À quel titre l'établissement est habilité : `partenaire`, `certificateur`, ou les deux. Mon Compte Formation demande à un
    certificateur qui forme d'être aussi partenaire de sa fiche."""
    etat_depuis: Jour | None = Field(default=None)
    """Dernier changement d'état des lignes qui comptent (l'habilitation est active, ou inactive, depuis) ; null quand France
    compétences ne le donne pas."""


class MetaDocument(_Ouvert):
    """Ce qui accompagne un document. D'autres champs peuvent s'y ajouter."""

    generation: Generation
    """Publication lue."""
    jour: Jour
    """Jour de la dernière mise à jour quotidienne que cette publication reflète."""
    version: Version
    sources: dict[str, Jour]
    """Pour chaque source utilisée, le jour de ses données."""
    etablissement: Etablissement
    habilitations: dict[str, FicheDetaillee]
    """Pour chaque habilitation du document, sa fiche."""


class ReponseDocument(_Ouvert):
    """Le document d'un établissement."""

    data: Document  # type: ignore[valid-type]  # made from the fields of the document
    links: Liens
    meta: MetaDocument


# --- history ------------------------------------------------------------------------------------------------


class Changement(_Ouvert):
    """Un endroit du document où la valeur a changé."""

    chemin: str
    """Où : champs séparés par des points ; dans une liste, l'entrée est nommée par son NDA ou son code de fiche."""
    avant: Any
    """Valeur d'avant ; null quand il n'y en avait pas."""
    apres: Any
    """Valeur d'après ; null quand il n'y en a plus."""


class Evenement(_Ouvert):
    """Une nouvelle version du document."""

    jour: Jour
    """Jour de la publication."""
    generation: Generation
    """Publication qui a écrit cette version."""
    nature: Annotated[
        Literal["publication", "modification", "retrait", "hors_perimetre", "premiere_version_conservee"],
        Field(json_schema_extra={OPEN_LIST: True}),
    ]
    """`publication` : le document paraît ; `modification` : il change ; `retrait` : il n'y en a plus ;
    `hors_perimetre` : l'établissement est exclu ; `premiere_version_conservee` : ce qui précède n'est plus
    conservé."""
    changements: list[Changement]
    """Ce qui a changé ; vide quand la nature suffit à le dire."""


class LiensDePage(_Ouvert):
    """Où aller ensuite."""

    next: str | None
    """Adresse de la page suivante, relative à celle-ci ; null à la dernière page."""


class MetaHistorique(_Ouvert):
    """Ce qui accompagne une page d'historique."""

    curseur: str | None
    """Curseur de la page suivante ; null à la dernière page."""


class ReponseHistorique(_Ouvert):
    """L'histoire d'un document, de la version la plus récente à la plus ancienne."""

    data: list[Evenement]
    links: LiensDePage
    meta: MetaHistorique


# --- errors -------------------------------------------------------------------------------------------------


class Origine(_Ouvert):
    """Ce qui est en cause."""

    parameter: str
    """Nom du paramètre."""


class Erreur(_Ouvert):
    """Une raison du refus."""

    code: str
    """Code de l'erreur : avec le statut HTTP, c'est ce sur quoi un programme peut se régler."""
    title: str
    """Titre de l'erreur."""
    detail: str
    """Explication, pour une personne ; son texte peut changer."""
    source: Origine | None
    """Ce qui est en cause ; null quand ce n'est pas un paramètre."""
    meta: dict[str, Any]
    """Précisions, dont `raison` quand rien n'est trouvé : `inconnu`, `hors_perimetre`, `hors_historique`…"""


class Erreurs(_Ouvert):
    """Pourquoi un appel est refusé ; plusieurs paramètres faux font plusieurs entrées."""

    errors: Annotated[list[Erreur], Field(min_length=1)]


# --- several at once ----------------------------------------------------------------------------------------


class Recherche(_Ferme):
    """Les établissements demandés."""

    sirets: Annotated[list[str], Field(min_length=1, max_length=LARGEST_BATCH)]
    """De un à cent numéros de SIRET. Un numéro mal formé ou inconnu a sa propre erreur et ne gâte pas
    les autres."""


class EntreeTrouvee(_Ouvert):
    """Un établissement trouvé."""

    siret: Siret
    """SIRET demandé."""
    status: Literal[200]
    """Ce que l'appel pour ce seul SIRET aurait répondu."""
    data: Document  # type: ignore[valid-type]  # made from the fields of the document
    links: Liens
    meta: MetaDocument


class EntreeRefusee(_Ouvert):
    """Un établissement dont le document n'est pas donné."""

    siret: str
    """Numéro demandé, coupé à cinquante caractères."""
    status: Literal[404, 413, 422]
    """404 : rien de publié ; 413 : document à demander seul, le lot étant trop volumineux ; 422 : numéro mal formé."""
    errors: list[Erreur]


class MetaPublication(_Ouvert):
    """La publication lue."""

    generation: Generation
    """Son numéro."""
    jour: Jour
    """Jour de la dernière mise à jour quotidienne qu'elle reflète."""


class ReponseRecherche(_Ouvert):
    """Une entrée par SIRET demandé, dans le même ordre."""

    data: list[EntreeTrouvee | EntreeRefusee]
    links: Liens
    meta: MetaPublication


# --- who is behind an identifier ----------------------------------------------------------------------------


class Porteur(_Ouvert):
    """Un établissement publié."""

    siret: Siret
    """Son SIRET."""


class PorteurDeNda(Porteur):
    """Un établissement qui porte la déclaration."""

    actif: bool
    """Faux quand la déclaration est sortie de la liste publique."""


class Habilite(Porteur):
    """Un établissement dont l'habilitation est active."""

    habilitation_pour_former: bool
    """Il peut former."""
    habilitation_pour_organiser_l_evaluation: bool
    """Il peut évaluer."""


class MetaListe(_Ouvert):
    """Ce qui accompagne une page."""

    generation: Generation
    """Publication lue : la même pour toutes les pages d'un parcours."""
    total: Annotated[int, Field(ge=0)]
    """Nombre d'établissements, toutes pages comprises."""
    curseur: str | None
    """Curseur de la page suivante ; null à la dernière page."""


class ReponseListe(_Ouvert):
    """Des établissements, par SIRET croissant."""

    data: list[Porteur]
    links: LiensDePage
    meta: MetaListe


class ReponseListeNda(_Ouvert):
    """Les établissements d'une déclaration, par SIRET croissant."""

    data: list[PorteurDeNda]
    links: LiensDePage
    meta: MetaListe


class ReponseListeCertification(_Ouvert):
    """Les établissements habilités pour une certification, par SIRET croissant."""

    data: list[Habilite]
    links: LiensDePage
    meta: MetaListe


# --- anomalies ----------------------------------------------------------------------------------------------

Code = Annotated[str, Field(json_schema_extra={"enum": list(anomalies.CODES), OPEN_LIST: True})]
Region = Annotated[str, Field(pattern="^[0-9]{2}$")]
Jours = Annotated[float, Field(ge=0)]
Nombre = Annotated[int, Field(ge=0)]


class Suivi(_Ouvert):
    """Une étape du suivi d'une anomalie."""

    version: Annotated[int, Field(ge=1)]
    """Compte les étapes ; à rendre pour avancer à la suivante."""
    statut: Literal["contactee", "confirmee", "corrigee_a_la_source", "classee"]
    """L'établissement a été contacté ; il confirme l'anomalie ; il dit l'avoir fait corriger à la source ; ou il n'y a
    rien à faire. Une anomalie classée reste silencieuse tant que ses constats restent les mêmes."""
    motif: str | None
    """Pourquoi elle est classée ; null pour les autres statuts."""
    commentaire: str | None
    """Ce que l'agent en dit ; null quand il n'en dit rien."""
    auteur: str
    """Qui l'a dit."""
    le: datetime
    """Quand."""
    constats_changes: bool
    """Vrai quand les constats ont changé depuis : ce que l'agent avait sous les yeux n'est plus ce qui est trouvé."""


class LiensDAnomalie(_Ouvert):
    """Des pages à ouvrir."""

    consultation: str | None
    """L'établissement dans cette API ; null quand aucun n'est concerné."""
    sources: dict[str, str]
    """La page publique de chaque source comparée, par nom de source."""


class Anomalie(_Ouvert):
    """Une anomalie : ce que les sources disent d'un même objet ne tient pas ensemble, ou a disparu."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    """Désigne toujours le même constat : même règle, même objet."""
    code: Code
    """Règle qui l'a trouvée."""
    severite: Literal["critique", "majeure", "mineure", "info"]
    """Gravité de la règle."""
    occurrence: Annotated[int, Field(ge=1)]
    """Combien de fois elle s'est ouverte."""
    cle: dict[str, str]
    """Ce sur quoi elle porte."""
    siret: Siret | None
    """Établissement concerné ; null quand aucun ne l'est, ou n'est connu."""
    siren: str | None
    """Unité légale concernée ; null quand aucune n'est connue."""
    nda: str | None
    """Déclaration d'activité concernée, telle que la source l'écrit ; null quand aucune ne l'est."""
    code_fiche: str | None
    """Fiche concernée ; null quand aucune ne l'est."""
    uai: str | None
    """Code UAI concerné ; null quand aucun ne l'est."""
    source: str | None
    """Source concernée ; null quand l'anomalie n'est pas celle d'un fichier."""
    departement: str | None
    """Département de l'établissement, selon Sirene ; null quand il n'est pas connu."""
    region: Region | None
    """Région compétente (code Insee) ; null quand elle n'est pas connue."""
    message: str
    """Ce qui ne va pas, ce qu'il y a à demander et la région compétente, au moment de sa dernière évolution."""
    constats: dict[str, Any]
    """Les faits comparés, tels que les sources les donnent."""
    liens: LiensDAnomalie
    """Où voir l'établissement, et ce que les sources publient de lui."""
    premiere_detection: Jour
    """Jour où l'occurrence en cours s'est ouverte."""
    etat: Literal["ouverte", "resolue"]
    """Résolue quand l'anomalie n'est plus trouvée."""
    derniere_evolution: Jour
    """Jour où elle s'est ouverte, a changé ou s'est résolue en dernier."""
    suivi: Suivi | None
    """Dernière étape du suivi ; null quand personne ne s'en est encore occupé."""


class EvenementDAnomalie(_Ouvert):
    """Ce qui est arrivé à une anomalie."""

    id: str
    """Identifiant de l'événement, celui du message de la file."""
    evenement: Literal["ouverte", "modifiee", "resolue"]
    """Ce qui est arrivé."""
    jour: Jour
    """Quel jour."""
    heure: datetime
    """Quand il a été consigné."""
    annonce: bool
    """Faux quand il n'a pas été envoyé aux abonnés : anomalie classée, ou retenue."""
    occurrence: Annotated[int, Field(ge=1)]
    """Occurrence dont il s'agit."""
    message: str
    """Ce qui n'allait pas et ce qu'il y avait à demander, à ce moment."""
    constats: dict[str, Any]
    """Les faits comparés, à ce moment."""


class AnomalieEntiere(Anomalie):
    """Une anomalie, avec toute son histoire."""

    evenements: list[EvenementDAnomalie]
    """Tout ce qui lui est arrivé, du plus ancien au plus récent."""
    suivis: list[Suivi]
    """Toutes les étapes du suivi, de la plus ancienne à la plus récente."""


class ReponseAnomalie(_Ouvert):
    """Une anomalie."""

    data: AnomalieEntiere
    links: Liens
    meta: dict[str, Any]
    """Rien pour cette ressource."""


class MetaAnomalies(_Ouvert):
    """Ce qui accompagne une page."""

    curseur: str | None
    """Curseur de la page suivante ; null à la dernière page."""


class ReponseAnomalies(_Ouvert):
    """Des anomalies : les ouvertes d'abord, région par région, la dernière évolution la première."""

    data: list[Anomalie]
    links: LiensDePage
    meta: MetaAnomalies


_Texte = Annotated[str, Field(min_length=1, max_length=follow_up_step.LONGEST_TEXT, pattern=r"\S")]


class _Etape(_Ferme):
    commentaire: _Texte | None = None
    """Libre."""
    auteur: Annotated[str, Field(min_length=1, max_length=follow_up_step.LONGEST_NAME, pattern=r"\S")]
    """Qui parle : un nom ou une adresse que les collègues reconnaissent."""
    version: Annotated[int, Field(ge=0, le=999_999)]
    """Version du suivi que l'agent a sous les yeux, 0 quand il n'y en a pas : si elle a changé depuis, 409."""
    evenement: Annotated[str, Field(pattern="^[0-9a-f]{32}:[1-9][0-9]{0,5}$")] | None = None
    """Dernier évènement que l'agent a sous les yeux (son `id`) : si l'anomalie a changé depuis, 409."""


class Avancement(_Etape):
    """L'établissement est contacté, il confirme, ou il a fait corriger la source."""

    statut: Literal["contactee", "confirmee", "corrigee_a_la_source"]
    """Ce qui a été fait."""
    motif: None = None
    """Ne se donne que pour classer."""


class Classement(_Etape):
    """Il n'y a rien à faire."""

    statut: Literal["classee"]
    """L'anomalie est classée."""
    motif: _Texte
    """Pourquoi."""


class EtapeDeSuivi(RootModel[Avancement | Classement]):
    """La prochaine étape du suivi d'une anomalie : elle avance, ou elle est classée avec un motif."""


class Statistique(_Ouvert):
    """Les anomalies d'une règle, dans une région ou dans toutes.

    Celles que personne n'a reçues ne comptent pas ; d'une anomalie revenue, l'occurrence en cours compte.
    """

    toutes_regions: bool
    """Vrai pour la ligne de tout le pays, donnée aux jetons qui ne sont pas limités à des régions."""
    region: Region | None
    """Région ; null pour tout le pays, et quand la région n'est pas connue."""
    code: Code
    """Règle."""
    ouvertes: Nombre
    """Anomalies ouvertes."""
    age_median_jours: Jours | None
    """Âge médian de celles qui sont ouvertes ; null quand il n'y en a pas."""
    age_maximal_jours: Jours | None
    """Âge de la plus ancienne ; null quand il n'y en a pas."""
    resolues: Nombre
    """Anomalies résolues."""
    resolues_en_30_jours: Nombre
    """Celles qui l'ont été dans les trente derniers jours."""
    delai_median_jours: Jours | None
    """Délai médian entre l'ouverture et la résolution ; null quand il n'y en a pas."""


class ReponseStatistiques(_Ouvert):
    """Les statistiques du dernier rapprochement."""

    data: list[Statistique]
    links: Liens
    meta: MetaPublication


# --- exports and state --------------------------------------------------------------------------------------


class Export(_Ouvert):
    """Un fichier de tous les documents."""

    fichier: str
    """Nom du fichier ; son extension dit son format."""
    octets: Annotated[int, Field(ge=0)]
    """Taille."""
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """Lien de téléchargement, sans jeton : ne pas le transmettre."""
    expire_le: datetime
    """Fin de validité du lien."""


class ReponseExports(_Ouvert):
    """Les fichiers de la publication en cours."""

    data: list[Export]
    links: Liens
    meta: MetaPublication


class EtatSource(_Ouvert):
    """Une source de données."""

    source: str
    """Son nom."""
    etat: Annotated[
        Literal["acceptee", "inchangee", "refusee", "absente", "jamais_recue"],
        Field(json_schema_extra={OPEN_LIST: True}),
    ]
    """Ce que la dernière mise à jour en a fait. `acceptee` : nouvelles données ; `inchangee` : les mêmes ; `refusee` :
    données refusées par nos contrôles ; `absente` : rien n'a été reçu, les précédentes servent ; `jamais_recue` :
    aucune donnée."""
    jour: Jour | None
    """Jour des données utilisées ; null quand il n'y en a aucune."""


NatureDePerte = Annotated[
    Literal[
        "document",
        "declaration_active",
        "action_formation",
        "bilan_competences",
        "validation_acquis_experience",
        "apprentissage",
        "habilitations",
        "code_uai",
    ],
    Field(json_schema_extra={OPEN_LIST: True}),
]


class Perte(_Ouvert):
    """Ce que des documents perdraient."""

    nature: NatureDePerte
    """`document` : le document lui-même ; `declaration_active` : la dernière déclaration active ; `action_formation`,
    `bilan_competences`, `validation_acquis_experience`, `apprentissage` : une catégorie Qualiopi ; `habilitations` :
    toutes les habilitations actives ; `code_uai` : le code UAI."""
    documents: Annotated[int, Field(ge=1)]
    """Combien de documents la perdraient ; un document peut compter dans plusieurs pertes."""


class ExempleDePerte(_Ouvert):
    """Un établissement dont le document perdrait quelque chose."""

    siret: Siret
    """Son SIRET."""
    pertes: list[NatureDePerte]
    """Ce que son document perdrait."""


class PublicationRetenue(_Ouvert):
    """Une mise à jour qui ferait perdre trop de choses à la fois : elle attend qu'une personne la vérifie, et personne ne la
    voit. La publication précédente reste en vigueur."""

    jour: Jour
    """Jour de cette mise à jour."""
    motif: str
    """Pourquoi elle est retenue."""
    documents_en_vigueur: Nombre
    """Combien de documents sont en vigueur."""
    documents_touches: Nombre
    """Combien d'entre eux perdraient quelque chose ; chacun compte une fois."""
    part: Annotated[float, Field(ge=0, le=100)]
    """La part des documents en vigueur qui perdraient quelque chose, en pour cent."""
    pertes: list[Perte]
    """Ce qu'ils perdraient."""
    exemples: Annotated[list[ExempleDePerte], Field(max_length=10)]
    """Quelques-uns de ces documents."""


class Etat(_Ouvert):
    """Ce qui est publié."""

    generation: Generation
    """Publication en cours."""
    jour: Jour
    """Jour de la dernière mise à jour quotidienne."""
    jour_de_la_generation: Jour
    """Jour où cette publication a été faite : plus ancien quand rien n'a changé depuis."""
    sources: list[EtatSource]
    """Les sources, par nom."""
    publication_retenue: PublicationRetenue | None
    """La mise à jour que le service retient ; null quand il n'en retient aucune."""


class ReponseEtat(_Ouvert):
    """L'état du service."""

    data: Etat
    links: Liens
    meta: dict[str, Any]
    """Rien pour l'instant."""


class Ping(_Ouvert):
    """La santé du service, dans le format des contrôles d'API Entreprise."""

    status: Literal["ok", "bad_gateway"]
    """`ok` : une lecture vient de réussir ; `bad_gateway` : elle a échoué."""
    last_update: datetime
    """Moment de cette réponse."""
    last_ok_status: datetime | None
    """Dernier moment où la lecture a réussi ; null quand elle n'a pas encore réussi depuis que ce service répond."""


class Description(_Ouvert):
    """Une description OpenAPI 3.1."""

    openapi: str
    """Version d'OpenAPI."""
    info: dict[str, Any]
    """Titre, version et présentation de l'API."""
    paths: dict[str, Any]
    """Les ressources."""


# --- raw Quiforme -------------------------------------------------------------------------------------------


_JAMAIS = "Toujours null : aucune de nos sources ne le donne."


def _null(names: Iterable[str]) -> dict[str, Any]:
    """Fields that the format has, and that nothing here fills."""
    return {name: (str | None, Field(description=_JAMAIS)) for name in names}


class EtablissementBrut(_Ouvert):
    """L'établissement ; tout y est null quand rien n'est publié."""

    siren: str | None
    """SIREN de l'unité légale."""
    denomination: str | None
    """Dénomination. Les noms et les adresses valent « [ND] » quand ils ne sont pas diffusibles."""
    enseigne: str | None
    """Enseigne, sinon dénomination usuelle."""
    code_ape: str | None
    """Activité principale de l'établissement."""
    adresse_insee: str | None
    """Adresse de Sirene, sur une ligne."""
    uai: Uai | None
    """Code UAI."""
    siret_siege: Siret | None
    """SIRET du siège de l'unité légale."""
    siret_successeur: Siret | None
    """SIRET qui a pris la suite."""
    date_creation: Jour | None
    """Création de l'établissement."""
    date_fermeture: Jour | None
    """Jour de la fermeture."""
    etat_diffusible: bool | None
    """Faux quand l'établissement s'oppose à la diffusion de ses données."""


class _UniteLegaleBrute(_Ouvert):
    """L'unité légale ; tout y est null quand rien n'est publié."""

    raison_sociale: str | None
    """Dénomination, ou prénom et nom d'une personne physique."""
    cat_juridique: str | None
    """Code de sa catégorie juridique."""
    ape: str | None
    """Son activité principale."""
    pseudonyme: str | None
    """Pseudonyme d'une personne physique."""
    sigle: str | None
    """Sigle."""
    nom_commercial: str | None
    """Dénomination usuelle."""
    multinda: bool | None
    """Vrai quand elle a plusieurs déclarations."""


class _NdaBrut(_Ouvert):
    """Une déclaration active ; les inactives n'y sont pas, ce format ne les distinguant pas."""

    nda: str | None
    """Numéro de la déclaration, tel que la source l'écrit."""
    actif: bool | None
    """Toujours vrai."""
    date_derniere_declaration: Jour | None
    """Jour du dernier bilan."""
    debut_exercice: Jour | None
    """Début de l'exercice."""
    fin_exercice: Jour | None
    """Fin de l'exercice."""
    code_specialite_1: str | None
    """Code de la première spécialité."""
    libelle_specialite_1: str | None
    """Libellé de la première spécialité."""
    code_specialite_2: str | None
    """Code de la deuxième spécialité."""
    libelle_specialite_2: str | None
    """Libellé de la deuxième spécialité."""
    code_specialite_3: str | None
    """Code de la troisième spécialité."""
    libelle_specialite_3: str | None
    """Libellé de la troisième spécialité."""
    qualiopi_action_formation: bool | None
    """Certifié pour les actions de formation."""
    qualiopi_bilan_competence: bool | None
    """Certifié pour les bilans de compétences."""
    qualiopi_vae: bool | None
    """Certifié pour la VAE."""
    qualiopi_apprentissage: bool | None
    """Certifié pour l'apprentissage."""
    obtention_qualiopi: str | None
    """Contient « par propagation via » ou « direct sur le NDA » ; null quand aucune demande n'est connue."""


class CertificateurBrut(_Ouvert):
    """Un certificateur de la fiche."""

    siret: Siret | None
    """Son SIRET."""


class RemplacementBrut(_Ouvert):
    """Une fiche qui remplace celle-ci."""

    code_fc: str | None
    """Son code ; null quand il n'y en a pas."""


JourFrancais = Annotated[str, Field(pattern="^[0-9]{2}/[0-9]{2}/[0-9]{4}$")]


class HabilitationBrute(_Ouvert):
    """Une habilitation."""

    code_fc: Fiche | None
    """Code de la fiche."""
    actif: bool | None
    """Vrai quand elle est en cours."""
    etat_habilitation: Literal["Actif", "Inactif"] | None
    """Son état."""
    date_habilitation: JourFrancais | None
    """Depuis quand, JJ/MM/AAAA."""
    date_fin_enregistrement: JourFrancais | None
    """Fin de l'enregistrement de la fiche, JJ/MM/AAAA."""
    date_decision: JourFrancais | None
    """Décision d'enregistrement, JJ/MM/AAAA."""
    a_former: bool | None
    """Peut former."""
    a_organiser: bool | None
    """Peut évaluer."""
    certificateur: list[CertificateurBrut]
    """Certificateurs actifs de la fiche."""
    existence_partenaire: bool | None = Field(default=None)
    """La fiche a des partenaires. Absent quand rien n'est publié."""
    est_partenaire: bool | None = Field(default=None)
    """L'établissement est partenaire de la fiche. Absent quand rien n'est publié."""
    est_certificateur: bool | None = Field(default=None)
    """L'établissement est certificateur de la fiche. Absent quand rien n'est publié."""
    remplace_par: list[RemplacementBrut] = Field(default_factory=list)
    """Fiches qui la remplacent. Absent quand rien n'est publié."""
    libelle: str | None = Field(default=None)
    """Intitulé de la certification. Absent quand rien n'est publié."""
    niveau: str | None = Field(default=None)
    """Niveau de qualification. Absent quand rien n'est publié."""
    accessibilite_fi: bool | None = Field(default=None)
    """Accessible en formation initiale. Absent quand rien n'est publié."""
    accessibilite_fc: bool | None = Field(default=None)
    """Accessible en formation continue. Absent quand rien n'est publié."""
    accessibilite_cq: bool | None = Field(default=None)
    """Accessible en contrat de professionnalisation. Absent quand rien n'est publié."""
    accessibilite_cl: bool | None = Field(default=None)
    """Accessible en candidature libre. Absent quand rien n'est publié."""
    accessibilite_vae: bool | None = Field(default=None)
    """Accessible par la VAE. Absent quand rien n'est publié."""
    accessibilite_ca: bool | None = Field(default=None)
    """Accessible en apprentissage. Absent quand rien n'est publié."""


class AdresseInseeBrute(_Ouvert):
    """L'adresse de Sirene, élément par élément."""

    adresse_insee: str | None
    """Numéro et voie."""
    numero_voie: str | None
    """Numéro dans la voie."""
    indice_repetition: str | None
    """B pour bis, T pour ter…"""
    type_voie: str | None
    """RUE, AV, BD…"""
    libelle_voie: str | None
    """Nom de la voie."""
    complement_adresse: str | None
    """Bâtiment, escalier, résidence…"""
    code_postal: str | None
    """Code postal."""
    libelle_commune: str | None
    """Nom de la commune."""
    code_commune: str | None
    """Code Insee de la commune."""
    code_cedex: str | None
    """Code cedex."""


class AdresseBrute(_Ouvert):
    """L'adresse de la liste publique, telle que le géocodeur l'a trouvée dans la Base adresse nationale."""

    adresse_editorialisee: str | None
    """Adresse trouvée, sur une ligne."""
    adresse_type: str | None
    """Jusqu'où elle a été reconnue."""
    adresse_score: str | None
    """De 0 à 1 : à quel point elle ressemble à l'adresse demandée."""
    adresse_nom: str | None
    """Numéro et voie, ou lieu-dit."""
    adresse_numero: str | None
    """Numéro dans la voie."""
    adresse_voie: str | None
    """Nom de la voie."""
    adresse_codepostal: str | None
    """Code postal."""
    adresse_commune: str | None
    """Nom de la commune."""
    adresse_codecommune: str | None
    """Code Insee de la commune."""
    adresse_num_departement: str | None
    """Numéro du département."""
    adresse_departement: str | None
    """Nom du département."""
    adresse_region: str | None
    """Nom de la région."""
    adresse_pays: str | None
    """Toujours `FRANCE` pour une adresse trouvée."""
    adresse_geoloc: str | None
    """`Point` quand les coordonnées sont connues."""
    adresse_latitude: str | None
    """Latitude, en degrés décimaux."""
    adresse_longitude: str | None
    """Longitude, en degrés décimaux."""
    adresse_id_ban: str | None
    """Identifiant dans la Base adresse nationale."""
    type_voie: str | None = Field(default=None)
    """Toujours null, dans le seul squelette."""
    indice_repetition: str | None = Field(default=None)
    """Toujours null, dans le seul squelette."""


def _rest(names: Iterable[str], *bases: type[BaseModel]) -> dict[str, Any]:
    known = {name for base in bases for name in base.model_fields}
    return _null(name for name in names if name not in known)


UniteLegaleBrute = create_model(
    "UniteLegaleBrute",
    __base__=_UniteLegaleBrute,
    __doc__=_UniteLegaleBrute.__doc__,
    **_rest(raw_quiforme.UNITE_LEGALE, _UniteLegaleBrute),
)
NdaBrut = create_model("NdaBrut", __base__=_NdaBrut, __doc__=_NdaBrut.__doc__, **_rest(raw_quiforme.NDA, _NdaBrut))


class ReponseBrute(_Ouvert):
    """Un établissement au format Quiforme brut, celui que lit le connecteur d'API Entreprise."""

    siret_actif: Siret | None
    """SIRET de l'établissement ; null quand rien n'est publié, ce dont le connecteur fait son 404."""
    etablissement: EtablissementBrut
    unite_legale: UniteLegaleBrute  # type: ignore[valid-type]  # made from the format's own list of fields
    adresse_insee: list[AdresseInseeBrute] = Field(default_factory=list)
    """L'adresse de Sirene ; vide quand elle n'est pas connue ou pas diffusible, absent quand rien n'est publié."""
    adresse_ban: list[AdresseBrute]
    """L'adresse de la liste publique, géocodée ; vide quand elle n'est pas connue ou pas diffusible."""
    nda: list[NdaBrut]  # type: ignore[valid-type]
    """Déclarations actives ; une seule ligne, toute à null, quand rien n'est publié."""
    habilitations: list[HabilitationBrute]
    """Habilitations ; une seule ligne, toute à null, quand rien n'est publié."""


# --- as schemas ---------------------------------------------------------------------------------------------


class _Plain(GenerateJsonSchema):
    """JSON Schema as a person would write it: no titles, and `type: [string, null]` for what may be null."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # one of pydantic-core's many
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        made.pop("title", None)
        return made

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        made = super().nullable_schema(schema)
        if len(made.get("anyOf", [])) != 2:
            return made
        inner = made["anyOf"][0]
        if isinstance(inner.get("type"), str) and "enum" not in inner and "const" not in inner:
            return {**inner, "type": [inner["type"], "null"]}
        return made


def schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The JSON Schema of each model and of what it is made of, by name; they refer to each other as components."""
    _, made = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    definitions: dict[str, Any] = _one_line(made["$defs"])
    return definitions


def _one_line(schema: Any) -> Any:  # any part of a schema
    """The schema, its descriptions freed of the line ends of this file, and without defaults: nothing here is sent."""
    if isinstance(schema, list):
        return [_one_line(part) for part in schema]
    if not isinstance(schema, dict):
        return " ".join(schema.split()) if isinstance(schema, str) else schema
    return {name: _one_line(part) for name, part in schema.items() if name != "default"}

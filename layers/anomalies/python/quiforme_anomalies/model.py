"""The model of the topic's messages: CloudEvents 1.0 in JSON, version 1.

Unknown fields are ignored, so a field added to the messages later breaks no consumer.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter

SCHEMA_ANOMALIE: Final = "urn:quiforme:schema:anomalie:1"
SCHEMA_ALERTE: Final = "urn:quiforme:schema:alerte:1"
SCHEMA_EVENEMENT: Final = "urn:quiforme:schema:evenement:1"

Severite = Literal["critique", "majeure", "mineure", "info"]


class Liens(BaseModel):
    """Où voir l'établissement et ce que les sources publient de lui."""

    consultation: str | None = Field(default=None, description="L'établissement dans l'API (un jeton est demandé)")
    sources: dict[str, str] = Field(
        default_factory=dict, description="La page publique de chaque source comparée, par nom de source"
    )


class Anomalie(BaseModel):
    """L'anomalie telle qu'elle est au moment de l'événement."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$", description="Identifiant stable du constat")
    code: str = Field(description="Code de la règle")
    severite: Severite = Field(description="Gravité")
    occurrence: int = Field(ge=1, description="Combien de fois l'anomalie s'est ouverte")
    cle: dict[str, str] = Field(description="Ce sur quoi porte l'anomalie")
    siret: str | None = Field(description="Établissement concerné")
    siren: str | None = Field(description="Unité légale concernée")
    nda: str | None = Field(description="Numéro de déclaration d'activité concerné")
    code_fiche: str | None = Field(description="Fiche RNCP ou RS concernée")
    uai: str | None = Field(description="Code UAI concerné")
    source: str | None = Field(description="Source concernée")
    departement: str | None = Field(description="Département de l'établissement, selon Sirene")
    region: str | None = Field(description="Code INSEE de la région compétente")
    message: str = Field(description="Le constat, ce qu'il y a à demander et la région compétente, en quelques phrases")
    constats: dict[str, Any] = Field(description="Les faits comparés, tels que les sources les donnent")
    liens: Liens = Field(
        default_factory=Liens, description="Où voir l'établissement et ce que les sources publient de lui"
    )
    premiere_detection: date = Field(description="Jour où cette occurrence s'est ouverte")
    derniere_detection: date = Field(description="Dernier jour où le constat a été fait")
    generation: int = Field(ge=0, description="Génération des documents au moment du constat")


class Alerte(BaseModel):
    """Une règle ouvre d'un coup bien plus d'anomalies que d'ordinaire : leurs événements sont retenus."""

    id: str = Field(min_length=1, description="Identifiant de l'alerte")
    code: str = Field(description="Code de la règle")
    severite: Severite = Field(description="Gravité de la règle")
    ouvertures: int = Field(ge=1, description="Combien d'anomalies se seraient ouvertes")
    deja_ouvertes: int = Field(ge=0, description="Combien l'étaient déjà")
    message: str = Field(description="Ce qui se passe, pour la personne qui s'en charge")
    jour: date = Field(description="Jour du rapprochement")
    generation: int = Field(ge=0, description="Génération des documents ce jour-là")


class _CloudEvent(BaseModel):
    """Ce que tous les événements ont en commun."""

    specversion: Literal["1.0"]
    id: str = Field(min_length=1, description="Le même à chaque livraison de l'événement : dédoublonner sur lui")
    source: str = Field(description="Qui le dit")
    type: str = Field(description="Ce qui arrive")
    subject: str | None = Field(description="Ce dont il est question")
    time: datetime = Field(description="Quand cela a été consigné, UTC")
    datacontenttype: Literal["application/json"]
    dataschema: str = Field(description="Le schéma de data")

    @property
    def evenement(self) -> str:
        """The value of the message attribute of the same name: `ouverte`, `modifiee`, `resolue`, `alerte`."""
        return self.type.split(".")[3]


class _EvenementAnomalie(_CloudEvent):
    id: str = Field(
        pattern=r"^[0-9a-f]{32}:[1-9][0-9]*$",
        description="<anomalie>:<rang>, le même à chaque livraison de l'événement : dédoublonner sur lui",
    )
    data: Anomalie

    @property
    def rang(self) -> int:
        """Its rank among the anomaly's events, from 1; the event of the highest rank gives the current state."""
        return int(self.id.rpartition(":")[2])


class EvenementOuverte(_EvenementAnomalie):
    """L'anomalie s'est ouverte, ou rouverte quand `data.occurrence` dépasse 1."""

    type: Literal["fr.quiforme.anomalie.ouverte.v1"]


class EvenementModifiee(_EvenementAnomalie):
    """Les faits constatés ont changé ; l'anomalie reste ouverte."""

    type: Literal["fr.quiforme.anomalie.modifiee.v1"]


class EvenementResolue(_EvenementAnomalie):
    """Le constat ne se fait plus."""

    type: Literal["fr.quiforme.anomalie.resolue.v1"]


class EvenementAlerte(_CloudEvent):
    """Une règle ouvre d'un coup bien plus d'anomalies que d'ordinaire."""

    type: Literal["fr.quiforme.anomalie.alerte.v1"]
    data: Alerte


Evenement = EvenementOuverte | EvenementModifiee | EvenementResolue | EvenementAlerte
EVENEMENT: Final[TypeAdapter[Evenement]] = TypeAdapter(Annotated[Evenement, Field(discriminator="type")])


def parse(body: str | bytes) -> Evenement:
    """Parse a message's body.

    Args:
        body: The body of a message, as delivered raw.

    Returns:
        The event.

    Raises:
        pydantic.ValidationError: The body is no event of version 1. Fail this message only, not its batch.

    """
    return EVENEMENT.validate_json(body)

"""One row of each producer's file, as plain values. A field given as text is written unchanged, valid or not."""

from dataclasses import dataclass, field
from datetime import date

from tools.fictitious_france.nsf import Speciality

DateOrText = date | str | None
Qualiopi = tuple[bool | None, bool | None, bool | None, bool | None]
"""Training, skills assessment, validation of experience, apprenticeship; None is an empty cell (no application)."""

NO_APPLICATION: Qualiopi = (None, None, None, None)


@dataclass(frozen=True)
class OfRow:
    """A row of the list of training bodies: one NDA, the establishment that declared it, its Qualiopi categories."""

    nda: str
    siren: str
    siret: str
    name: str
    region: str
    previous: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    qualiopi: Qualiopi = NO_APPLICATION
    foreign: tuple[str, str, str, str, str] = ("", "", "", "", "")
    declared: DateOrText = None
    opening: DateOrText = None
    closing: DateOrText = None
    specialities: tuple[Speciality, ...] = ()
    trainees: str = ""
    entrusted: str = ""
    trainers: str = "0"
    spoil: str = ""
    """How the line is damaged when it is written (`formats.liste_of.SPOILERS`); empty for a sound line."""


@dataclass(frozen=True)
class Partner:
    """A body that a certifier allowed to train for, or to examine, a fiche."""

    siret: str
    name: str = "ORGANISME PARTENAIRE"
    role: str = "HABILITATION_ORGA_FORM"
    state: str = "Actif"
    active_since: date | None = None
    changed: date | None = date(2026, 9, 1)
    state_tag: str = "ETAT_HABILITATION"


@dataclass(frozen=True)
class Certifier:
    """A body that delivers a fiche; three in ten have no SIRET."""

    siret: str
    name: str = "ORGANISME CERTIFICATEUR"
    state: str = "Actif"


@dataclass
class Fiche:
    """A certification of the RNCP or RS register."""

    code: str
    title: str = "Responsable de projets imaginaires"
    active: str | None = "Oui"
    state: str = "Publiée"
    end: date | None = date(2030, 8, 31)
    decision: date | None = date(2024, 7, 18)
    """None: registered `de droit`, as national diplomas are."""
    level: str = "6"
    successor: str = ""
    certifiers: list[Certifier] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)


@dataclass(frozen=True)
class SireneRow:
    """An establishment of the Sirene stock: its current period only."""

    siret: str
    commune: str
    postcode: str
    city: str
    name: str = ""
    number: str = "12"
    way: str = "RUE"
    street: str = "DES ECOLES"
    state: str = "A"
    since: str = "2015-09-01"
    created: str = "2015-09-01"
    head_office: bool = True
    diffusion: str = "O"
    activity: str = "85.59A"
    sign: str = ""
    complement: str = ""
    postal_box: str = ""
    cedex: tuple[str, str] = ("", "")
    """Its code and its label."""
    abroad: tuple[str, str] = ("", "")
    """The town and the country, of an establishment outside France."""


@dataclass(frozen=True)
class UnitRow:
    """A legal unit of the Sirene stock: a company, or a natural person when it has a surname."""

    siren: str
    name: str = ""
    usual_name: str = ""
    initials: str = ""
    surname: str = ""
    married_name: str = ""
    first_name: str = ""
    pseudonym: str = ""
    category: str = "5710"
    state: str = "A"
    diffusion: str = "O"
    activity: str = "85.59A"
    head_office: str = "00018"
    created: str = "2015-09-01"
    since: str = "2015-09-01"


@dataclass(frozen=True)
class Succession:
    """A link of the Sirene stock; the stock holds several versions of one link, which `processed` distinguishes."""

    predecessor: str
    successor: str
    on: str
    processed: str = "2026-10-05T04:12:00"
    head_office_moved: bool = False
    continuity: bool = True


@dataclass(frozen=True)
class School:
    """A row of the national directory of schools."""

    uai: str
    siret: str
    commune: str
    postcode: str
    city: str
    name: str = "Lycée imaginaire"
    kind: str = "Lycée"
    state: str = "OUVERT"
    contract: str = "SANS OBJET"
    agricultural: str = "0"
    spoil: bool = False
    """True for a row that lost its last cells."""


@dataclass(frozen=True)
class Organisme:
    """An organisation of the ONISEP référentiel; `uai` is None while nobody has validated it."""

    siret: str
    uai: str | None
    commune: str
    postcode: str
    city: str
    candidates: tuple[str, ...] = ()
    qualiopi: bool = True
    state: str = "actif"

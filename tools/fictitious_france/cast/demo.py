"""The establishments that the demo shows and that many tests use."""

from datetime import date

from tools.fictitious_france.cast.case import case
from tools.fictitious_france.geography import LYON, NANTES, PARIS
from tools.fictitious_france.model import NO_APPLICATION, Partner
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.stage import Body, Stage

_CERTIFIED, _SEVERAL = Body(10), Body(20, LYON)

CERTIFIED = _CERTIFIED.siret()
"""Declared, Qualiopi for training and apprenticeship, allowed to train for one fiche of each register, with a UAI."""
CERTIFIED_THROUGH_LEGAL_UNIT = _CERTIFIED.siret(2)
"""Another establishment of the same legal unit, declared nowhere: it holds the NDA by propagation."""
CLOSED_OF_CERTIFIED = _CERTIFIED.siret(3)
"""A closed establishment: propagation excludes it, so it has no document."""
SEVERAL_NDA = _SEVERAL.siret()
"""Declares one NDA of a legal unit that has two: nothing propagates."""
UNKNOWN = Body(4990).siret()
"""Well formed, and in no file at all."""


@case(
    1,
    "L'organisme exemplaire : tout est rempli, un établissement propagé, un fermé",
    "propagation",
    "order",
    commune=PARIS,
)
def exemplary(stage: Stage, body: Body) -> None:
    """The first body of the demo."""
    stage.both(
        body,
        qualiopi=(True, False, False, True),
        street="12 RUE DES ECOLES",
        postcode=body.commune.postcode,
        city=body.commune.name,
        specialities=tuple(map(speciality, ("313", "326", "333"))),
    )
    stage.sirene(body, 2, place=NANTES)
    stage.sirene(body, 3, state="F", since="2021-06-30")
    stage.school(body)
    stage.onisep(body, body.uai())
    stage.fiche(body.rncp(), Partner(body.siret(), "FORMATION IMAGINAIRE 10", changed=date(2024, 9, 2)))
    stage.fiche(body.rs(), Partner(body.siret(), role="HABILITATION_FORMER", active_since=date(2025, 3, 28)), level="")


@case(
    2,
    "Deux NDA pour une unité légale : chaque établissement ne porte que les siens",
    "several_nda",
    commune=LYON,
)
def two_numbers(stage: Stage, body: Body) -> None:
    """Two declared establishments, and a third one that is only a partner: it carries no NDA."""
    stage.both(body)
    stage.of(body, nda=body.nda(1), siret=body.siret(2), qualiopi=NO_APPLICATION)
    stage.sirene(body, 2)
    stage.sirene(body, 3)
    stage.fiche(body.rncp(), Partner(body.siret(3), role="HABILITATION_ORGANISER"))

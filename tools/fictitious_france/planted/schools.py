"""Faults of UAI codes."""

from collections.abc import Iterator

from tools.fictitious_france import identifiers
from tools.fictitious_france.model import Partner
from tools.fictitious_france.planted.fault import Finding, Spot, fault, finding
from tools.fictitious_france.planted.registers import NOBODY
from tools.fictitious_france.stage import Stage

DIRECTORY, ONISEP = "annuaire_education", "referentiel_onisep"


@fault("uai_invalide", source=DIRECTORY)
def wrong_letter_in_the_directory(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """In a school that is no training body; 2: under another SIRET."""
    uai, siret = spot.body.uai(), spot.body.siret(2 if spot.state == 2 else 1)
    wrong = identifiers.uai_wrong_key(uai)
    stage.school(spot.body, uai=wrong if spot.state else uai, siret=siret)
    if spot.state:
        yield finding("uai_invalide", spot.state, source=DIRECTORY, uai=wrong)


@fault("uai_invalide", source=ONISEP)
def wrong_letter_at_onisep(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A malformed code never counts as a divergence."""
    stage.both(spot.body)
    stage.school(spot.body)
    uai, wrong = spot.body.uai(), identifiers.uai_wrong_key(spot.body.uai())
    stage.onisep(spot.body, wrong if spot.state else uai, siret=spot.body.siret(2 if spot.state == 2 else 1))
    if spot.state:
        yield finding("uai_invalide", spot.state, source=ONISEP, uai=wrong)


@fault("uai_multiples", source=DIRECTORY)
def several_codes(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Two codes, then three; the closing one and the primary school never count."""
    stage.both(spot.body)
    for rank in range(1 + spot.state):
        stage.school(spot.body, rank)
    stage.school(spot.body, 5, state="A FERMER")
    stage.school(spot.body, 6, kind="Ecole")
    if spot.state:
        yield finding("uai_multiples", spot.state, siret=spot.body.siret())


@fault("uai_divergent", source=ONISEP)
def another_code_at_onisep(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """ONISEP validates one code, then another, which the directory does not know."""
    stage.both(spot.body)
    stage.school(spot.body)
    stage.onisep(spot.body, spot.body.uai(spot.state))
    if spot.state:
        yield finding("uai_divergent", spot.state, siret=spot.body.siret())


@fault("uai_divergent", source=DIRECTORY)
def another_code_in_the_directory(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The directory's code changes; a closing one counts too."""
    stage.both(spot.body)
    stage.onisep(spot.body, spot.body.uai())
    stage.school(spot.body, spot.state, state=spot.pick("OUVERT", "A FERMER"))
    if spot.state:
        yield finding("uai_divergent", spot.state, siret=spot.body.siret())


@fault("uai_etablissement_ferme", "uai_multiples", source=DIRECTORY)
def open_for_the_directory(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Always closed in Sirene; in the directory closing, then open, then open twice."""
    siret = stage.sirene(spot.body, state="F", since="2026-10-31").siret
    stage.fiche(spot.fiche, Partner(siret, state="Inactif"), active="Non", certifiers=[NOBODY])
    stage.school(spot.body, state="OUVERT" if spot.state else "A FERMER")
    if spot.state == 2:
        stage.school(spot.body, 1)
        yield finding("uai_multiples", siret=siret)
    if spot.state:
        yield finding("uai_etablissement_ferme", spot.state, siret=siret)

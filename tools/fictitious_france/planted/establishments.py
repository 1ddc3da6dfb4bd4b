"""Faults seen through Sirene: unknown, closed or moved establishments."""

from collections.abc import Iterator

from tools.fictitious_france.model import Certifier, Partner, SireneRow
from tools.fictitious_france.planted.declarations import LIST
from tools.fictitious_france.planted.fault import THERE_AND_BACK, Finding, Spot, fault, finding
from tools.fictitious_france.planted.registers import NOBODY
from tools.fictitious_france.stage import Stage

SIRENE, LINKS = "sirene", "sirene_succession"


def _closed(stage: Stage, spot: Spot) -> SireneRow:
    """The head office: open, or closed since one of two days."""
    state = "F" if spot.state else "A"
    return stage.sirene(spot.body, state=state, since=("2015-09-01", "2026-10-31", "2026-11-05")[spot.state])


@fault("siret_inconnu", source=SIRENE, moves=THERE_AND_BACK)
def unknown_declarant(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Declared, but not in the stock."""
    stage.of(spot.body)
    if spot.state:
        yield finding("siret_inconnu", siret=spot.body.siret())
    else:
        stage.sirene(spot.body)


@fault("siret_inconnu", source=(SIRENE, LIST))
def unknown_examiner(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Holder of an active habilitation; 2: the unit declares another establishment instead."""
    siret = spot.body.siret()
    stage.fiche(spot.fiche, Partner(siret, role="HABILITATION_ORGANISER"))
    stage.sirene(spot.body, 2)
    stage.of(spot.body, siret=spot.body.siret(2) if spot.state == 2 else siret)
    if spot.state:
        yield finding("siret_inconnu", spot.state, siret=siret)
    else:
        stage.sirene(spot.body)


@fault("etablissement_ferme", source=SIRENE)
def closed_declarant(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Declared, and closed since one day, then since another."""
    stage.of(spot.body)
    row = _closed(stage, spot)
    if spot.state:
        yield finding("etablissement_ferme", spot.state, siret=row.siret)


@fault("etablissement_ferme", source=(SIRENE, LINKS))
def closed_examiner(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Holder of an active habilitation, declared by nobody; 2: its successor is known."""
    row = stage.sirene(spot.body, state="F" if spot.state else "A", since="2026-10-31")
    heir = stage.sirene(spot.body.other(1))
    stage.fiche(spot.fiche, Partner(row.siret, role="HABILITATION_ORGANISER"))
    if spot.state == 2:
        stage.succession(row.siret, heir.siret, "2026-10-31")
    if spot.state:
        yield finding("etablissement_ferme", spot.state, siret=row.siret)


@fault("certificateur_ferme", "etablissement_ferme", source=SIRENE)
def closed_certifier(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Of two fiches; a certifier holds an active habilitation, so it is a closed holder too."""
    row = _closed(stage, spot)
    for code in (spot.fiche, spot.other_fiche):
        stage.fiche(code, certifiers=[Certifier(row.siret), NOBODY])
        if spot.state:
            yield finding("certificateur_ferme", spot.state, siret=row.siret, code_fiche=code)
    if spot.state:
        yield finding("etablissement_ferme", spot.state, siret=row.siret)


@fault("uai_etablissement_ferme", "etablissement_ferme", source=SIRENE)
def closed_school(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Declared as well, so two rules apply."""
    stage.of(spot.body)
    stage.school(spot.body)
    row = _closed(stage, spot)
    if spot.state:
        yield finding("uai_etablissement_ferme", spot.state, siret=row.siret)
        yield finding("etablissement_ferme", spot.state, siret=row.siret)


@fault("uai_etablissement_ferme", source=SIRENE)
def closed_school_of_the_past(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Its document comes from an inactive habilitation, so no other rule applies."""
    row = _closed(stage, spot)
    stage.school(spot.body)
    stage.fiche(spot.fiche, Partner(row.siret, state="Inactif"), active="Non", certifiers=[NOBODY])
    if spot.state:
        yield finding("uai_etablissement_ferme", spot.state, siret=row.siret)


@fault("region_incoherente", source=SIRENE)
def moved_to_another_region(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Sirene's commune moves; the list keeps the old region."""
    row = stage.of(spot.body)
    stage.sirene(spot.body, place=spot.elsewhere[spot.state - 1] if spot.state else spot.body.commune)
    if spot.state:
        yield finding("region_incoherente", spot.state, nda=row.nda)


@fault("adresse_divergente", source=SIRENE, roomy=True)
def moved_next_door(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Sirene's commune moves within the region; the list keeps the old address."""
    home = spot.body.commune
    row = stage.of(spot.body, street="12 RUE DES ECOLES", postcode=home.postcode, city=home.name)
    stage.sirene(spot.body, place=(home, *spot.neighbours)[spot.state])
    if spot.state:
        yield finding("adresse_divergente", spot.state, nda=row.nda)

"""Unreadable rows: one per file, because more than 1 % would get the whole file refused.

The evidence names the file, so each new file changes the evidence, whichever rows are damaged.
"""

from collections.abc import Iterator

from tools.fictitious_france.formats.liste_of import SPOILERS
from tools.fictitious_france.planted.declarations import LIST
from tools.fictitious_france.planted.fault import FICHE, Finding, Spot, fault, finding
from tools.fictitious_france.planted.schools import DIRECTORY
from tools.fictitious_france.stage import Stage


@fault("lignes_rejetees", source=LIST, once=True)
def spoilt_row(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A row set aside is not gone: its number stays listed if it was."""
    ways = spot.drawn([way for way in SPOILERS if way])
    stage.both(spot.body, spoil=("", *ways)[spot.state])
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=LIST)


@fault("lignes_rejetees", source=DIRECTORY, once=True)
def truncated_school(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The row of a school that is no training body."""
    stage.school(spot.body, spoil=spot.state > 0)
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=DIRECTORY)


@fault("lignes_rejetees", source=FICHE, once=True)
def fiche_without_active(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The fiche names nobody with a SIRET, so no habilitation is lost."""
    stage.fiche(spot.fiche, active=None if spot.state else "Oui", certifiers=[])
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=spot.register.lower())

"""Rows that cannot be read: one a file, as more than 1 % would get the whole file refused.

The evidence is of the file, so another file is another evidence, whichever rows it spoils.
"""

from collections.abc import Iterator

from tools.fictitious_france.formats.liste_of import SPOILERS
from tools.fictitious_france.planted.declarations import LIST
from tools.fictitious_france.planted.fault import FICHE, Finding, Spot, fault, finding
from tools.fictitious_france.planted.schools import DIRECTORY
from tools.fictitious_france.stage import Stage


@fault("lignes_rejetees", source=LIST, once=True)
def spoilt_row(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Set aside is not gone: its number stays listed when it was."""
    ways = spot.drawn([way for way in SPOILERS if way])
    stage.both(spot.body, spoil=("", *ways)[spot.state])
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=LIST)


@fault("lignes_rejetees", source=DIRECTORY, once=True)
def truncated_school(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Of a school that is nobody's training body."""
    stage.school(spot.body, spoil=spot.state > 0)
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=DIRECTORY)


@fault("lignes_rejetees", source=FICHE, once=True)
def fiche_without_active(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """Nobody with a SIRET has to do with it, so nobody loses anything."""
    stage.fiche(spot.fiche, active=None if spot.state else "Oui", certifiers=[])
    if spot.state:
        yield finding("lignes_rejetees", stage.day, source=spot.register.lower())

"""Unreadable rows: one per file, because more than 1 % would get the whole file refused.

The evidence is the row's identifier and the reason, so the same row in the next day's file changes nothing.
"""

from collections.abc import Iterator

from tools.fictitious_france.formats.liste_of import SPOILERS
from tools.fictitious_france.planted.declarations import LIST
from tools.fictitious_france.planted.fault import FICHE, Finding, Spot, fault, finding
from tools.fictitious_france.planted.schools import DIRECTORY
from tools.fictitious_france.stage import Stage


@fault("lignes_rejetees", source=LIST, once=True)
def spoilt_row(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A row set aside is not gone: its number stays listed if it was; 2: for another reason."""
    quote, cells = (spot.pick(*(way for way in SPOILERS if word in way)) for word in ("quote", "cells"))
    stage.both(spot.body, spoil=("", quote, cells)[spot.state])
    if spot.state:
        yield finding("lignes_rejetees", spot.state, source=LIST)


@fault("lignes_rejetees", source=DIRECTORY, once=True)
def truncated_school(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The row of a school that is no training body; 2: that of another one."""
    for rank in (1, 2):
        stage.school(spot.body.other(rank), spoil=spot.state == rank)
    if spot.state:
        yield finding("lignes_rejetees", spot.state, source=DIRECTORY)


@fault("lignes_rejetees", source=FICHE, once=True)
def fiche_without_active(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The fiche names nobody with a SIRET, so no habilitation is lost; 2: another fiche."""
    for state, code in ((1, spot.fiche), (2, spot.other_fiche)):
        stage.fiche(code, active=None if spot.state == state else "Oui", certifiers=[])
    if spot.state:
        yield finding("lignes_rejetees", spot.state, source=spot.register.lower())

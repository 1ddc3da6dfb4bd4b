"""Unreadable rows. At most one per day and file: above 1 % of its rows the whole file would be refused."""

from tools.fictitious_france.cast.case import case
from tools.fictitious_france.stage import Body, Stage


@case(140, "Ligne saine le jour 0, puis un guillemet isolé (jours 1 et 2)", "lignes_rejetees", "set_aside")
def stray_quote(stage: Stage, body: Body) -> None:
    """Its NDA was in the accepted list, so yesterday's row stays in use; sound again on day 3."""
    stage.both(body, spoil={1: "stray quote", 2: "stray quotes"}.get(stage.number, ""))


@case(141, "Jamais lisible : mauvais nombre de cellules le jour 0, absente ensuite", "lignes_rejetees")
def never_readable(stage: Stage, body: Body) -> None:
    """No accepted list ever had this NDA: there is no row to keep, and none that leaves."""
    if stage.number == 0:
        stage.both(body, spoil="cells missing")


@case(142, "Cellules en trop le jour 5", "lignes_rejetees", "set_aside")
def cells_in_excess(stage: Stage, body: Body) -> None:
    """A row set aside is not gone: `lignes_rejetees` reopens, and the NDA stays listed."""
    stage.both(body, spoil="cells in excess" if stage.number == 5 else "")


@case(143, "Guillemet jamais fermé le jour 6 : la ligne suivante survit", "lignes_rejetees", "set_aside")
def unclosed_quote(stage: Stage, body: Body) -> None:
    """A careless reader swallows the next line, of another body, which gained a category that day."""
    stage.both(body, spoil="unclosed quote" if stage.number == 6 else "")
    stage.both(body.other(1), qualiopi=(True, stage.number >= 6, False, False))


@case(144, "Fiche sans FICHE/ACTIF le jour 2 : illisible, les autres restent", "lignes_rejetees")
def fiche_without_active(stage: Stage, body: Body) -> None:
    """Its SI_JURY_*/ACTIF are decoys: no reader may take one for the fiche's."""
    if stage.number == 2:
        stage.fiche(body.rncp(), active=None)


@case(145, "Ligne d'annuaire tronquée les jours 1 à 3", "lignes_rejetees")
def truncated_school(stage: Stage, body: Body) -> None:
    """The row of a school that is no training body."""
    stage.school(body, siret="", spoil=stage.number in (1, 2, 3))

"""What happens from one day to the next: NDAs that leave, return or are replaced; documents that appear and disappear."""

from tools.fictitious_france.cast.case import case
from tools.fictitious_france.geography import LYON, NANTES, PARIS
from tools.fictitious_france.model import Partner
from tools.fictitious_france.stage import Body, Stage


@case(61, "Déménagement : le NDA est remplacé le jour 1, et le nouveau le dit", "nda_remplace", commune=NANTES)
def replaced_at_once(stage: Stage, body: Body) -> None:
    """A replaced NDA is not lost: it is never kept as inactive."""
    if stage.number == 0:
        stage.both(body, nda=body.nda(commune=PARIS))
    else:
        stage.both(body, previous=body.nda(commune=PARIS))


@case(62, "Le nouveau NDA ne nomme l'ancien qu'au jour 3", "nda_remplace", "nda_sorti_de_liste", commune=NANTES)
def replaced_but_said_later(stage: Stage, body: Body) -> None:
    """The NDA is inactive for two days, then no longer kept, and the anomaly closes."""
    if stage.number == 0:
        stage.both(body, nda=body.nda(commune=PARIS))
    else:
        stage.both(body, previous=body.nda(commune=PARIS) if stage.number >= 3 else "")


@case(63, "Plusieurs NDA précédents, avec le NDA courant et un doublon", "nda_remplace", commune=LYON)
def several_previous_numbers(stage: Stage, body: Body) -> None:
    """Two numbers become one on day 2; the cell repeats the current one and a duplicate, separated by `, `."""
    first, second = body.nda(1), body.nda(2)
    if stage.number < 2:
        stage.both(body, nda=first)
        stage.sirene(body, 2)
        stage.of(body, nda=second, siret=body.siret(2))
    else:
        stage.both(body, previous=", ".join((body.nda(), first, second, first)))
        stage.sirene(body, 2)


@case(64, "Le NDA disparu n'est nommé que par une autre unité légale : il est perdu", "nda_sorti_de_liste")
def previous_number_of_another_unit(stage: Stage, body: Body) -> None:
    """Only a row of the same SIREN replaces a number."""
    heir = body.other(1)
    stage.sirene(body)
    if stage.number < 2:
        stage.of(body)
    stage.both(heir, previous=body.nda() if stage.number >= 2 else "")


@case(66, "Partenaire sans NDA, supprimé des jours 1 à 3 : son document disparaît et revient", "tombstone")
def partner_removed_and_back(stage: Stage, body: Body) -> None:
    """The habilitation is the only reason for the document."""
    stage.sirene(body)
    state = "Supprimé" if stage.number in (1, 2, 3) else "Actif"
    stage.fiche(body.rncp(), Partner(body.siret(), role="HABILITATION_ORGANISER", state=state))


@case(67, "Établissement propagé fermé des jours 2 à 5 : plus de document, puis de nouveau", "tombstone")
def propagated_one_closes(stage: Stage, body: Body) -> None:
    """Nobody declared the establishment, so there is no anomaly either."""
    stage.both(body)
    closed = stage.number in (2, 3, 4, 5)
    stage.sirene(body, 2, state="F" if closed else "A", since="2026-11-20" if closed else "2015-09-01")


@case(
    68,
    "Catégorie perdue au jour 1, puis le NDA quitte la liste au jour 3",
    "perte_qualiopi",
    "nda_sorti_de_liste",
)
def loses_category_then_leaves(stage: Stage, body: Body) -> None:
    """The loss closes because the NDA left the list."""
    stage.sirene(body)
    if stage.number < 3:
        stage.of(body, qualiopi=(True, stage.number == 0, False, False))


@case(69, "Un NDA passe d'une unité légale à une autre le jour 2", "nda_change_de_siren")
def number_changes_unit(stage: Stage, body: Body) -> None:
    """The NDA never leaves the list; the first unit has none left."""
    stage.sirene(body)
    stage.sirene(body.other(1))
    holder = body if stage.number < 2 else body.other(1)
    stage.of(holder, nda=body.nda())


@case(70, "Un NDA change d'établissement dans son unité légale, qui en a deux", "several_nda")
def number_changes_establishment(stage: Stage, body: Body) -> None:
    """The first number moves from the head office to the third establishment on day 2."""
    for rank in (1, 2, 3):
        stage.sirene(body, rank)
    stage.of(body, siret=body.siret(1 if stage.number < 2 else 3))
    stage.of(body, nda=body.nda(1), siret=body.siret(2))


@case(71, "Organisme nouveau au jour 2, qui quitte la liste au jour 5", "nda_sorti_de_liste")
def newcomer(stage: Stage, body: Body) -> None:
    """A first document, then an inactive NDA for 365 days."""
    stage.sirene(body)
    if 2 <= stage.number < 5:
        stage.of(body)

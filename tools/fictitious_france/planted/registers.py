"""Faults of the fiches, their certifiers and their partners."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from tools.fictitious_france.model import Certifier, Partner
from tools.fictitious_france.planted.declarations import LIST, NO_QUALIOPI
from tools.fictitious_france.planted.fault import CLOCK, FICHE, RIPENS, THERE_AND_BACK, Finding, Spot, fault, finding
from tools.fictitious_france.stage import Stage
from tools.fictitious_france.story import FIRST_DAY

NOBODY = Certifier("")
"""Three certifiers in ten have no SIRET."""
_TRAINER = ("HABILITATION_FORMER", "HABILITATION_ORGA_FORM")
_EXAMINER = "HABILITATION_ORGANISER"


@fault("siret_invalide", source=FICHE)
def invalid_partner(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A partner with a wrong key; a leading tab changes neither value nor evidence."""
    siret = ("", spot.wrong_siret, f"\t{spot.wrong_siret}")[spot.state]
    stage.fiche(spot.fiche, *([Partner(siret)] if spot.state else []))
    if spot.state:
        yield finding("siret_invalide", source=spot.register.lower(), ligne=spot.fiche, valeur=spot.wrong_siret)


@fault("siret_invalide", source=FICHE)
def invalid_certifier(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """None is given, then a wrong key, or one that is too short."""
    siret = ("", spot.wrong_siret, spot.body.siret()[:-1])[spot.state]
    stage.fiche(spot.fiche, certifiers=[Certifier(siret)])
    if spot.state:
        yield finding("siret_invalide", source=spot.register.lower(), ligne=spot.fiche, valeur=siret)


@fault("perte_habilitation", source=FICHE, moves=THERE_AND_BACK, first=(0,))
def loses_habilitation(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The partner's row, or the fiche, becomes inactive or disappears before its end; its certifier has no SIRET."""
    stage.both(spot.body)
    partner = Partner(spot.body.siret())
    fiche = stage.fiche(spot.fiche, partner, certifiers=[NOBODY])
    if spot.state:
        match spot.pick("inactive", "removed", "row gone", "fiche gone", "end rewritten", "fiche inactive"):
            case "inactive":
                fiche.partners = [replace(partner, state="Inactif")]
            case "removed":
                fiche.partners = [replace(partner, state="Supprimé")]
            case "row gone":
                fiche.partners = []
            case "fiche gone":
                del stage.fiches[fiche.code]
            case "end rewritten":  # on the day: the register had announced 2030
                fiche.active, fiche.end, fiche.partners = "Non", FIRST_DAY, [replace(partner, state="Inactif")]
            case _:
                fiche.active, fiche.partners = "Non", [replace(partner, state="Inactif")]
        yield finding("perte_habilitation", siret=partner.siret, code_fiche=spot.fiche)


@fault("perte_habilitation", source=FICHE, moves=THERE_AND_BACK, first=(0,))
def certifies_no_more(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A certifier may train and examine as long as its row is active."""
    stage.sirene(spot.body)
    siret = spot.body.siret()
    stage.fiche(spot.fiche, certifiers=[Certifier(siret, state="Inactif" if spot.state else "Actif"), NOBODY])
    if spot.state:
        yield finding("perte_habilitation", siret=siret, code_fiche=spot.fiche)


@fault("habilitation_sur_fiche_inactive", source=FICHE)
def active_on_an_inactive_fiche(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The fiche is inactive from the start; 2: it has a second active partner, named twice."""
    stage.both(spot.body)
    other = Partner(spot.body.siret(2), state="Actif" if spot.state == 2 else "Inactif")
    state = "Actif" if spot.state else spot.pick("Inactif", "Supprimé")
    first = Partner(spot.body.siret(), state=state)
    stage.fiche(spot.fiche, other, first, other, active="Non", certifiers=[NOBODY])
    if spot.state:
        yield finding("habilitation_sur_fiche_inactive", spot.state, code_fiche=spot.fiche)


@fault("fin_enregistrement_depassee", source=FICHE)
def ended_fiche(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The fiche is active after its end."""
    stage.fiche(spot.fiche, end=(date(2030, 8, 31), date(2026, 11, 22), date(2025, 1, 1))[spot.state])
    if spot.state:
        yield finding("fin_enregistrement_depassee", spot.state, code_fiche=spot.fiche)


@fault("fin_enregistrement_depassee", source=(CLOCK, FICHE), moves=RIPENS, first=(0,))
def ending_fiche(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The fiche ends on the day before its turn; it counts from the first register of its turn, or of a later day."""
    stage.fiche(spot.fiche, end=FIRST_DAY + timedelta(days=spot.turn - 1))
    if spot.state:
        yield finding("fin_enregistrement_depassee", code_fiche=spot.fiche)


@fault("habilitation_sans_nda", source=FICHE, moves=THERE_AND_BACK)
def trainer_without_number(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A trainer needs a number, unless the fiche is registered `de droit`; an examiner does not."""
    stage.sirene(spot.body)
    fiche = stage.fiche(spot.fiche, Partner(spot.body.siret(), role=spot.pick(*_TRAINER)))
    match spot.pick("examiner", "diploma"):
        case _ if spot.state:
            yield finding("habilitation_sans_nda", siret=spot.body.siret())
        case "examiner":
            fiche.partners = [Partner(spot.body.siret(), role=_EXAMINER)]
        case _:
            fiche.decision = None


@fault(
    "habilitation_sans_nda",
    "nda_sorti_de_liste",
    source=LIST,
    moves={0: (2,), 1: (0,), 2: (0,)},
    first=(0, 1),
    steady=True,
)
def trainer_whose_number_leaves(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """1: never listed; 2: listed before, so its number is lost too."""
    stage.sirene(spot.body)
    stage.fiche(spot.fiche, Partner(spot.body.siret()))
    if spot.state == 0:
        stage.of(spot.body)
    else:
        yield finding("habilitation_sans_nda", siret=spot.body.siret())
    if spot.state == 2:
        yield finding("nda_sorti_de_liste", nda=spot.body.nda())


@fault("habilitation_sans_qualiopi", source=(FICHE, LIST))
def trainer_without_qualiopi(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """An examiner needs no Qualiopi; 2: under another number, which names the first as its previous one, and the reverse."""
    first, second = spot.body.nda(), spot.body.nda(1)
    nda = second if spot.state == 2 else first
    stage.both(spot.body, nda=nda, previous=f"{first}, {second}", qualiopi=spot.pick(*NO_QUALIOPI))
    role = spot.pick(*_TRAINER) if spot.state else _EXAMINER
    stage.fiche(spot.fiche, Partner(spot.body.siret(), role=role))
    if spot.state:
        yield finding("habilitation_sans_qualiopi", spot.state, siret=spot.body.siret())


@fault(
    "habilitation_sans_qualiopi",
    "perte_qualiopi",
    source=LIST,
    moves={0: (2,), 1: (0,), 2: (0,)},
    first=(0, 1),
    steady=True,
)
def trainer_who_loses_qualiopi(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """1: never certified; 2: certified before, so a category is lost too."""
    row = stage.both(spot.body, qualiopi=spot.pick(*NO_QUALIOPI) if spot.state else (None, None, True, None))
    stage.fiche(spot.fiche, Partner(spot.body.siret()))
    if spot.state:
        yield finding("habilitation_sans_qualiopi", siret=spot.body.siret())
    if spot.state == 2:
        yield finding("perte_qualiopi", nda=row.nda, categorie="validation_acquis_experience")

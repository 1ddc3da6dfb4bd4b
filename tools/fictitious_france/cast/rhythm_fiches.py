"""One case per rule about habilitations, certifiers and UAIs, all on the common rhythm."""

from datetime import date

from tools.fictitious_france import identifiers
from tools.fictitious_france.cast.case import case
from tools.fictitious_france.model import NO_APPLICATION, Certifier, Partner
from tools.fictitious_france.stage import MINISTRY, Body, Stage

TRAIN, EXAMINE = "HABILITATION_FORMER", "HABILITATION_ORGANISER"


@case(230, "SIRET faux d'un partenaire (RNCP) et d'un certificateur (RS)", "siret_invalide")
def siret_invalide_fiches(stage: Stage, body: Body) -> None:
    """The other certifier has no SIRET, which is common and no anomaly."""
    partner, certifier = body.siret(), body.other(1).siret()
    stage.sirene(body)
    stage.sirene(body.other(1))
    if stage.open:
        partner, certifier = identifiers.wrong_key(partner), identifiers.wrong_key(certifier)
    name = "PARTENAIRE RENOMME" if stage.changed else "PARTENAIRE"
    stage.fiche(body.rncp(), Partner(partner, name, EXAMINE))
    stage.fiche(body.rs(), certifiers=[Certifier(certifier), Certifier(""), Certifier(MINISTRY)])


@case(231, "Habilitation supprimée, puis inactive, rendue, reperdue", "perte_habilitation")
def perte_habilitation(stage: Stage, body: Body) -> None:
    """A removed habilitation is absent from the document, an inactive one is present: the evidence differs."""
    state = "Inactif" if stage.changed else "Supprimé"
    stage.both(body)
    stage.fiche(body.rncp(), Partner(body.siret(), state=state if stage.open else "Actif"))


@case(
    232,
    "La fiche elle-même devient inactive au jour 4, au lendemain de la fin annoncée",
    "habilitation_sur_fiche_inactive",
)
def fiche_becomes_inactive(stage: Stage, body: Body) -> None:
    """Two partners lose their habilitation as announced, which is no loss; one row still says Actif."""
    stage.both(body)
    stage.both(body.other(1))
    ended = stage.number >= 4
    stage.fiche(
        body.rncp(),
        Partner(body.siret()),
        Partner(body.other(1).siret(), state="Inactif" if ended else "Actif"),
        active="Non" if ended else "Oui",
        end=date(2026, 11, 26),
    )


@case(233, "Partenaires « Actif » sur une fiche inactive", "habilitation_sur_fiche_inactive")
def habilitation_sur_fiche_inactive(stage: Stage, body: Body) -> None:
    """The fiche is inactive from the start: no habilitation is lost. One partner is still active, then two are."""
    stage.both(body)
    first, second = (
        Partner(siret, role=TRAIN, state="Actif" if active else "Inactif")
        for siret, active in ((body.siret(), stage.open), (body.siret(2), stage.changed))
    )
    stage.fiche(body.rncp(), first, second, active="Non", state="Dépubliée/Archivée", end=date(2025, 8, 31))


@case(234, "Fiche encore active après sa fin d'enregistrement", "fin_enregistrement_depassee")
def fin_enregistrement_depassee(stage: Stage, body: Body) -> None:
    """The second fiche passes its end on day 3 (26 November) and becomes inactive late, on day 6."""
    past = date(2026, 10, 30) if stage.changed else date(2026, 10, 31)
    stage.both(body)
    stage.fiche(body.rncp(), Partner(body.siret()), end=past if stage.open else date(2030, 8, 31))
    stage.fiche(body.rs(), active="Oui" if stage.number < 6 else "Non", end=date(2026, 11, 26))


@case(
    235,
    "Certificateur actif d'une fiche active, fermé dans Sirene",
    "certificateur_ferme",
    "etablissement_ferme",
)
def certificateur_ferme(stage: Stage, body: Body) -> None:
    """The certifier may train on its fiche, so it is also a closed holder."""
    since = "2026-09-30" if stage.changed else "2026-10-31"
    stage.sirene(body, state="F" if stage.open else "A", since=since if stage.open else "2015-09-01")
    stage.fiche(body.rncp(), certifiers=[Certifier(body.siret()), Certifier(MINISTRY)])


@case(236, "Partenaire autorisé à former, sans aucun NDA", "habilitation_sans_nda")
def habilitation_sans_nda(stage: Stage, body: Body) -> None:
    """On calm days it may only examine, on open days it may train, on changed days it may train for a second fiche too.

    A school that trains for a national diploma needs no number.
    """
    stage.sirene(body)
    stage.sirene(body.other(1))
    stage.fiche(body.other(1).rncp(), Partner(body.other(1).siret(), role=TRAIN), decision=None)
    stage.fiche(body.rncp(), Partner(body.siret(), role=TRAIN if stage.open else EXAMINE))
    stage.fiche(body.rncp(1), Partner(body.siret(), role=TRAIN if stage.changed else EXAMINE))


@case(237, "Partenaire autorisé à former, avec un NDA mais sans Qualiopi", "habilitation_sans_qualiopi")
def habilitation_sans_qualiopi(stage: Stage, body: Body) -> None:
    """The same steps as the previous case; one body has no application, the other four false cells."""
    role = TRAIN if stage.open else EXAMINE
    stage.both(body, qualiopi=NO_APPLICATION)
    stage.both(body.other(1), qualiopi=(False, False, False, False))
    stage.fiche(body.rncp(), Partner(body.siret(), role=role), Partner(body.other(1).siret(), role=role))
    stage.fiche(body.rs(), Partner(body.siret(), role=TRAIN if stage.changed else EXAMINE))


@case(240, "UAI de l'annuaire, puis de l'ONISEP, dont la clé est fausse", "uai_invalide")
def uai_invalide(stage: Stage, body: Body) -> None:
    """One body per source; a second establishment then takes the wrong UAI too."""
    other = body.other(5)
    stage.both(body)
    stage.both(other)
    wrong = identifiers.uai_wrong_key(body.uai()) if stage.open else body.uai()
    stage.school(body, uai=wrong)
    if stage.changed:
        stage.sirene(body, 2)
        stage.school(body, uai=wrong, siret=body.siret(2))
    stage.onisep(other, identifiers.uai_wrong_key(other.uai()) if stage.open else other.uai())


@case(241, "Deux UAI ouverts pour un établissement, puis trois, sans ses écoles primaires", "uai_multiples", "code_uai")
def uai_multiples(stage: Stage, body: Body) -> None:
    """The smallest open one is the document's. Primary schools are no anomaly, however many."""
    stage.both(body)
    for rank in (5, 6):
        stage.school(body, rank, kind="Ecole")
    for rank in range(1 + stage.open + stage.changed, 0, -1):
        stage.school(body, rank)


@case(242, "L'UAI validé n'est pas parmi ceux de l'annuaire", "uai_divergent")
def uai_divergent(stage: Stage, body: Body) -> None:
    """The directory then adds a closing one, which differs too."""
    stage.both(body)
    stage.school(body)
    stage.onisep(body, body.uai(1) if stage.open else body.uai())
    if stage.changed:
        stage.school(body, 2, state="A FERMER")


@case(243, "UAI ouvert d'un établissement fermé dans Sirene", "uai_etablissement_ferme", "etablissement_ferme")
def uai_etablissement_ferme(stage: Stage, body: Body) -> None:
    """Always closed in Sirene; the directory reopens it."""
    stage.of(body)
    stage.sirene(body, state="F", since="2026-08-30" if stage.changed else "2026-08-31")
    stage.school(body, state="OUVERT" if stage.open else "A FERMER")

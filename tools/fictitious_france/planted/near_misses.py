"""Near misses: rows that look like faults and must cause no finding on any day."""

from datetime import date, timedelta

from tools.fictitious_france import identifiers
from tools.fictitious_france.geography import COMMUNES, SAINT_PIERRE
from tools.fictitious_france.model import NO_APPLICATION, Certifier, Partner
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.planted.registers import NOBODY
from tools.fictitious_france.stage import Body, Stage
from tools.fictitious_france.story import FIRST_DAY

_FIRST = 1000
_EXAMINER = "HABILITATION_ORGANISER"


def add(stage: Stage, last: date) -> None:
    """Add them to the stage; `last` is the last day of the world."""
    bodies = iter([Body(_FIRST + 10 * rank, COMMUNES[rank % len(COMMUNES)]) for rank in range(100)])
    for declared in (last - timedelta(days=730), stage.day, None, "n/c"):
        stage.both(next(bodies), declared=declared)
    stage.both(next(bodies), opening=date(2025, 12, 31))
    stage.both(next(bodies), specialities=tuple(map(speciality, ("340", "999"))))
    _numbers(stage, next(bodies), next(bodies), next(bodies))
    _rows_of_one_number(stage, next(bodies), next(bodies))
    for region in ("905", ""):
        stage.both(next(bodies), region=region)
    stage.both(Body(next(bodies).number, SAINT_PIERRE), region="11")
    stage.both(next(bodies), siren="12345678")
    for street in ("RUE VAGUE", "3 RUE DOUTEUSE"):  # found elsewhere without certainty
        home = next(bodies)
        away = next(place for place in COMMUNES if place != home.commune)
        stage.both(home, street=street, postcode=away.postcode, city=away.name)
    _posts(stage, next(bodies))
    _fiches(stage, next(bodies), next(bodies), next(bodies), last)
    _habilitations(stage, next(bodies), next(bodies), next(bodies), next(bodies))
    _ended(stage, next(bodies), next(bodies))
    _closed(stage, next(bodies), next(bodies), next(bodies))
    _schools(stage, next(bodies), next(bodies), next(bodies))


def _numbers(stage: Stage, lettered: Body, mover: Body, joiner: Body) -> None:
    """A letter in a number, a number replaced on the fourth day, one that leaves an establishment for another."""
    stage.both(lettered, nda=lettered.nda(letter="P"))
    moved = stage.day >= FIRST_DAY + timedelta(days=3)
    stage.both(mover, nda=mover.nda(moved), previous=mover.nda() if moved else "")
    stage.sirene(joiner)
    stage.sirene(joiner, 2)
    stage.of(joiner, siret=joiner.siret(1 + moved))


def _rows_of_one_number(stage: Stage, everywhere: Body, certified: Body) -> None:
    """Two establishments of one unit under one number; two rows of which one always says true, then the other."""
    stage.both(everywhere)
    stage.sirene(everywhere, 2)
    stage.of(everywhere, siret=everywhere.siret(2))
    first = stage.day < FIRST_DAY + timedelta(days=5)
    stage.both(certified, qualiopi=(first, False, False, False))
    stage.of(certified, qualiopi=(not first, False, False, False), declared=date(2025, 1, 1))


def _posts(stage: Stage, body: Body) -> None:
    """A SIRET of La Poste, whose key is not checked."""
    post = identifiers.LA_POSTE
    stage.sirene(body, siret=post)
    stage.of(body, siret=post, siren=post[:9])


def _fiches(stage: Stage, wrong: Body, ending: Body, twice: Body, last: date) -> None:
    """Wrong SIRETs on rows that do not count; a fiche that ends on the last day; a partner with a spare row."""
    key = identifiers.wrong_key(wrong.siret())
    stage.fiche(wrong.rncp(), Partner(key, state="Supprimé"), Partner(key, state="Inactif"))
    stage.fiche(wrong.rs(), certifiers=[Certifier(key, state="Inactif"), NOBODY])
    stage.fiche(ending.rs(), end=last)
    stage.fiche(ending.rncp(), end=None)
    stage.both(twice)
    spare = "Actif" if stage.day < FIRST_DAY + timedelta(days=6) else "Inactif"
    stage.fiche(twice.rncp(), Partner(twice.siret()), Partner(twice.siret(), state=spare))


def _habilitations(stage: Stage, examiner: Body, school: Body, apprentices: Body, propagated: Body) -> None:
    """An examiner, and a school that prepares a diploma, without number; one category is enough; one number is too."""
    stage.sirene(examiner)
    stage.fiche(examiner.rs(), Partner(examiner.siret(), role=_EXAMINER))
    stage.sirene(school)
    stage.fiche(school.rncp(), Partner(school.siret()), decision=None)
    stage.both(apprentices, qualiopi=(None, None, None, True))
    stage.fiche(apprentices.rncp(), Partner(apprentices.siret()))
    stage.both(propagated)
    stage.sirene(propagated, 2)
    stage.fiche(propagated.rncp(), Partner(propagated.siret(2)))
    stage.both(Body(propagated.number + 1, propagated.commune), qualiopi=NO_APPLICATION)


def _ended(stage: Stage, inactive: Body, gone: Body) -> None:
    """Two fiches that end on the announced day: one is inactive from the next day on, with another end, one disappears."""
    end = FIRST_DAY + timedelta(days=4)
    past = stage.day > end
    for body in (inactive, gone):
        stage.both(body)
        stage.fiche(
            body.rncp(), Partner(body.siret(), state="Inactif" if past else "Actif"), end=end, certifiers=[NOBODY]
        )
    if past:
        stage.fiches[inactive.rncp()].active, stage.fiches[inactive.rncp()].end = "Non", end - timedelta(days=1)
        del stage.fiches[gone.rncp()]


def _closed(stage: Stage, declared: Body, certifier: Body, partner: Body) -> None:
    """Closed or unknown establishments that no rule covers: other sites, and past habilitations."""
    stage.both(declared)
    stage.sirene(declared, 2, state="F", since="2026-01-31")
    stage.sirene(certifier, state="F", since="2026-01-31")
    stage.fiche(certifier.rncp(), certifiers=[Certifier(certifier.siret(), state="Inactif"), NOBODY])
    stage.fiche(certifier.rs(), certifiers=[Certifier(certifier.siret())], active="Non")
    stage.fiche(partner.rs(), Partner(partner.siret(), state="Inactif"), active="Non", certifiers=[NOBODY])
    stage.fiche(partner.rncp(), Partner(partner.siret(2), state="Supprimé"), certifiers=[NOBODY])


def _schools(stage: Stage, double: Body, foreign: Body, unvalidated: Body) -> None:
    """One code twice or closing, and two primary schools; several without a document; ONISEP on one of two, or on none."""
    stage.both(double)
    for rank in (3, 4):
        stage.school(double, rank, kind="Ecole")
    for rank, state in ((0, "OUVERT"), (0, "OUVERT"), (1, "A FERMER")):
        stage.school(double, rank, state=state)
    stage.onisep(double, double.uai(1), candidates=(double.uai(2), identifiers.uai_wrong_key(double.uai())))
    stage.sirene(foreign, state="F", since="2026-01-31")
    stage.school(foreign)
    stage.school(foreign, 1)
    stage.school(foreign, 2, uai="")
    stage.onisep(foreign, foreign.uai(3))
    stage.both(unvalidated)
    stage.school(unvalidated)
    stage.onisep(unvalidated, None)
    stage.onisep(unvalidated, unvalidated.uai(1), siret=identifiers.wrong_key(unvalidated.siret()))

"""One case per rule about the OF list and Sirene, all on the common rhythm: calm, open, changed, calm, open again."""

from datetime import date

from tools.fictitious_france import identifiers
from tools.fictitious_france.cast.case import case
from tools.fictitious_france.geography import COMMUNES, LYON, RENNES
from tools.fictitious_france.model import Partner
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.stage import Body, Stage

CRETEIL, NANTERRE = (next(place for place in COMMUNES if place.code == code) for code in ("94028", "92050"))
_OTHER_NAME = "FORMATION IMAGINAIRE ET RENOMMEE"


@case(200, "Le SIRET déclaré a une clé fausse", "siret_invalide")
def siret_invalide(stage: Stage, body: Body) -> None:
    """The SIREN column is valid, so the NDA stays on the establishment's document."""
    stage.sirene(body)
    name = _OTHER_NAME if stage.changed else "FORMATION IMAGINAIRE"
    stage.of(body, name=name, siret=identifiers.wrong_key(body.siret()) if stage.open else body.siret())


@case(201, "La colonne siren n'est pas le début du SIRET", "siren_incoherent")
def siren_incoherent(stage: Stage, body: Body) -> None:
    """The SIRET decides; the other unit gets nothing."""
    wrong = body.other(2 if stage.changed else 1).siren
    stage.both(body, siren=wrong if stage.open else body.siren)


@case(202, "SIRET déclaré absent de Sirene ; titulaire d'une habilitation aussi", "siret_inconnu")
def siret_inconnu(stage: Stage, body: Body) -> None:
    """Two bodies: one declared, then also allowed to examine, one only allowed to examine."""
    examiner = body.other(1)
    stage.of(body, name=_OTHER_NAME if stage.changed else "FORMATION IMAGINAIRE")
    also = [Partner(body.siret(), role="HABILITATION_ORGANISER")] if stage.changed else []
    stage.fiche(body.rncp(), Partner(examiner.siret(), role="HABILITATION_ORGANISER"), *also)
    if not stage.open:
        stage.sirene(body)
        stage.sirene(examiner)


@case(
    203,
    "Établissement déclaré fermé, puis son successeur paraît",
    "etablissement_ferme",
    "succession",
    commune=LYON,
)
def etablissement_ferme(stage: Stage, body: Body) -> None:
    """The stock holds two versions of the link: the latest one counts."""
    heir = body.other(1)
    stage.of(body)
    stage.sirene(heir)
    stage.sirene(body, state="F" if stage.open else "A", since="2026-10-31" if stage.open else "2015-09-01")
    if stage.changed or stage.number > 4:
        stage.succession(body.siret(), heir.siret(), "2026-10-31", processed="2026-11-02T02:00:00", continuity=False)
        stage.succession(body.siret(), heir.siret(), "2026-10-31", processed="2026-11-12T02:00:00")


@case(204, "NDA passé par un tableur", "nda_malforme")
def nda_malforme(stage: Stage, body: Body) -> None:
    """Listed on the open days only, so it also leaves the list when it closes; another establishment takes it."""
    stage.sirene(body)
    stage.sirene(body, 2)
    if stage.open:
        stage.of(body, nda=f"1,17{body.number}E+10", siret=body.siret(2 if stage.changed else 1))


@case(205, "Le même NDA sur des lignes de plusieurs unités légales", "nda_partage")
def nda_partage(stage: Stage, body: Body) -> None:
    """A second unit takes the number on another establishment, then a third one."""
    second, third = body.other(1), body.other(2)
    stage.both(body)
    for unit in (second, third):
        stage.both(unit)
        stage.sirene(unit, 2)
    if stage.open:
        stage.of(second, nda=body.nda(), siret=second.siret(2))
    if stage.changed:
        stage.of(third, nda=body.nda(), siret=third.siret(2))


@case(206, "Un établissement déclare un deuxième NDA, puis un troisième", "plusieurs_nda")
def plusieurs_nda(stage: Stage, body: Body) -> None:
    """The other numbers leave the list when it closes."""
    stage.both(body)
    for rank in range(1, 1 + stage.open + stage.changed):
        stage.of(body, nda=body.nda(rank))


@case(207, "Déclaration de plus de 730 jours", "declaration_perimee")
def declaration_perimee(stage: Stage, body: Body) -> None:
    """The second body crosses the limit with time: 730 days on day 2 (not yet), 731 on day 3."""
    old = date(2024, 2, 20) if stage.changed else date(2024, 1, 15)
    stage.both(body, declared=old if stage.open else date(2026, 4, 14))
    stage.both(body.other(1), declared=date(2024, 11, 25))


@case(208, "Exercice qui finit avant de commencer ; déclaration datée du futur", "date_incoherente")
def date_incoherente(stage: Stage, body: Body) -> None:
    """The second body's date is tomorrow's until day 3, when it is today's."""
    end = date(2024, 6, 30) if stage.changed else date(2024, 12, 31)
    stage.both(body, closing=end if stage.open else date(2025, 12, 31))
    stage.both(body.other(1), declared=date(2026, 11, 26))


@case(209, "Code de spécialité hors de la nomenclature ; 340 et 999 sont connus", "specialite_inconnue")
def specialite_inconnue(stage: Stage, body: Body) -> None:
    """The label and the declaring establishment change; the code does not."""
    unknown = ("998", "Spécialité inventée" if stage.changed else "Spécialité imaginaire")
    stage.sirene(body, 2)
    known = (speciality("340"), speciality("999"))
    stage.both(
        body,
        siret=body.siret(2 if stage.changed else 1),
        specialities=(*known, unknown) if stage.open else known,
    )


@case(210, "La région de la liste n'est pas celle de la commune", "region_incoherente", commune=RENNES)
def region_incoherente(stage: Stage, body: Body) -> None:
    """53 is the right region; 84 and 93 are wrong."""
    wrong = "93" if stage.changed else "84"
    stage.both(body, region=wrong if stage.open else body.commune.region)


@case(211, "Le NDA quitte la liste, revient, repart", "nda_sorti_de_liste", "inactive_nda")
def nda_sorti_de_liste(stage: Stage, body: Body) -> None:
    """The propagated establishment keeps the inactive number too."""
    stage.sirene(body)
    stage.sirene(body, 2)
    if not stage.open:
        stage.of(body)


@case(212, "Une catégorie Qualiopi perdue, retrouvée, reperdue", "perte_qualiopi")
def perte_qualiopi(stage: Stage, body: Body) -> None:
    """Two categories are lost together: two anomalies. A second row of the number, all false, changes nothing."""
    held = not stage.open
    stage.both(body, qualiopi=(True, held, held, False), declared=date(2026, 11, 2 if stage.changed else 1))
    stage.of(body, qualiopi=(False, False, False, False), declared=date(2025, 1, 1))


@case(213, "Catégorie absente d'une ligne mais vraie sur l'autre du même NDA : rien de perdu", "perte_qualiopi")
def category_on_another_row(stage: Stage, body: Body) -> None:
    """From day 1 the second row, the older one, is the one with true."""
    stage.both(body, qualiopi=(stage.number == 0, False, False, False))
    stage.of(body, qualiopi=(True, False, False, False), declared=date(2025, 1, 1))


@case(223, "L'adresse de la liste ne se géocode pas", "adresse_introuvable")
def adresse_introuvable(stage: Stage, body: Body) -> None:
    """The geocoder of `ban.py` knows no INTROUVABLE street, and gives a low score."""
    street = "LIEU DIT INTROUVABLE" + (" BATIMENT B" if stage.changed else "")
    postcode, city = body.commune.postcode, body.commune.name
    stage.both(body, street=street if stage.open else "12 RUE DES ECOLES", postcode=postcode, city=city)


@case(224, "L'adresse de la liste est dans une autre commune que Sirene", "adresse_divergente")
def adresse_divergente(stage: Stage, body: Body) -> None:
    """Same region, so only the address differs."""
    where = (NANTERRE if stage.changed else CRETEIL) if stage.open else body.commune
    stage.both(body, street="12 RUE DES ECOLES", postcode=where.postcode, city=where.name)

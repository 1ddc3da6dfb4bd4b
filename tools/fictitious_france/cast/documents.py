"""Who has a document and which NDAs it carries: the rules of the declarations, one by one."""

from datetime import date

from tools.fictitious_france import identifiers
from tools.fictitious_france.cast.case import case
from tools.fictitious_france.geography import AJACCIO, BASTIA, BOURG, LILLE, POINTE_A_PITRE, RENNES, SAINT_PIERRE
from tools.fictitious_france.model import NO_APPLICATION
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.stage import Body, Stage


@case(410, "Un second NDA paraît (jours 2 à 4) : la propagation cesse, puis reprend", "propagation", "tombstone")
def second_number_for_a_while(stage: Stage, body: Body) -> None:
    """The third establishment has a document by propagation only: it appears and disappears."""
    stage.both(body)
    stage.sirene(body, 2)
    stage.sirene(body, 3)
    if stage.number in (2, 3, 4):
        stage.of(body, nda=body.nda(1), siret=body.siret(2))


@case(411, "Aucune demande Qualiopi : les quatre colonnes sont vides", "obtention_via_unite_legale")
def no_qualiopi_application(stage: Stage, body: Body) -> None:
    """Empty cells give null for `obtention_via_unite_legale` and false for the categories."""
    stage.both(body, qualiopi=NO_APPLICATION)


@case(412, "Demande refusée ou échue : quatre « false », ce qui n'est pas vide", "obtention_via_unite_legale")
def all_categories_false(stage: Stage, body: Body) -> None:
    """Four false cells mean that there was an application."""
    stage.both(body, qualiopi=(False, False, False, False))


@case(413, "Colonnes Qualiopi remplies à moitié : vide veut dire faux", "qualiopi")
def some_categories_empty(stage: Stage, body: Body) -> None:
    """One true cell among empty ones."""
    stage.both(body, qualiopi=(None, True, None, None))


@case(415, "SIRET inutilisable mais SIREN bon : la ligne compte et se propage", "siret_invalide", "row_siren")
def unusable_siret_good_siren(stage: Stage, body: Body) -> None:
    """The NIC lost a digit; both active establishments of the SIREN carry the NDA."""
    stage.sirene(body)
    stage.sirene(body, 2)
    stage.of(body, siret=body.siret()[:13])


@case(416, "Ni SIRET ni SIREN : la ligne n'est que signalée", "siret_invalide", "row_siren")
def neither_siret_nor_siren(stage: Stage, body: Body) -> None:
    """One row with both wrong, one with both empty, one with a SIREN of nine digits that fails Luhn."""
    stage.of(body, siret="NON RENSEIGNE", siren="99000")
    stage.of(body.other(1), siret="", siren="")
    nobody = identifiers.wrong_key(body.siren)
    stage.of(body.other(2), siret=identifiers.wrong_key(identifiers.siret(nobody, 1)), siren=nobody)


@case(417, "SIRET bon, SIREN vide : pas d'incohérence, le SIRET suffit", "row_siren")
def siret_without_siren(stage: Stage, body: Body) -> None:
    """The SIREN of a row comes from its SIRET."""
    stage.both(body, siren="")


@case(418, "Même NDA sur trois lignes : la dernière déclaration, puis la première du fichier", "several_rows")
def one_number_on_three_rows(stage: Stage, body: Body) -> None:
    """The second row wins on every document: it has the latest date and precedes the third in the file."""
    for rank, (declared, code) in enumerate(
        ((date(2025, 5, 5), "312"), (date(2026, 6, 6), "331"), (date(2026, 6, 6), "332")), start=1
    ):
        stage.sirene(body, rank)
        stage.of(body, siret=body.siret(rank), declared=declared, specialities=(speciality(code),))


@case(
    419,
    "Même NDA deux fois pour un SIRET, l'unité légale en ayant deux",
    "several_rows",
    "several_nda",
    "plusieurs_nda",
)
def one_number_on_two_rows_of_two(stage: Stage, body: Body) -> None:
    """With two NDAs only the rows of the SIRET compete: the second establishment's row does not count."""
    stage.both(body, declared=date(2025, 5, 5), specialities=(speciality("312"),))
    stage.of(body, declared=date(2026, 2, 2), specialities=(speciality("331"),))
    stage.sirene(body, 2)
    stage.of(body, nda=body.nda(1), siret=body.siret(2))
    stage.of(body, siret=body.siret(2), declared=date(2026, 3, 3), specialities=(speciality("332"),))


@case(420, "Espaces et tabulations autour de toutes les valeurs", "trim", commune=LILLE)
def blanks_everywhere(stage: Stage, body: Body) -> None:
    """Same meaning as a clean row."""
    stage.both(
        body,
        nda=f" {body.nda()} ",
        siret=f"\t{body.siret()}",
        siren=f"{body.siren} \t",
        region=f" {body.commune.region} ",
        declared=" 14/04/2026\t",
        specialities=((" 313 ", " Finances, banque, assurances\t"),),
    )


@case(421, "Un NDA qui contient une lettre est un NDA", "nda_lettre", commune=RENNES)
def number_with_a_letter(stage: Stage, body: Body) -> None:
    """Nine real NDAs contain a letter."""
    stage.both(body, nda=body.nda(letter="P"))


@case(422, "NDA, département et code commune qui commencent par zéro", "leading_zero", commune=POINTE_A_PITRE)
def leading_zeros(stage: Stage, body: Body) -> None:
    """Guadeloupe's NDAs and Ain's INSEE codes start with 01: they are text, never numbers."""
    stage.both(body)
    stage.both(body.other(1, BOURG))
    stage.school(body.other(1, BOURG))


@case(423, "La Poste : aucun contrôle de clé sur 356000000", "la_poste")
def post_office(stage: Stage, body: Body) -> None:
    """The SIRET fails Luhn and is valid."""
    stage.of(body, siret=identifiers.LA_POSTE, siren=identifiers.LA_POSTE[:9], name="LA POSTE IMAGINAIRE")
    stage.sirene(body, siret=identifiers.LA_POSTE)


@case(424, "Le CNED : son UAI n'est dans aucun annuaire, la configuration le donne", "code_uai")
def cned(stage: Stage, body: Body) -> None:
    """Expected UAI: 0861288H."""
    stage.of(body, siret=identifiers.CNED, siren=identifiers.CNED[:9], name="CNED", region="11")
    stage.sirene(body, siret=identifiers.CNED)


@case(425, "Organisme étranger représenté : département 99 dans le NDA", "foreign")
def foreign_body(stage: Stage, body: Body) -> None:
    """The foreign columns are filled."""
    number = identifiers.nda("11", "99", body.number)
    abroad = ("AKADEMIE DER LUFTSCHLÖSSER", "Traumgasse 7", "1010", "Wien", "AUTRICHE")
    stage.both(body, nda=number, foreign=abroad)


@case(426, "Saint-Pierre-et-Miquelon : région 905 d'un côté, inconnue de l'autre", "region", commune=SAINT_PIERRE)
def no_region_overseas(stage: Stage, body: Body) -> None:
    """Neither side knows a region, so nothing is incoherent."""
    stage.both(body, region="905")


@case(427, "La Corse : 2A et 2B sont de la région 94", "region", commune=AJACCIO)
def corsica(stage: Stage, body: Body) -> None:
    """The département is not a number."""
    stage.both(body)
    stage.both(body.other(1, BASTIA))


@case(428, "Établissement en diffusion partielle d'une personne physique", "diffusion_partielle")
def partially_diffusible(stage: Stage, body: Body) -> None:
    """Sirene masks the name and the street; the OF list does not, and the API must."""
    name, street = "MADAME IMAGINAIRE FELICITE", "7 RUE DES TILLEULS"
    stage.of(body, name=name, street=street, postcode=body.commune.postcode, city=body.commune.name)
    stage.sirene(body, diffusion="P", name=name)


@case(429, "Guillemets doublés, point-virgule et accents dans un texte : une ligne saine", "rfc4180")
def quoted_name(stage: Stage, body: Body) -> None:
    """A valid row that is hard to parse."""
    stage.both(body, name='FORMATION "L\'ÎLE ; AUX OIES" & CIE')


@case(430, "Dates absentes ou illisibles : nulles, sans écarter la ligne", "dates")
def unreadable_dates(stage: Stage, body: Body) -> None:
    """31 February does not exist; the second body gave no date at all."""
    stage.both(body, declared="31/02/2026", opening="00/00/0000", closing="fin 2025")
    stage.both(body.other(1), declared=None, opening=None, closing=None)


@case(431, "Nombres absurdes, dates de création de l'an 5015 ou absentes", "quality")
def absurd_figures(stage: Stage, body: Body) -> None:
    """Seen in the real files; nothing here depends on them."""
    stage.of(body, trainers="375438", trainees="")
    stage.sirene(body, created="5015-04-05")
    stage.sirene(body, 2, created="", state="F", since="1986-12-25")


@case(432, "Spécialités : première vide, deuxième remplie, libellé absent", "specialites")
def speciality_slots(stage: Stage, body: Body) -> None:
    """Each slot keeps its place."""
    stage.both(body, specialities=(("", ""), speciality("331"), ("333", "")))


@case(433, "Aucune spécialité", "specialites")
def no_speciality(stage: Stage, body: Body) -> None:
    """True of six bodies in a hundred."""
    stage.both(body, specialities=())

"""Fiches, partners and certifiers: what is a habilitation, and what only looks like one."""

from datetime import date

from tools.fictitious_france import identifiers
from tools.fictitious_france.cast.case import case
from tools.fictitious_france.model import Certifier, Partner
from tools.fictitious_france.stage import MINISTRY, Body, Stage

TRAIN, EXAMINE, BOTH = "HABILITATION_FORMER", "HABILITATION_ORGANISER", "HABILITATION_ORGA_FORM"


@case(380, "Deux lignes actives du même SIRET : les droits s'ajoutent, la date la plus ancienne", "merge")
def two_active_lines(stage: Stage, body: Body) -> None:
    """One to train, one to examine, and a third without date."""
    stage.both(body)
    stage.fiche(
        body.rncp(),
        Partner(body.siret(), role=TRAIN, active_since=date(2025, 3, 1)),
        Partner(body.siret(), role=EXAMINE, active_since=date(2024, 1, 15)),
        Partner(body.siret(), role=TRAIN),
    )


@case(381, "Une ligne active et une inactive : seule l'active compte", "merge")
def active_and_inactive_lines(stage: Stage, body: Body) -> None:
    """The inactive line has the wider right and the earlier date: both are ignored."""
    stage.both(body)
    stage.fiche(
        body.rncp(),
        Partner(body.siret(), role=BOTH, state="Inactif", active_since=date(2020, 1, 1)),
        Partner(body.siret(), role=TRAIN, active_since=date(2025, 3, 1)),
        Partner(body.siret(), role=EXAMINE, state="Supprimé", active_since=date(2019, 1, 1)),
    )


@case(382, "Lignes inactives seulement : l'habilitation reste, inactive", "inactive")
def inactive_lines_only(stage: Stage, body: Body) -> None:
    """No NDA: the inactive habilitation alone makes the document."""
    stage.sirene(body)
    stage.fiche(body.rncp(), Partner(body.siret(), state="Inactif"), active="Non", state="Dépubliée/Archivée")


@case(383, "« Supprimé » partout : ni habilitation ni document", "supprime")
def removed_only(stage: Stage, body: Body) -> None:
    """A removed row counts as absent."""
    stage.sirene(body)
    stage.fiche(body.rncp(), Partner(body.siret(), state="Supprimé"))


@case(384, "Ancienne balise ETAT_PARTENAIRE", "older_flux")
def older_state_tag(stage: Stage, body: Body) -> None:
    """The older tag has the same meaning; the second line says Supprimé with it."""
    stage.both(body)
    stage.sirene(body, 2, state="F", since="2020-01-01")
    stage.fiche(
        body.rncp(),
        Partner(body.siret(), state_tag="ETAT_PARTENAIRE"),
        Partner(body.siret(2), state="Supprimé", state_tag="ETAT_PARTENAIRE"),
    )


@case(385, "Partenaire et certificateur de la même fiche", "merge", "certifier")
def partner_and_certifier(stage: Stage, body: Body) -> None:
    """The partner line only trains; the certifier may do both."""
    stage.both(body)
    stage.fiche(
        body.rncp(),
        Partner(body.siret(), role=TRAIN, active_since=date(2025, 6, 2)),
        certifiers=[Certifier(body.siret())],
    )


@case(386, "Certificateurs : sans SIRET, inactif, en double, dans le désordre", "certifier")
def all_sorts_of_certifiers(stage: Stage, body: Body) -> None:
    """The document lists two distinct SIRETs, ascending; the inactive certifier gets nothing, though closed."""
    owner, former = body.other(1), body.other(2)
    stage.both(body)
    stage.sirene(owner)
    stage.sirene(former, state="F", since="2022-12-31")
    signed = [
        Certifier(owner.siret()),
        Certifier(MINISTRY),
        Certifier(""),
        Certifier(owner.siret(), "LE MEME SOUS UN AUTRE NOM"),
        Certifier(former.siret(), state="Inactif"),
    ]
    stage.fiche(body.rncp(), Partner(body.siret()), certifiers=signed)


@case(387, "Certificateur d'une fiche inactive : habilitation inactive", "certifier", "inactive")
def certifier_of_an_inactive_fiche(stage: Stage, body: Body) -> None:
    """The fiche is the only reason for its document, and names its successor."""
    stage.sirene(body)
    stage.fiche(
        body.rncp(),
        certifiers=[Certifier(body.siret())],
        active="Non",
        end=date(2023, 8, 31),
        successor=body.rncp(1),
    )
    stage.fiche(body.rncp(1), certifiers=[Certifier("", "CERTIFICATEUR SANS SIRET")])


@case(388, "Ordre : RNCP avant RS, puis par numéro et non par texte", "order")
def order_of_codes(stage: Stage, body: Body) -> None:
    """As text, RNCP93880 would come before RNCP9990, and RS93880 before RS9990."""
    stage.both(body)
    for code in (body.rs(), "RS9990", body.rncp(), "RNCP9990"):
        stage.fiche(code, Partner(body.siret(), role=TRAIN))


@case(389, "Espaces, tabulation et retour à la ligne dans les balises", "trim")
def blanks_in_the_xml(stage: Stage, body: Body) -> None:
    """It has the same meaning as a clean fiche."""
    stage.both(body)
    stage.fiche(
        body.rncp(),
        Partner(f"\t{body.siret()} ", role=f"\n      {TRAIN}\n    ", state=" Actif "),
        certifiers=[Certifier(f" {MINISTRY}\n")],
        active=" Oui ",
    )


@case(390, "Ni date de décision ni date de fin", "dates")
def fiche_without_dates(stage: Stage, body: Body) -> None:
    """National diplomas have no decision; some old inactive fiches have no end."""
    stage.both(body)
    stage.fiche(body.rncp(), Partner(body.siret()), decision=None)
    stage.fiche(body.rncp(1), Partner(body.siret(), state="Inactif"), active="Non", end=None, decision=None)


@case(391, "Une fiche en « Modifications à valider » est active si ACTIF le dit", "fiche_state")
def fiche_under_change(stage: Stage, body: Body) -> None:
    """ETAT_FICHE decides nothing."""
    stage.both(body)
    stage.fiche(body.rncp(), Partner(body.siret()), state="Modifications à valider")
    stage.fiche(body.rncp(1), Partner(body.siret()), state="Dépubliée/Archivée")


@case(392, "SIRET faux, mais lignes supprimée et inactive : rien à signaler", "siret_invalide")
def wrong_sirets_that_do_not_count(stage: Stage, body: Body) -> None:
    """A removed partner, an inactive partner, an inactive certifier."""
    wrong = identifiers.wrong_key(body.siret())
    stage.fiche(
        body.rncp(),
        Partner(wrong, state="Supprimé"),
        Partner(wrong, state="Inactif"),
        certifiers=[Certifier(wrong, state="Inactif"), Certifier(MINISTRY)],
    )


@case(393, "Partenaire qui n'a que le droit d'évaluer : rien à redire sans NDA", "habilitation_sans_nda")
def examiner_without_number(stage: Stage, body: Body) -> None:
    """A certifier without NDA is no partner either."""
    stage.sirene(body)
    stage.sirene(body.other(1))
    stage.fiche(body.rncp(), Partner(body.siret(), role=EXAMINE), certifiers=[Certifier(body.other(1).siret())])

"""Faults of the OF list."""

from collections.abc import Iterator
from datetime import date, timedelta

from tools.fictitious_france.model import NO_APPLICATION, Qualiopi
from tools.fictitious_france.nsf import speciality
from tools.fictitious_france.planted.fault import CLOCK, FADES, RIPENS, THERE_AND_BACK, Finding, Spot, fault, finding
from tools.fictitious_france.stage import Stage
from tools.fictitious_france.story import FIRST_DAY

LIST = "liste_of"
CATEGORIES = ("action_formation", "bilan_competences", "validation_acquis_experience", "apprentissage")
NO_QUALIOPI: tuple[Qualiopi, ...] = (NO_APPLICATION, (False, False, False, False))
"""The two ways to have no Qualiopi category."""


@fault("siret_invalide", source=LIST)
def invalid_siret(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A wrong key, then an empty SIRET: two anomalies, because the value is part of `cle`."""
    siret = (spot.body.siret(), spot.wrong_siret, "")[spot.state]
    row = stage.both(spot.body, siret=siret)
    if spot.state:
        yield finding("siret_invalide", source=LIST, ligne=row.nda, valeur=siret)


@fault("siren_incoherent", source=LIST)
def siren_of_another(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The siren column names another legal unit."""
    siren = spot.body.other(spot.state).siren if spot.state else spot.body.siren
    row = stage.both(spot.body, siren=siren)
    if spot.state:
        yield finding("siren_incoherent", spot.state, nda=row.nda)


@fault("nda_malforme", source=LIST)
def malformed_number(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The row names both numbers as its previous ones, so neither is lost; state 2 changes a date."""
    good = spot.body.nda()
    bad = spot.pick(good[:-1], good + "0", f"{good[:4]}p{good[5:]}", f"{good[:5]} {good[5:]}", good[:-1] + "O")
    stage.both(
        spot.body,
        nda=bad if spot.state else good,
        previous=f"{good}, {bad}",
        declared=date(2026, 3 + spot.state, 1),
    )
    if spot.state:
        yield finding("nda_malforme", spot.state, nda=bad)


@fault("nda_malforme", source=LIST, once=True)
def no_number(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """An empty cell."""
    good = spot.body.nda()
    stage.both(spot.body, nda="" if spot.state else good, previous=good, declared=date(2026, 3 + spot.state, 1))
    if spot.state:
        yield finding("nda_malforme", spot.state, nda="")


@fault("nda_partage", source=LIST)
def shared_number(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A second legal unit takes the number on another establishment, then a third one does."""
    stage.both(spot.body)
    for rank in (1, 2):
        unit = spot.body.other(rank)
        stage.both(unit)
        stage.sirene(unit, 2)
        if spot.state >= rank:
            stage.of(unit, nda=spot.body.nda(), siret=unit.siret(2))
    if spot.state:
        yield finding("nda_partage", spot.state, nda=spot.body.nda())


@fault("plusieurs_nda", source=LIST)
def several_numbers(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A second number, then a third; the first row names them as previous ones, so none is lost when it leaves."""
    stage.both(spot.body, previous=f"{spot.body.nda(1)}, {spot.body.nda(2)}")
    for rank in range(1, 1 + spot.state):
        stage.of(spot.body, nda=spot.body.nda(rank))
    if spot.state:
        yield finding("plusieurs_nda", spot.state, siret=spot.body.siret())


@fault("declaration_perimee", source=LIST)
def old_declaration(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The last declaration is years old."""
    row = stage.both(spot.body, declared=(date(2026, 4, 14), date(2024, 1, 15), date(2016, 2, 29))[spot.state])
    if spot.state:
        yield finding("declaration_perimee", spot.state, nda=row.nda)


@fault("declaration_perimee", source=CLOCK, moves=RIPENS, first=(0,))
def ageing_declaration(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """731 days old on the day of its turn."""
    row = stage.both(spot.body, declared=FIRST_DAY + timedelta(days=spot.turn - 731))
    if spot.state:
        yield finding("declaration_perimee", nda=row.nda)


@fault("date_incoherente", source=LIST)
def year_that_ends_first(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The year ends before it starts."""
    row = stage.both(spot.body, closing=(date(2025, 12, 31), date(2024, 12, 31), date(2024, 6, 30))[spot.state])
    if spot.state:
        yield finding("date_incoherente", spot.state, nda=row.nda)


@fault("date_incoherente", source=CLOCK, moves=FADES, first=(1,))
def declared_in_the_future(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The date is in the future until the day of its turn."""
    row = stage.both(spot.body, declared=FIRST_DAY + timedelta(days=spot.turn))
    if spot.state:
        yield finding("date_incoherente", nda=row.nda)


@fault("specialite_inconnue", source=LIST)
def unknown_specialities(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """One, then a second one."""
    unknown = ("998", "31Z")[: spot.state]
    row = stage.both(spot.body, specialities=(speciality("999"), *map(speciality, unknown)))
    for code in unknown:
        yield finding("specialite_inconnue", nda=row.nda, specialite=code)


@fault("region_incoherente", source=LIST)
def region_of_another(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The list gives another region than that of Sirene's commune."""
    region = spot.elsewhere[spot.state - 1].region if spot.state else spot.body.commune.region
    row = stage.both(spot.body, region=region)
    if spot.state:
        yield finding("region_incoherente", spot.state, nda=row.nda)


@fault("nda_sorti_de_liste", source=LIST, moves=THERE_AND_BACK, first=(0,))
def leaves_the_list(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """The unit's only number."""
    stage.sirene(spot.body)
    if spot.state == 0:
        stage.of(spot.body)
    else:
        yield finding("nda_sorti_de_liste", nda=spot.body.nda())


@fault("nda_sorti_de_liste", source=LIST, moves={0: (1, 2), 1: (0, 2), 2: (0,)}, first=(0,), steady=True)
def leaves_or_is_replaced(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """One of two numbers leaves; state 2 is no fault: the other number's row names it among those that it replaces."""
    stage.sirene(spot.body)
    stage.sirene(spot.body, 2)
    stage.of(spot.body, nda=spot.body.nda(1), siret=spot.body.siret(2), previous=spot.body.nda() * (spot.state == 2))
    if spot.state == 0:
        stage.of(spot.body)
    if spot.state == 1:
        yield finding("nda_sorti_de_liste", nda=spot.body.nda())


@fault("perte_qualiopi", source=LIST, moves=THERE_AND_BACK, first=(0,))
def loses_categories(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """One to four categories; false and empty are the same loss."""
    lost = spot.drawn(range(4))[: spot.pick(1, 2, 3, 4)]
    without = spot.pick(False, None) if len(lost) == 4 else False
    held: Qualiopi = tuple(without if spot.state and rank in lost else True for rank in range(4))  # type: ignore[assignment]  # four
    row = stage.both(spot.body, qualiopi=held)
    for rank in lost if spot.state else ():
        yield finding("perte_qualiopi", nda=row.nda, categorie=CATEGORIES[rank])


@fault(
    "perte_qualiopi", "nda_sorti_de_liste", source=LIST, moves={0: (1,), 1: (0, 2), 2: (0,)}, first=(0,), steady=True
)
def loses_a_category_then_leaves(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """An NDA that left the list has lost no category."""
    stage.sirene(spot.body)
    if spot.state < 2:
        stage.of(spot.body, qualiopi=(True, False, False, spot.state == 0))
    if spot.state == 1:
        yield finding("perte_qualiopi", nda=spot.body.nda(), categorie="apprentissage")
    if spot.state == 2:
        yield finding("nda_sorti_de_liste", nda=spot.body.nda())


@fault("adresse_introuvable", source=LIST)
def lost_address(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """A low score, whose commune therefore does not count, or no known place at all (see `tools/fictitious_france/ban.py`)."""
    home, away = spot.body.commune, spot.elsewhere[0]
    addresses = [("LIEU DIT INTROUVABLE", away.postcode, away.name), ("1 RUE DE LA LUNE", "00000", "TRANQUILLITE")]
    sound = ("12 RUE DES ECOLES", home.postcode, home.name)
    street, postcode, city = (sound, *spot.drawn(addresses))[spot.state]
    row = stage.both(spot.body, street=street, postcode=postcode, city=city)
    if spot.state:
        yield finding("adresse_introuvable", spot.state, nda=row.nda)


@fault("adresse_divergente", source=LIST, roomy=True)
def address_of_another_commune(stage: Stage, spot: Spot) -> Iterator[Finding]:
    """In the same region, so that no other rule applies; sound: there, or found elsewhere without certainty."""
    place = (spot.body.commune, *spot.neighbours)[spot.state]
    street = "12 RUE DES ECOLES"
    if not spot.state:
        place, street = spot.pick(
            (place, street), (spot.neighbours[0], "RUE VAGUE"), (spot.neighbours[0], "3 RUE DOUTEUSE")
        )
    row = stage.both(spot.body, street=street, postcode=place.postcode, city=place.name)
    if spot.state:
        yield finding("adresse_divergente", spot.state, nda=row.nda)

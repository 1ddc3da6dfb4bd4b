"""The ordinary bodies: drawn from a seed, in the proportions of the real files, and without anomalies of their own.

Proportions are the measured ones (2025-2026): 29 % certified, specialities filled 94, 19 and 8 %, half of the
addresses empty, three certifiers in ten without SIRET, DATE_ACTIF missing on three quarters of the partner
rows.
"""

import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from tools.fictitious_france import identifiers
from tools.fictitious_france.geography import COMMUNES, FORMER_REGION, Commune
from tools.fictitious_france.model import (
    NO_APPLICATION,
    Certifier,
    Fiche,
    OfRow,
    Organisme,
    Partner,
    Qualiopi,
    School,
    SireneRow,
)
from tools.fictitious_france.nsf import NSF, speciality
from tools.fictitious_france.stage import MINISTRY, Stage

FEWEST = 60
"""The minimum number of bodies: with fewer rows, one faulty row would exceed the 1 % above which a file is refused."""
FEW_FICHES = 40
"""How many fiches the ministry certifies where the France is small."""
_FIRST_BODY, _FIRST_NDA, _FIRST_FICHE, _FIRST_UAI, _FIRST_OF_MINISTRY = (
    100_000,
    50_000,
    50_000,
    5_000,
    100_000,
)
_FICHES = {"RNCP": 130, "RS": 110}
_WORDS = [
    "HORIZON",
    "ATELIER",
    "RIVAGE",
    "TILLEUL",
    "COMPAS",
    "BOUSSOLE",
    "SILLON",
    "MERIDIEN",
    "ALIZE",
    "GRANIT",
    "PASSERELLE",
    "LUCIOLE",
]
_KINDS = ["FORMATION", "CONSEIL", "ACADEMIE", "INSTITUT", "COMPETENCES", "ECOLE"]
_STREETS = ["DES TILLEULS", "DU MOULIN IMAGINAIRE", "DE LA GARE", "DES LAVANDIERES", "DU PRE AUX OIES", "DES ECOLES"]
_PARTNERS = (
    "HABILITATION_ORGA_FORM",
    "HABILITATION_ORGA_FORM",
    "HABILITATION_FORMER",
    "HABILITATION_ORGANISER",
)


@dataclass(frozen=True)
class _Neighbour:
    """An ordinary body: its head office is the establishment it declares."""

    siret: str
    commune: Commune
    name: str
    certified: bool


def _qualiopi(dice: random.Random) -> Qualiopi:
    return (True, dice.random() < 0.12, dice.random() < 0.07, dice.random() < 0.2)


def _between(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randrange((last - first).days))


def _number(dice: random.Random, commune: Commune, used: Counter[str]) -> str:
    """A declaration number; four in ten were registered under a region that existed before 2016."""
    former = FORMER_REGION[commune.department] if dice.random() < 0.4 else commune.registration
    stem = identifiers.nda(former, commune.department, 0)[:4]
    used[stem] += 1  # by what the number starts with: 2A and 2B both write 20
    return identifiers.nda(former, commune.department, _FIRST_NDA + used[stem])


def _declare(
    stage: Stage, dice: random.Random, nda: str, siret: str, commune: Commune, name: str, certified: bool
) -> None:
    addressed = dice.random() < 0.52
    filled = (dice.random() < 0.94, dice.random() < 0.205, dice.random() < 0.42)
    depth = 0 if not filled[0] else 1 if not filled[1] else 2 if not filled[2] else 3
    year = 2025
    stage.list_of.append(
        OfRow(
            nda=nda,
            siren=siret[:9],
            siret=siret,
            name=name,
            region=commune.region,
            street=f"{dice.randint(1, 90)} RUE {dice.choice(_STREETS)}" if addressed else "",
            postcode=commune.postcode if addressed else "",
            city=commune.name if addressed else "",
            qualiopi=_qualiopi(dice) if certified else NO_APPLICATION,
            declared=_between(dice, date(2026, 1, 10), date(2026, 10, 31)),
            opening=date(year, 1, 1),
            closing=date(year, 12, 31),
            specialities=tuple(map(speciality, dice.sample(sorted(NSF), depth))),
            trainees=str(dice.randint(0, 900)),
            entrusted=str(dice.randint(0, 60)),
            trainers=str(dice.randint(1, 25)),
        )
    )


def _settle(
    stage: Stage, dice: random.Random, siret: str, commune: Commune, name: str, *, head: bool, closed: bool
) -> None:
    created = _between(dice, date(1998, 1, 1), date(2023, 12, 31))
    since = created + timedelta(days=dice.randint(200, 800)) if closed else created
    stage.establishments[siret] = SireneRow(
        siret=siret,
        commune=commune.code,
        postcode=commune.postcode,
        city=commune.name,
        name=name,
        number=str(dice.randint(1, 90)),
        street=dice.choice(_STREETS),
        state="F" if closed else "A",
        since=since.isoformat(),
        created=created.isoformat(),
        head_office=head,
        diffusion="P" if dice.random() < 0.04 else "O",
    )


def _succeed(stage: Stage, closed: str, successor: str) -> None:
    """Add a link of succession, with the older version that the stock keeps as well."""
    on = stage.establishments[closed].since
    stage.succession(closed, successor, on, processed="2024-01-15T03:00:00", continuity=False)
    stage.succession(closed, successor, on)


def _neighbours(stage: Stage, dice: random.Random, size: int) -> list[_Neighbour]:
    used: Counter[str] = Counter()
    neighbours = []
    for rank in range(size):
        siren = identifiers.siren(_FIRST_BODY + rank)
        commune = dice.choice(COMMUNES)
        name = f"{dice.choice(_WORDS)} {dice.choice(_KINDS)} {rank}"
        certified = dice.random() < 0.29
        sites = min(1 + int(dice.expovariate(1 / 4)), 40)
        closed = [site > 1 and dice.random() < 0.25 for site in range(1, sites + 1)]
        for site, gone in enumerate(closed, start=1):
            place = commune if site == 1 or dice.random() < 0.6 else dice.choice(COMMUNES)
            _settle(stage, dice, identifiers.siret(siren, site), place, name, head=site == 1, closed=gone)
            if gone:
                _succeed(stage, identifiers.siret(siren, site), identifiers.siret(siren, 1))
        _declare(stage, dice, _number(dice, commune, used), identifiers.siret(siren, 1), commune, name, certified)
        if sites > 1 and not closed[1] and dice.random() < 0.03:
            second = identifiers.siret(siren, 2)
            where = next(place for place in COMMUNES if place.code == stage.establishments[second].commune)
            _declare(stage, dice, _number(dice, where, used), second, where, name, certified)
        neighbours.append(_Neighbour(identifiers.siret(siren, 1), commune, name, certified))
    return neighbours


def _ordinary_fiches(stage: Stage, dice: random.Random, certifiers: list[_Neighbour]) -> list[Fiche]:
    """The ordinary fiches: seven in ten active, a few certified by bodies that gave no SIRET."""
    fiches = []
    for register, count in _FICHES.items():
        for rank in range(count):
            active = dice.random() < 0.7
            owner = dice.choice(certifiers)
            signed = [Certifier("" if dice.random() < 0.31 else owner.siret, owner.name)]
            if dice.random() < 0.2:
                signed.append(Certifier(MINISTRY, "MINISTERE DE LA FORMATION IMAGINAIRE"))
            end = _between(dice, date(2028, 1, 1), date(2031, 12, 31)) if active else date(2024, 8, 31)
            fiche = Fiche(
                f"{register}{_FIRST_FICHE + rank}",
                title=f"{dice.choice(_KINDS).capitalize()} : {dice.choice(_WORDS).lower()} et métiers n° {rank}",
                active="Oui" if active else "Non",
                state="Publiée" if active else "Dépubliée/Archivée",
                end=end,
                decision=date(2023, 5, 12) if dice.random() < 0.6 else None,
                level=str(dice.randint(3, 7)),
                certifiers=signed,
            )
            stage.fiches[fiche.code] = fiche
            fiches.append(fiche)
    return fiches


def _habilitate(dice: random.Random, fiches: list[Fiche], neighbours: list[_Neighbour]) -> None:
    for body in neighbours:
        if not body.certified or dice.random() > 0.5:
            continue
        for fiche in dice.sample(fiches, dice.randint(1, 6)):
            dated = date(2024, 2, 1) if dice.random() < 0.23 else None
            state = "Supprimé" if dice.random() < 0.2 else "Actif" if fiche.active == "Oui" else "Inactif"
            fiche.partners.append(
                Partner(
                    body.siret,
                    body.name,
                    role=dice.choice(_PARTNERS),
                    state=state,
                    active_since=dated,
                    changed=None if dice.random() < 0.06 else date(2024, 2, 1),
                )
            )


def _school(stage: Stage, dice: random.Random, neighbours: list[_Neighbour], size: int) -> None:
    """Add schools: most are no training body. A tenth of the bodies are schools; ONISEP knows half of these."""
    rank: Counter[str] = Counter()

    def add(siret: str, place: Commune) -> str:
        rank[place.department] += 1
        uai = identifiers.uai(place.department, _FIRST_UAI + rank[place.department])
        stage.schools.append(
            School(uai, siret, place.code, place.postcode, place.name, name=f"Lycée de {place.name.title()}")
        )
        return uai

    for body in neighbours:
        if dice.random() < 0.1:
            uai = add(body.siret, body.commune)
            if dice.random() < 0.5:
                place = body.commune
                stage.organismes.append(Organisme(body.siret, uai, place.code, place.postcode, place.name, (uai,)))
    for other in range(max(size, 120)):
        place = dice.choice(COMMUNES)
        siret = identifiers.siret(identifiers.siren(990_000 + other % 10_000), 1)
        add("" if dice.random() < 0.03 else siret, place)


def fill(stage: Stage, seed: int, size: int, ministry_fiches: int) -> None:
    """Add `size` ordinary bodies (never fewer than FEWEST), their fiches and schools, and the ministry's own fiches."""
    dice = random.Random(f"quiforme {seed}")
    bodies = max(size, FEWEST)
    neighbours = _neighbours(stage, dice, bodies)
    fiches = _ordinary_fiches(stage, dice, neighbours[: max(8, bodies // 20)])
    _habilitate(dice, fiches, neighbours)
    _school(stage, dice, neighbours, bodies)
    for rank in range(ministry_fiches):
        code, title = f"RNCP{_FIRST_OF_MINISTRY + rank}", f"Diplôme national imaginaire n° {rank}"
        # Where they are most of the register, half of them are registered on demand: the share of fiches with a
        # decision must not fall from one day to the next.
        if rank < FEW_FICHES or rank % 2:
            stage.fiche(code, decision=None, title=title)
        else:
            stage.fiche(code, title=title)

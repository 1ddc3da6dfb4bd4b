"""Random faults over a day: worlds that nobody designed, reproducible by seed."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from tools.fictitious_france import identifiers
from tools.fictitious_france.drop import stage_of, write_stage
from tools.fictitious_france.model import NO_APPLICATION, Fiche, OfRow, Partner, Qualiopi, School, SireneRow


def write_chaos(folder: Path, day: date, *, seed: int, rate: float = 0.08) -> None:
    """Write the day's drop with a share `rate` of its rows changed; each day changes other rows."""
    dice = random.Random(f"{seed}/{day.isoformat()}")
    stage = stage_of(day, seed=seed, size=150)
    others = [row.siret for row in stage.list_of]
    stage.list_of = [_of(dice, row, others) for row in stage.list_of if dice.random() > rate / 3]
    stage.list_of += [replace(row, nda=dice.choice(stage.list_of).nda) for row in dice.sample(stage.list_of, 3)] + [
        replace(row, nda=_another(row.nda)) for row in dice.sample(stage.list_of, 6)
    ]
    if dice.random() < 0.5:
        dice.shuffle(stage.list_of)
    stage.fiches = {code: _fiche(dice, fiche, others, rate) for code, fiche in stage.fiches.items()}
    stage.establishments = {
        row.siret: _sirene(dice, row) for row in stage.establishments.values() if dice.random() > rate / 4
    }
    stage.schools = [_school(dice, row, others) for row in stage.schools]
    stage.organismes += [replace(row, siret=dice.choice(others)) for row in stage.organismes]
    stage.organismes = [
        replace(row, uai=dice.choice(stage.schools).uai) if dice.random() < rate else row for row in stage.organismes
    ]
    write_stage(folder, stage)


def _another(nda: str) -> str:
    return nda[:4] + f"{(int(nda[4:9]) + 7) % 100_000:05d}" + nda[9:] if nda[4:9].isdigit() else nda + "0"


def _of(dice: random.Random, row: OfRow, others: list[str]) -> OfRow:
    fate = dice.randrange(60)
    categories: tuple[Qualiopi, ...] = (NO_APPLICATION, (True, None, None, None), (False, True, True, False))
    changes: dict[int, dict[str, object]] = {
        0: {"siret": identifiers.wrong_key(row.siret) if row.siret[-1:].isdigit() else "1"},
        1: {"siret": ""},
        2: {"siren": "123"},
        3: {"siret": dice.choice(others)},
        4: {"qualiopi": dice.choice(categories)},
        5: {"qualiopi": dice.choice(categories)},
        6: {"declared": dice.choice((date(2024, 11, 20), date(2026, 12, 31), None, "n/c"))},
        7: {"closing": date(2024, 6, 30)},
        8: {"region": dice.choice(("11", "84", "905", "", "94"))},
        9: {"specialities": (("31Z", "Inconnue"), ("", ""), ("313", "Finances, banque, assurances"))},
        10: {"previous": f"{_another(row.nda)}, , {row.nda}"},
        11: {"nda": f" {row.nda}\t"},
    }
    return replace(row, **changes.get(fate, {}))  # type: ignore[arg-type]  # values fit their fields


def _fiche(dice: random.Random, fiche: Fiche, others: list[str], rate: float) -> Fiche:
    partners = [
        replace(
            partner,
            state=dice.choice(("Actif", "Inactif", "Supprimé")),
            role=dice.choice(("HABILITATION_FORMER", "HABILITATION_ORGANISER", "HABILITATION_ORGA_FORM")),
            siret=partner.siret if dice.random() < 0.8 else dice.choice((*others, "12345678901234", "")),
        )
        if dice.random() < rate
        else partner
        for partner in fiche.partners
    ]
    if dice.random() < rate:
        partners.append(Partner(dice.choice(others), active_since=date(2025, 1, 1 + dice.randrange(28))))
    certifiers = [
        replace(one, state="Inactif")
        if dice.random() < rate / 2
        else replace(one, siret=dice.choice(others))
        if dice.random() < rate / 2
        else one
        for one in fiche.certifiers
    ]
    active = dice.choice(("Oui", "Non")) if dice.random() < rate else fiche.active
    end = dice.choice((None, date(2026, 11, 25), date(2029, 1, 1))) if dice.random() < rate else fiche.end
    return replace(fiche, partners=partners, certifiers=certifiers, active=active, end=end)


def _sirene(dice: random.Random, row: SireneRow) -> SireneRow:
    if dice.random() < 0.04:
        return replace(row, state="F", since="2026-11-01")
    return replace(row, commune=dice.choice(("69383", "2A004", "97120", ""))) if dice.random() < 0.03 else row


def _school(dice: random.Random, row: School, others: list[str]) -> School:
    if dice.random() < 0.05:
        return replace(row, siret=dice.choice(others))
    if dice.random() < 0.04:
        return replace(
            row, uai=identifiers.uai_wrong_key(row.uai) if row.uai[-1:] in identifiers.UAI_LETTERS and row.uai else ""
        )
    if dice.random() < 0.04:
        return replace(row, state=dice.choice(("OUVERT", "A FERMER")))
    if dice.random() < 0.03:
        return replace(row, contract=dice.choice(("HORS CONTRAT", "SANS OBJET")), agricultural=dice.choice("01"))
    return row

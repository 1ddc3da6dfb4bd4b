"""An OF list and a Sirene stock around given SIRETs, for instance those of a real export."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from tools.fictitious_france import identifiers
from tools.fictitious_france.drop import write_stage
from tools.fictitious_france.geography import COMMUNES
from tools.fictitious_france.model import NO_APPLICATION, OfRow, SireneRow
from tools.fictitious_france.nsf import NSF, speciality
from tools.fictitious_france.stage import Stage


def write_for(folder: Path, day: date, sirets: Iterable[str], *, seed: int = 1) -> None:
    """Write `listePubliqueOF.csv` and `StockEtablissement_utf8.parquet`, and nothing else, for these SIRETs.

    Half of them are declared, one legal unit in ten under two numbers; 3 % are not in Sirene and 5 % are
    closed. The rows of a SIRET depend only on it and on `seed`, not on the other SIRETs. Malformed SIRETs
    are ignored.
    """
    stage = Stage(day)
    for siret in sorted({siret.strip() for siret in sirets}):
        if len(siret) == 14 and siret.isdecimal():
            _settle(stage, siret, random.Random(f"{seed} {siret}"), random.Random(f"{seed} {siret[:9]}"))
    write_stage(folder, stage, only=("liste_of", "sirene"))


def _settle(stage: Stage, siret: str, dice: random.Random, unit: random.Random) -> None:
    home, two_numbers = unit.choice(COMMUNES), unit.random() < 0.1
    number = unit.randrange(100_000)
    commune = home if dice.random() < 0.6 else dice.choice(COMMUNES)
    if dice.random() > 0.03:
        closed = dice.random() < 0.05
        stage.establishments[siret] = SireneRow(
            siret,
            commune.code,
            commune.postcode,
            commune.name,
            name=f"ORGANISME {siret[:9]}",
            state="F" if closed else "A",
            since="2025-06-30" if closed else "2012-01-01",
            head_office=False,
        )
    if dice.random() < 0.5:
        second = two_numbers and dice.random() < 0.5
        certified = dice.random() < 0.6
        stage.list_of.append(
            OfRow(
                nda=identifiers.nda(home.registration, home.department, (number + second) % 100_000),
                siren=siret[:9],
                siret=siret,
                name=f"ORGANISME {siret[:9]}",
                region=commune.region,
                qualiopi=(True, dice.random() < 0.2, dice.random() < 0.2, dice.random() < 0.3)
                if certified
                else NO_APPLICATION,
                declared=date(2026, 1, 10) + timedelta(days=dice.randrange(290)),
                opening=date(2025, 1, 1),
                closing=date(2025, 12, 31),
                specialities=tuple(map(speciality, dice.sample(sorted(NSF), dice.randint(0, 3)))),
                trainees=str(dice.randint(0, 500)),
                trainers=str(dice.randint(1, 20)),
            )
        )

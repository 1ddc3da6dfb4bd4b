"""One seeded world: its planted faults, their states over the days, and the events that they must cause."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from tools.fictitious_france import crowd
from tools.fictitious_france.drop import write_stage
from tools.fictitious_france.geography import COMMUNES
from tools.fictitious_france.planted import (
    declarations,
    establishments,
    files,
    near_misses,
    registers,
    schools,
    unreadable,
)
from tools.fictitious_france.planted.fault import CLOCK, FAULTS, FICHE, Fault, Finding, Spot, State
from tools.fictitious_france.stage import Body, Stage
from tools.fictitious_france.story import FIRST_DAY

DAYS: Final = 10
_REPEATED: Final = 12
"""How many faults are planted a second time, drawn for each world."""
_FIRST_BODY: Final = 2000
_MOVES: Final = 0.35
"""The probability that a fault changes state on a day."""
_MODULES = (declarations, establishments, registers, schools, unreadable)  # importing one registers its faults


class Event(NamedTuple):
    """An event that must occur exactly once on a day."""

    evenement: str
    code: str
    cle: str
    occurrence: int


@dataclass(frozen=True)
class Planted:
    """A fault, its spot and its states.

    Attributes:
        fault: The kind of fault.
        spot: Where it is planted; `state` is unused here.
        written: Its state in the files of each day.

    """

    fault: Fault
    spot: Spot
    written: list[State]

    @property
    def sources(self) -> list[str]:
        """The sources that its state changes."""
        return [self.spot.register.lower() if name == FICHE else name for name in self.fault.sources]

    def play(self, stage: Stage, number: int) -> list[Finding]:
        """Add the rows of a day to the stage; returns what must be found when they are read."""
        return list(self.fault.play(stage, replace(self.spot, state=self.written[number])))


class World:
    """A France of 60 ordinary bodies, 30 near misses and every fault at least once.

    Args:
        seed: The same seed makes the same world.
        sound: Makes the same world without any fault.

    """

    def __init__(self, seed: int, *, sound: bool = False) -> None:
        self._seed = seed
        dice = random.Random(f"planted {seed}")
        self.files = files.none(DAYS) if sound else files.draw(dice, DAYS)
        again = [fault for fault in FAULTS if not fault.once]
        faults = [*FAULTS, *dice.choices(again, k=_REPEATED)]
        self.planted = [self._plant(dice, rank, fault) for rank, fault in enumerate(faults)]
        if sound:
            self.planted = [replace(one, written=[0] * DAYS) for one in self.planted if CLOCK not in one.fault.sources]

    def write(self, folder: Path, number: int) -> None:
        """Write the files of a day into a drop, over those of the previous days."""
        stage = self._ordinary(number)
        for one in self.planted:
            one.play(stage, number)
        self._mix(stage, number)
        left = files.PATTERNS.keys() - self.files.unpublished(number)
        write_stage(folder, stage, only=left)
        self.files.apply(folder, number)

    def plan(self) -> list[set[Event]]:
        """The events that must occur on each day."""
        return list(_events(self.open))

    @cached_property
    def open(self) -> list[dict[tuple[str, str], object]]:
        """The anomalies that must be open on each day, with their evidence."""
        return [self._open(number) for number in range(DAYS)]

    def _plant(self, dice: random.Random, rank: int, fault: Fault) -> Planted:
        places = [place for place in COMMUNES if not fault.roomy or _siblings(place.region) > 2]
        body = Body(_FIRST_BODY + 10 * rank, dice.choice(places))
        while True:  # until a run reads it at fault
            register = dice.choice(("RNCP", "RS"))
            turn = dice.randrange(1, DAYS)
            spot = Spot(body, 0, "RNCP" if register == "RNCP" else "RS", turn, f"{self._seed} {rank}")
            planted = Planted(fault, spot, [])
            planted.written.extend(self._life(dice, planted))
            if any(planted.written[self._read(planted, number)] for number in range(DAYS)):
                return planted

    def _life(self, dice: random.Random, planted: Planted) -> Iterator[State]:
        fault = planted.fault
        state = dice.choice(fault.first)
        yield state
        for number in range(1, DAYS):
            if CLOCK in fault.sources:
                moves = number == planted.spot.turn
            else:
                read = all(self.files.read_on(source, number) == number for source in planted.sources)
                moves = dice.random() < _MOVES and (read or not fault.steady)
            state = dice.choice(fault.moves[state]) if moves and fault.moves[state] else state
            yield state

    def _read(self, planted: Planted, number: int) -> int:
        """The day whose rows a run on this day reads."""
        return min((self.files.read_on(source, number) for source in planted.sources), default=number)

    def _open(self, number: int) -> dict[tuple[str, str], object]:
        found: list[Finding] = list(self.files.findings(number))
        for one in self.planted:
            read = self._read(one, number)
            found += one.play(Stage(FIRST_DAY + timedelta(days=read)), read)
        subjects = {(one.code, one.cle): one.evidence for one in found}
        assert len(subjects) == len(found), "two faults make one anomaly"
        return subjects

    def _ordinary(self, number: int) -> Stage:
        stage = Stage(FIRST_DAY + timedelta(days=number))
        stage.sirene(Body(1), name=f"MINISTERE DE LA FORMATION IMAGINAIRE {number}")
        crowd.fill(stage, self._seed, crowd.FEWEST, 0)
        near_misses.add(stage, FIRST_DAY + timedelta(days=DAYS - 1))
        return stage

    def _mix(self, stage: Stage, number: int) -> None:
        """Shuffle the rows, and change in each file, every day, a value that no rule uses.

        A row keeps its order relative to the others. Its line depends on those of the day, and is no evidence.
        """
        stage.list_of[0] = replace(stage.list_of[0], trainees=str(number))
        stage.schools[0] = replace(stage.schools[0], name=f"Lycée imaginaire {number}")
        stage.organismes[0] = replace(stage.organismes[0], state=f"actif {number}")
        stage.list_of.sort(key=lambda row: self._place(row.nda, row.siret))
        stage.schools.sort(key=lambda row: self._place(row.uai, row.siret))
        stage.organismes.sort(key=lambda row: self._place(row.siret))
        fiches = sorted(stage.fiches.values(), key=lambda fiche: self._place(fiche.code))
        stage.fiches = {fiche.code: fiche for fiche in fiches}
        rows = sorted(stage.establishments.values(), key=lambda row: self._place(row.siret))
        stage.establishments = {row.siret: row for row in rows}

    def _place(self, *names: str) -> str:
        return sha256(json.dumps([self._seed, *names]).encode()).hexdigest()


def _siblings(region: str) -> int:
    return sum(place.region == region for place in COMMUNES)


def _events(days: Iterable[dict[tuple[str, str], object]]) -> Iterator[set[Event]]:
    """The events that lead from each day's open anomalies to those of the next day."""
    before: dict[tuple[str, str], object] = {}
    occurrences: dict[tuple[str, str], int] = {}
    for now in days:
        events = set()
        for subject in before.keys() | now.keys():
            if subject not in before:
                occurrences[subject] = occurrences.get(subject, 0) + 1
                events.add(Event("ouverte", *subject, occurrences[subject]))
            elif subject not in now:
                events.add(Event("resolue", *subject, occurrences[subject]))
            elif before[subject] != now[subject]:
                events.add(Event("modifiee", *subject, occurrences[subject]))
        yield events
        before = now

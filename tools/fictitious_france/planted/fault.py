"""A fault: rows that are sound or not, and the anomalies that must be found when they are not."""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeVar

from tools.fictitious_france import identifiers
from tools.fictitious_france.geography import COMMUNES, Commune
from tools.fictitious_france.stage import Body, Stage

T = TypeVar("T")
State = Literal[0, 1, 2]
"""0 is sound; 1 and 2 are at fault, with different evidence."""
Moves = Mapping[State, tuple[State, ...]]
"""Which states may follow each."""

FREELY: Final[Moves] = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
THERE_AND_BACK: Final[Moves] = {0: (1,), 1: (0,)}
RIPENS: Final[Moves] = {0: (1,), 1: ()}
FADES: Final[Moves] = {1: (0,), 0: ()}

CLOCK: Final = "clock"
"""Stands for a source: the rows do not change, and the passing of days makes the fault."""
FICHE: Final = "fiche"
"""Stands for a source: the register (RNCP or RS) of the spot."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An anomaly that must be open.

    Attributes:
        code: The rule's code.
        cle: What it is about, as JSON with sorted keys.
        evidence: A value that changes when the evidence must change.

    """

    code: str
    cle: str
    evidence: object


def finding(code: str, evidence: object = None, **cle: str) -> Finding:
    """The finding of that code about that subject."""
    return Finding(code, json.dumps(cle, sort_keys=True), evidence)


@dataclass(frozen=True)
class Spot:
    """Where a fault is planted, and its state.

    Attributes:
        body: A legal unit that no other row names; `body.other(1)` to `body.other(9)` belong to the fault too.
        state: The state of its rows.
        register: The register of its fiche.
        turn: The number of the day on which a fault that depends on time appears or disappears.
        seed: Seeds the other random choices of this spot.

    """

    body: Body
    state: State
    register: Literal["RNCP", "RS"]
    turn: int
    seed: str

    @property
    def fiche(self) -> str:
        """A fiche of its own."""
        return self.body.rncp() if self.register == "RNCP" else self.body.rs()

    @property
    def other_fiche(self) -> str:
        """Another one."""
        return self.body.rncp(1) if self.register == "RNCP" else self.body.rs(1)

    @cached_property
    def wrong_siret(self) -> str:
        """Its SIRET with the last digit wrong."""
        return identifiers.wrong_key(self.body.siret())

    @cached_property
    def neighbours(self) -> Sequence[Commune]:
        """The other communes of its region, shuffled by its seed."""
        home = self.body.commune
        return self.drawn([place for place in COMMUNES if place.region == home.region and place != home])

    @cached_property
    def elsewhere(self) -> Sequence[Commune]:
        """Communes of two other regions, one of each."""
        regions = {place.region: place for place in self.drawn(COMMUNES) if place.region != self.body.commune.region}
        return list(regions.values())[:2]

    def drawn(self, choices: Sequence[T]) -> Sequence[T]:
        """The choices, shuffled by the spot's seed."""
        return random.Random(self.seed).sample(choices, len(choices))

    def pick(self, *choices: T) -> T:
        """One of the choices, always the same for a spot."""
        return self.drawn(choices)[0]


Play = Callable[[Stage, Spot], Iterator[Finding]]


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        play: Adds its rows to the stage, and yields the findings that they must cause.
        codes: The rules that it tests.
        sources: The sources that its state changes.
        moves: Which states may follow each.
        first: The possible first states.
        steady: Changes state only on days on which all its sources are read, because its findings depend on the
            previous file, or on two files at once.
        once: Planted at most once in a world, because a file allows only one.
        roomy: Needs a region with several communes.

    """

    play: Play
    codes: tuple[str, ...]
    sources: tuple[str, ...]
    moves: Moves
    first: tuple[State, ...]
    steady: bool
    once: bool
    roomy: bool

    @property
    def name(self) -> str:
        """A name for test ids."""
        return self.play.__name__


FAULTS: Final[list[Fault]] = []


def fault(
    *codes: str,
    source: str | tuple[str, ...],
    moves: Moves = FREELY,
    first: tuple[State, ...] | None = None,
    steady: bool = False,
    once: bool = False,
    roomy: bool = False,
) -> Callable[[Play], Play]:
    """Register a kind of fault; see `Fault` for the arguments."""
    sources = (source,) if isinstance(source, str) else source

    def register(play: Play) -> Play:
        several = steady or len(sources) > 1
        FAULTS.append(Fault(play, codes, sources, moves, first or tuple(moves), several, once, roomy))
        return play

    return register

"""What a fault is: rows that are sound or not, and what must be found in them when they are not."""

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
"""0 is sound; 1 and 2 are at fault, in two ways."""
Moves = Mapping[State, tuple[State, ...]]
"""Which states may follow each."""

FREELY: Final[Moves] = {0: (1, 2), 1: (0, 2), 2: (0, 1)}
THERE_AND_BACK: Final[Moves] = {0: (1,), 1: (0,)}
RIPENS: Final[Moves] = {0: (1,), 1: ()}
FADES: Final[Moves] = {1: (0,), 0: ()}

CLOCK: Final = "clock"
"""In the place of a source: the rows stay as they are, and the day that comes makes the fault."""
FICHE: Final = "fiche"
"""In the place of a source: the register, RNCP or RS, that the spot was given."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An anomaly that must be open.

    Attributes:
        code: Its rule's.
        cle: What it is about, as JSON with sorted keys.
        evidence: Another value for another evidence.

    """

    code: str
    cle: str
    evidence: object


def finding(code: str, evidence: object = None, **cle: str) -> Finding:
    """The finding of that code about that subject."""
    return Finding(code, json.dumps(cle, sort_keys=True), evidence)


@dataclass(frozen=True)
class Spot:
    """Where a fault is planted, and how it stands.

    Attributes:
        body: A legal unit that nothing else speaks of; so are `body.other(1)` to `body.other(9)`.
        state: How its rows stand.
        register: The register of its fiche.
        turn: The number of the day on which what ripens or fades by itself does so.
        seed: What else is drawn for this spot, always the same.

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
        """The other communes of its region, in an order of its own."""
        home = self.body.commune
        return self.drawn([place for place in COMMUNES if place.region == home.region and place != home])

    @cached_property
    def elsewhere(self) -> Sequence[Commune]:
        """Communes of two other regions."""
        regions = {place.region: place for place in self.drawn(COMMUNES) if place.region != self.body.commune.region}
        return list(regions.values())[:2]

    def drawn(self, choices: Sequence[T]) -> Sequence[T]:
        """The choices in an order that is the spot's own."""
        return random.Random(self.seed).sample(choices, len(choices))

    def pick(self, *choices: T) -> T:
        """One of the choices, always the same one for the spot."""
        return self.drawn(choices)[0]


Play = Callable[[Stage, Spot], Iterator[Finding]]


@dataclass(frozen=True)
class Fault:
    """One way to be at fault.

    Attributes:
        play: Puts its rows on the stage, and yields what must be found in them.
        codes: The rules that it is about.
        sources: Where its states are written; elsewhere its rows never change.
        moves: Which states may follow each.
        first: The states that it may begin in.
        steady: It moves on days on which all its sources are read, and no other, because what is found depends on
            what was read before, or on two files at once.
        once: Planted once a world, since a file bears no second one.
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
        """For people."""
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
    """Register a way to be at fault; see `Fault`."""
    sources = (source,) if isinstance(source, str) else source

    def register(play: Play) -> Play:
        several = steady or len(sources) > 1
        FAULTS.append(Fault(play, codes, sources, moves, first or tuple(moves), several, once, roomy))
        return play

    return register

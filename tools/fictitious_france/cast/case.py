"""What a case is, and the list of all cases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.fictitious_france.geography import PARIS, Commune
from tools.fictitious_france.stage import Body, Stage

Play = Callable[[Stage, Body], None]


@dataclass(frozen=True)
class Case:
    """A named situation: its reason, the anomaly codes and rules that it shows, and the function that adds its rows."""

    name: str
    why: str
    covers: tuple[str, ...]
    body: Body
    play: Play


CASES: dict[str, Case] = {}


def case(number: int, why: str, *covers: str, commune: Commune = PARIS) -> Callable[[Play], Play]:
    """Register a function as a case. Its SIRENs derive from its number (1 to 498, unique); its name
    is that of its module and function.

    @case(300, "Le SIRET déclaré n'existe nulle part", "siret_inconnu")
    def siret_inconnu(stage: Stage, body: Body) -> None:
        stage.of(body)
    """

    def register(play: Play) -> Play:
        body = Body(number * 10, commune)
        name = f"{play.__module__.rpartition('.')[2]}.{play.__name__}"
        if name in CASES or any(known.body.number == body.number for known in CASES.values()):
            raise ValueError(f"case {number} ({name}) is already taken")
        CASES[name] = Case(name, why, covers, body, play)
        return play

    return register


def covering(code: str) -> Iterator[Case]:
    """The cases that show an anomaly code or a rule."""
    return (known for known in CASES.values() if code in known.covers)

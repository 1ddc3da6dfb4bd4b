"""The calendar of the fictitious France.

Most rules have a case that follows the same rhythm, so that the day's number tells what to expect:

    day    0      1     2        3         4      5       6 and after
    phase  CALM   OPEN  CHANGED  CHANGED   CALM   OPEN    OPEN

Days 0 to 6 belong to the cases, days 6 to 11 to the producers' accidents (see `accidents.py`), and from
`LAST` on every file is sound and nothing changes.
"""

from datetime import date
from enum import Enum

FIRST_DAY = date(2026, 11, 23)
LAST = 12


class Phase(Enum):
    """A phase of the common rhythm; CHANGED is OPEN with different evidence."""

    CALM = "calm"
    OPEN = "open"
    CHANGED = "changed"


_RHYTHM = (Phase.CALM, Phase.OPEN, Phase.CHANGED, Phase.CHANGED, Phase.CALM)


def number_of(day: date) -> int:
    """Days since FIRST_DAY, clamped between 0 and LAST."""
    return min(max((day - FIRST_DAY).days, 0), LAST)


def phase_of(number: int) -> Phase:
    """The phase of that day of the story."""
    return _RHYTHM[number] if number < len(_RHYTHM) else Phase.OPEN

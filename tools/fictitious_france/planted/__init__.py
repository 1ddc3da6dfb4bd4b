"""Worlds with planted faults, whose events are known in advance.

    world = World(seed=1)
    world.write(Path("drop"), 0)    # the first day's files
    world.plan()[0]                 # the events that it must cause: (evenement, code, cle, occurrence)

Each fault (`declarations.py`, `registers.py`, `establishments.py`, `schools.py`, `unreadable.py`) has a body of its own.
One function states which rows it writes and what must be found in them. Its states over the days are drawn from the
seed: sound, at fault, at fault with different evidence, sound again. `files.py` does the same for faults of the files.
Beside the bodies at fault there are ordinary ones (`tools/fictitious_france/crowd.py`) and near misses
(`near_misses.py`), in which nothing must be found.
"""

from tools.fictitious_france.planted.fault import FAULTS, Finding
from tools.fictitious_france.planted.world import DAYS, Event, World

__all__ = ["DAYS", "FAULTS", "Event", "Finding", "World"]

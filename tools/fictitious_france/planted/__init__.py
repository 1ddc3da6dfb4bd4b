"""Worlds where faults are planted on purpose, and what must be told of them, known without looking for it.

    world = World(seed=1)
    world.write(Path("drop"), 0)    # the first day's files
    world.plan()[0]                 # what must be told after them: (evenement, code, cle, occurrence)

Each fault (`declarations.py`, `registers.py`, `establishments.py`, `schools.py`, `unreadable.py`) has a body of its own
and says itself, in one place, which rows it writes and what must be found in them. Its life over the days is drawn
from the seed: sound, at fault, at fault with other evidence, sound again. `files.py` does the same for what befalls
the files. Among the bodies at fault live ordinary ones (`tools/fictitious_france/crowd.py`) and near misses (`near_misses.py`),
in which nothing must be found.
"""

from tools.fictitious_france.planted.fault import FAULTS, Finding
from tools.fictitious_france.planted.world import DAYS, Event, World

__all__ = ["DAYS", "FAULTS", "Event", "Finding", "World"]

"""The fictitious France: the French producers' files, in their exact formats, about bodies that do not exist.

    write_day(Path("drop"), FIRST_DAY)                      # the story's first day
    write_day(Path("drop"), FIRST_DAY + timedelta(days=3))  # three days later
    write_for(Path("drop"), FIRST_DAY, sirets)              # an OF list and a Sirene stock for SIRETs you have

Same arguments, same bytes. The story is told in `story.py`, the cases are in `cast/`, the ordinary bodies in `crowd.py`.
"""

from tests.france.drop import data_day, stage_of, write_day
from tests.france.story import FIRST_DAY, LAST

__all__ = ["FIRST_DAY", "LAST", "data_day", "stage_of", "write_day"]

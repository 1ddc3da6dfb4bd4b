"""The fictitious France: the French producers' files, in their exact formats, about bodies that do not exist.

    write_day(Path("drop"), FIRST_DAY)                      # the story's first day
    write_day(Path("drop"), FIRST_DAY + timedelta(days=3))  # three days later
    write_for(Path("drop"), FIRST_DAY, sirets)              # an OF list and a Sirene stock around given SIRETs

It holds the cases of `cast/`, one for each thing that a rule or a reader must get right, and the ordinary bodies of
`crowd.py`. `accidents.py` damages files on some days, and `ban.py` is a geocoder for its communes. `planted/` makes
other worlds, for which the events that each fault must cause are known in advance.
"""

from tools.fictitious_france.drop import data_day, stage_of, write_day, write_stage
from tools.fictitious_france.given import write_for
from tools.fictitious_france.story import FIRST_DAY, LAST

__all__ = ["FIRST_DAY", "LAST", "data_day", "stage_of", "write_day", "write_for", "write_stage"]

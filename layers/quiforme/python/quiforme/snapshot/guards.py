"""When a file that could be read is refused all the same (sources.md, "Guards")."""

from datetime import date, timedelta

from quiforme.snapshot.manifest import Accepted
from quiforme.sources.reading import Reading, Refused

MOST_SET_ASIDE = 0.01
"""The share of unreadable rows above which the whole file is held to be damaged."""

LEAST_OF_BASELINE = 0.5
"""A file with fewer rows than this share of the baseline is held to be truncated."""

BASELINE_DAYS = 30


def check(reading: Reading, accepted: list[Accepted], *, day: date) -> list[Accepted]:
    """Refuse a file for what it holds.

    Args:
        reading: What was read.
        accepted: The files of this source accepted so far.
        day: The run's day.

    Returns:
        The baseline with this file added, older files than the baseline's 30 days left out.

    Raises:
        Refused: Empty, too many unreadable rows, or too few rows.

    """
    unreadable = len(reading.set_aside)
    if not reading.rows:
        raise Refused("no readable row" if unreadable else "empty file")
    if unreadable > MOST_SET_ASIDE * (reading.rows + unreadable):
        raise Refused(f"{unreadable} of {reading.rows + unreadable} rows are unreadable")
    recent = [file for file in accepted if day - file.day <= timedelta(days=BASELINE_DAYS)]
    largest = max((file.rows for file in recent), default=0)
    if reading.rows < LEAST_OF_BASELINE * largest:
        raise Refused(f"{reading.rows} rows, under half of the {largest} of the largest recent file")
    return [*recent, Accepted(day=day, rows=reading.rows)]

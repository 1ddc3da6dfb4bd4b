"""Refuses files that are readable but implausible (sources.md, "Guards")."""

from collections.abc import Iterable
from datetime import date, timedelta

from quiforme.snapshot.manifest import Accepted
from quiforme.sources.reading import FileRefused, ReadResult

MOST_SET_ASIDE = 0.01
"""The share of unreadable rows above which the whole file is taken to be damaged."""

LEAST_OF_BASELINE = 0.5
"""A file with fewer rows than this share of the baseline is taken to be truncated."""

BASELINE_DAYS = 30


def check(reading: ReadResult, accepted: Iterable[Accepted], *, day: date, any_volume: bool = False) -> None:
    """Check the contents of a file.

    Args:
        reading: The contents.
        accepted: The files of this source accepted so far.
        day: The run's day.
        any_volume: Whether ops accept the file however few rows it has.

    Raises:
        FileRefused: Empty, too many unreadable rows, or too few rows.

    """
    unreadable = len(reading.set_aside)
    if not reading.rows:
        raise FileRefused("no_readable_row" if unreadable else "empty_file")
    if unreadable > MOST_SET_ASIDE * (reading.rows + unreadable):
        raise FileRefused("too_many_unreadable_rows", unreadable=unreadable, rows=reading.rows + unreadable)
    largest = max((file.rows for file in recent(accepted, day)), default=0)
    if reading.rows < LEAST_OF_BASELINE * largest and not any_volume:
        raise FileRefused("too_few_rows", rows=reading.rows, largest=largest)


def recent(accepted: Iterable[Accepted], day: date) -> tuple[Accepted, ...]:
    """Return the files that make up a day's baseline.

    The window is 30 days: compared with the day before, a file could shrink a little every day unnoticed.
    """
    return tuple(file for file in accepted if day - file.day <= timedelta(days=BASELINE_DAYS))

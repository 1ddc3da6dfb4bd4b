"""Refuses files that are readable but implausible (sources.md, "Guards" and "Values, not only shapes")."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from quiforme.snapshot.manifest import Accepted, SourceInUse
from quiforme.sources.reading import FileRefused, ReadResult
from quiforme.sources.values import ColumnCount

MOST_SET_ASIDE = 0.01
"""The share of unreadable rows above which the whole file is taken to be damaged."""

MOST_MALFORMED = 0.01
LEAST_MALFORMED = 50
"""A column with more malformed values than this share, and at least this number, is taken to be destroyed."""

MOST_OF_FEW_MALFORMED = 0.5
"""So is a column with more malformed values than this share, whatever their number."""

LEAST_OF_BASELINE = 0.5
"""A file with fewer rows than this share of the baseline is taken to be truncated."""

BASELINE_DAYS = 30

LEAST_OF_FILLED = 0.5
"""A column whose share of filled cells is under this part of what it was is taken to be emptied."""

LEAST_FILLED = 0.01
LEAST_ROWS = 200
"""A column that was filled less than that, or in a file of fewer rows, says nothing about the next file."""


def check(reading: ReadResult, in_use: SourceInUse | None, *, day: date, any_volume: bool = False) -> None:
    """Check the contents of a file.

    Args:
        reading: The contents.
        in_use: The last accepted file of this source, if any.
        day: The run's day.
        any_volume: Whether ops accept the file however few rows it has, and however few of their cells are filled.

    Raises:
        FileRefused: Empty, too many unreadable rows or malformed values, too few rows or filled cells.

    """
    # First of all: a value may be why its row is unreadable, as that of FICHE/ACTIF is.
    _check_values(reading.columns)
    _check_rows(reading)
    if in_use and not any_volume:
        largest = max((file.rows for file in recent(in_use.accepted, day)), default=0)
        if reading.rows < LEAST_OF_BASELINE * largest:
            raise FileRefused("too_few_rows", rows=reading.rows, largest=largest)
        _check_filled(reading, in_use)


def recent(accepted: Iterable[Accepted], day: date) -> tuple[Accepted, ...]:
    """Return the files that make up a day's baseline.

    The window is 30 days: compared with the day before, a file could shrink a little every day unnoticed.
    """
    return tuple(file for file in accepted if day - file.day <= timedelta(days=BASELINE_DAYS))


def _check_rows(reading: ReadResult) -> None:
    unreadable = len(reading.set_aside)
    if not reading.rows and not unreadable:
        raise FileRefused("empty_file")
    first = "".join(f"{row.line}: {row.reason}" for row in reading.set_aside[:1])
    if not reading.rows:
        raise FileRefused("no_readable_row", first_unreadable=first)
    if unreadable > MOST_SET_ASIDE * (reading.rows + unreadable):
        rows = reading.rows + unreadable
        raise FileRefused("too_many_unreadable_rows", unreadable=unreadable, rows=rows, first_unreadable=first)


def _check_values(columns: Mapping[str, ColumnCount]) -> None:
    for name, counted in columns.items():
        few = counted.malformed < LEAST_MALFORMED or counted.malformed <= MOST_MALFORMED * counted.filled
        if few and counted.malformed <= MOST_OF_FEW_MALFORMED * counted.filled:
            continue
        raise FileRefused(
            "malformed_values",
            column=name,
            malformed=counted.malformed,
            filled=counted.filled,
            percent=round(100 * counted.malformed / counted.filled),
            first=", ".join(f"{place}: {value!r}" for place, value in counted.first),
        )


def _check_filled(reading: ReadResult, in_use: SourceInUse) -> None:
    for name, counted in reading.columns.items():
        before = in_use.columns.get(name)
        if before is None or (counted.may_go and not counted.filled):
            continue
        cells = reading.rows if counted.cells is None else counted.cells
        cells_before = in_use.rows_read if before.cells is None else before.cells
        if cells_before < LEAST_ROWS or before.filled <= LEAST_FILLED * cells_before:
            continue
        if counted.filled * cells_before < LEAST_OF_FILLED * before.filled * cells or not cells:
            raise FileRefused(
                "emptied_column",
                column=name,
                filled=counted.filled,
                rows=cells,
                filled_before=before.filled,
                rows_before=cells_before,
            )

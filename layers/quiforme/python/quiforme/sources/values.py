"""Whether the values of a file have the form that the producer writes.

A file whose rows parse can still be destroyed: a spreadsheet saved it again, a pipeline changed a column's type, an
export changed its booleans. No later step can see it. The readers count here, column by column, before a value is
converted; snapshot/guards.py decides what the counts mean. Form only: a SIRET with a wrong key is well formed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from quiforme.database import sql_text


@dataclass(frozen=True, slots=True)
class Column:
    """What is asked of the values of one column.

    Attributes:
        name: The producer's name for it.
        value: The SQL of its text, trimmed; null when the cell is empty.
        form: The SQL that says whether a text, named `value`, is well formed.

    """

    name: str
    value: str
    form: str


@dataclass(frozen=True, slots=True)
class ColumnCount:
    """What was counted in one column.

    Attributes:
        filled: Cells that are not empty.
        malformed: Those of them that are not of the producer's form.
        first: The first three of these: the place of each, a line or the code of a fiche, and its text (`shown`).
        cells: How many cells there are, filled or not, where they are not one for each row of the file: a fiche has any
            number of partners.
        may_go: Whether a file without any value of it is accepted: only `meta` uses the column, and producers add and
            drop such columns.

    """

    filled: int
    malformed: int
    first: tuple[tuple[str, str], ...] = ()
    cells: int | None = None
    may_go: bool = False


FIRST: Final = 3
"""How many malformed values are shown."""
_LONGEST_SHOWN: Final = 60


def shown(value: str) -> str:
    """The text of a malformed value as far as it is shown."""
    return value[:_LONGEST_SHOWN]


def matching(pattern: str) -> str:
    """The form of a text that matches a regular expression as a whole."""
    return f"regexp_full_match(value, {sql_text(pattern)})"


def digits(*lengths: int) -> str:
    """The form of a text of so many digits, or of one of several lengths."""
    return matching("|".join(f"[0-9]{{{length}}}" for length in lengths))


def one_of(*values: str) -> str:
    """The form of a text out of a closed list; a value that the list lacks counts as malformed, so that it is seen."""
    return f"value IN ({', '.join(map(sql_text, values))})"


FRENCH_DATE: Final = "french_date(value) IS NOT NULL"
"""dd/MM/yyyy, a day of the calendar."""
ISO_DATE: Final = "TRY_CAST(value AS DATE) IS NOT NULL AND " + matching("[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""yyyy-MM-dd, a day of the calendar."""
NDA: Final = matching("[0-9]{4}[0-9A-Z][0-9]{6}")
UAI: Final = matching("[0-9]{7}[A-Z]")
ANY: Final = "true"
"""Any text: it is only counted in how many cells there is one."""


def count_values(
    database: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    *,
    place: str,
    place_of: Callable[[int], int] | None = None,
) -> dict[str, ColumnCount]:
    """Count the filled and the malformed values of each column, in one pass.

    Args:
        database: Reads the relation; gets a macro for each form.
        relation: The SQL of a relation in the order of the file; its cells are those of the file, not converted.
        columns: What to count.
        place: The SQL of where a row is, for the examples: the code of its fiche, or its rank.
        place_of: Makes of a rank the place that people look at, such as a line of the file.

    """
    if not columns:
        return {}
    for rank, column in enumerate(columns):
        # A macro, since no replacement in the text of the form would be safe.
        database.execute(f"CREATE OR REPLACE TEMP MACRO form_{rank}(value) AS coalesce({column.form}, false)")
    cells = ", ".join(f"{column.value} AS value_{rank}" for rank, column in enumerate(columns))
    counts = ", ".join(f"count(value_{rank}), count(*) FILTER ({_malformed(rank)})" for rank in range(len(columns)))
    numbers = database.execute(f"SELECT {counts} FROM (SELECT {cells} FROM {relation})").fetchone() or ()
    found: dict[str, ColumnCount] = {}
    for rank, column in enumerate(columns):
        filled, malformed = numbers[2 * rank], numbers[2 * rank + 1]
        first: list[tuple[str, str]] = []
        if malformed:
            source = f"(SELECT {place} AS place, {column.value} AS value_{rank} FROM {relation})"
            first = _first(database, source, rank)
        found[column.name] = ColumnCount(
            filled,
            malformed,
            tuple((str(place_of(int(at))) if place_of else at, shown(text)) for at, text in first),
        )
    return found


def _malformed(rank: int) -> str:
    return f"value_{rank} IS NOT NULL AND NOT form_{rank}(value_{rank})"


def _first(database: duckdb.DuckDBPyConnection, source: str, rank: int) -> list[tuple[str, str]]:
    found = database.execute(
        f"SELECT place, value_{rank}::VARCHAR FROM {source} WHERE {_malformed(rank)} ORDER BY place LIMIT {FIRST}"
    ).fetchall()
    return [(str(place), str(text)) for place, text in found]

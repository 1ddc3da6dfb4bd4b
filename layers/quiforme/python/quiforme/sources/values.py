"""Whether the values of a file have the form that the producer writes.

A file whose rows parse can still be destroyed: a spreadsheet saved it again, a pipeline changed a column's type, an
export changed its booleans. No later step can see it. The readers count here, column by column, before a value is
converted; snapshot/guards.py decides what the counts mean. Form only: a SIRET with a wrong key is well formed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from quiforme.database import sql_text

_SHOWN: Final = 3
_LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Column:
    """What is asked of the values of one column.

    Attributes:
        name: The producer's name for it.
        value: The SQL of its text, trimmed; null when the cell is empty.
        form: The SQL that says whether `value` is well formed, with `value` standing for the text.

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
        first: The first three of these, each with the place where it is: a line, or the code of a fiche.

    """

    filled: int
    malformed: int
    first: tuple[tuple[str, str], ...] = ()


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
NDA: Final = matching("[0-9]{4}[0-9A-Z][0-9]{6}")
UAI: Final = matching("[0-9]{7}[A-Z]")


def count_values(
    database: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column], *, place: str
) -> dict[str, ColumnCount]:
    """Count the filled and the malformed values of each column, in one pass.

    Args:
        database: Holds the relation.
        relation: A table or a view, with its cells as text.
        columns: What to count.
        place: The SQL of where a row is in the file, for the examples.

    """
    if not columns:
        return {}
    cells = ", ".join(f"{column.value} AS value_{rank}" for rank, column in enumerate(columns))
    counts = ", ".join(
        f"count(value_{rank}), count(*) FILTER (value_{rank} IS NOT NULL AND NOT coalesce({_form(column, rank)}, false))"
        for rank, column in enumerate(columns)
    )
    source = f"(SELECT {place} AS place, {cells} FROM {relation})"
    row: Iterable[Any] = database.execute(f"SELECT {counts} FROM {source}").fetchone() or ()
    numbers = list(map(int, row))
    found: dict[str, ColumnCount] = {}
    for rank, column in enumerate(columns):
        filled, malformed = numbers[2 * rank], numbers[2 * rank + 1]
        first = _first(database, source, column, rank) if malformed else ()
        found[column.name] = ColumnCount(filled, malformed, first)
    return found


def _form(column: Column, rank: int) -> str:
    return column.form.replace("value", f"value_{rank}")


def _first(database: duckdb.DuckDBPyConnection, source: str, column: Column, rank: int) -> tuple[tuple[str, str], ...]:
    rows = database.execute(
        f"SELECT place::VARCHAR, left(value_{rank}, {_LONGEST_SHOWN}) FROM {source} "
        f"WHERE value_{rank} IS NOT NULL AND NOT coalesce({_form(column, rank)}, false) LIMIT {_SHOWN}"
    ).fetchall()
    return tuple((str(where), str(value)) for where, value in rows)


def malformed_only(counts: Mapping[str, ColumnCount]) -> dict[str, int]:
    """The columns with malformed values, and how many each has."""
    return {name: count.malformed for name, count in counts.items() if count.malformed}

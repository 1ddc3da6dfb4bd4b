"""The form of values: what counts as filled, what as malformed, and the examples."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database
from quiforme.sources import values
from quiforme.sources.values import Column, ColumnCount, count_values


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path, memory_limit_mb=200) as database:
        yield database


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (
            values.digits(9),
            ["000000000"],
            ["12345678", "1234567890", "1,75E+08", "175000000.0", "12345678é", "١٢٣٤٥٦٧٨٩"],
        ),
        (values.digits(5, 14), ["00012", "13000000000012"], ["12", "130000000000", "1.3E+13", "130000000000120"]),
        (values.one_of("true", "l'un"), ["true", "l'un"], ["True", "VRAI", "1", "tru"]),
        (
            values.FRENCH_DATE,
            ["29/02/2024"],
            ["31/02/2024", "29/02/2023", "2024-02-29", "1/2/2024", "45350", "00/00/0000"],
        ),
        (values.ISO_DATE, ["2024-02-29"], ["2023-02-29", "29/02/2024", "2024-02-29 00:00:00", "2024-2-9", "infinity"]),
        (values.NDA, ["11755000010", "2202P002202"], ["1,17500E+10", "1175500001", "11755000010.0", "2202p002202"]),
        (values.UAI, ["0750010D"], ["750010D", "0750010d", "07500100"]),
    ],
)
def test_forms(database: duckdb.DuckDBPyConnection, form: str, good: list[str], bad: list[str]) -> None:
    cells = ", ".join(f"({place}, $${cell}$$)" for place, cell in enumerate(good + bad, start=1))
    found = count_values(database, f"(VALUES {cells}) AS t(place, cell)", [Column("c", "cell", form)], place="place")
    counted = found["c"]
    assert (counted.filled, counted.malformed) == (len(good + bad), len(bad))
    assert [text for _, text in counted.first] == bad[:3]


def test_every_column_is_counted_over_its_filled_cells(database: duckdb.DuckDBPyConnection) -> None:
    """White space is no value; a text named as its column's alias is a text."""
    rows = [
        ("1", "a", None),
        (" 2\t", "", "value"),
        ("", "b", "value_0"),
        (None, "\u00a0", "12"),
        ("x" * 99, "a", "13"),
    ]
    database.execute(
        "CREATE TABLE cells AS SELECT unnest(?) AS row", [[dict(zip("pqr", row, strict=True)) for row in rows]]
    )
    found = count_values(
        database,
        "(SELECT unnest(row), row_number() OVER () AS line FROM cells)",
        [
            Column("P", "clean(p)", values.digits(1)),
            Column("Q", "clean(q)", values.one_of("a", "b")),
            Column("R", "clean(r)", values.one_of("value", "value_0")),
        ],
        place="line",
        place_of=lambda line: line + 1,
    )
    assert found == {
        "P": ColumnCount(3, 1, (("6", "x" * 60),)),
        "Q": ColumnCount(3, 0),
        "R": ColumnCount(4, 2, (("5", "12"), ("6", "13"))),
    }


def test_a_form_that_cannot_be_judged_is_not_fulfilled(database: duckdb.DuckDBPyConnection) -> None:
    found = count_values(database, "(SELECT 'x' AS c)", [Column("c", "c", "TRY_CAST(value AS INTEGER) > 0")], place="1")
    assert found == {"c": ColumnCount(1, 1, (("1", "x"),))}


def test_nothing_to_count(database: duckdb.DuckDBPyConnection) -> None:
    assert count_values(database, "nowhere", [], place="1") == {}
    assert count_values(database, "(SELECT '' AS c WHERE false)", [Column("c", "c", values.UAI)], place="1") == {
        "c": ColumnCount(0, 0)
    }

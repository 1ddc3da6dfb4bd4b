"""The mutator (tools/mutation): which changes it makes to a query."""

import pytest

from tools.mutation.sql import mutants


def changes(sql: str) -> set[str]:
    """Each change as it is reported."""
    return {one.said(sql) for one in mutants(sql)}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE a > 1", {"WHERE a > 1 → nothing", "> → >=", "> → <", "1 → 0", "1 → 2"}),
        (
            "FROM t WHERE a AND NOT b",
            {"WHERE a AND NOT b → nothing", "a AND → nothing", "AND NOT b → nothing", "AND → OR", "NOT → nothing"},
        ),
        ("FROM t WHERE a IS NOT NULL", {"WHERE a IS NOT NULL → nothing", "IS NOT → IS"}),
        ("FROM t ANTI JOIN u USING (a)", {"ANTI → SEMI", "ANTI JOIN u USING (a) → nothing"}),
        ("FROM t JOIN u USING (a, b)", {"JOIN → LEFT JOIN", "a, → nothing", ", b → nothing"}),
        ("FROM t UNION ALL FROM u", {"UNION ALL → UNION", "UNION ALL FROM u → nothing", "FROM t UNION ALL → nothing"}),
        (
            "SELECT min(a ORDER BY b) FROM t",
            {"min → max", "ORDER BY b → nothing", "nothing → DESC"},
        ),
        ("SELECT {a: x, b: 'y'}", {"a: x, → nothing", ", b: 'y' → nothing", "'y' → 'y~'"}),
        (
            "SELECT coalesce(é, false) -- NOT a = 1",
            {"é, → nothing", ", false → nothing", "false → true"},
        ),
        ("SELECT unnest(['a', 'b', 'c'])", {"'a' → 'a~'"}),
    ],
)
def test_the_changes_to_a_query(sql: str, expected: set[str]) -> None:
    assert changes(sql) == expected


def test_a_change_leaves_the_rest_as_it_is() -> None:
    sql = "SELECT 'é' AS accent -- kept\nFROM t WHERE a = 1"
    [one] = [one for one in mutants(sql) if one.said(sql) == "= → <>"]
    assert one.of(sql) == "SELECT 'é' AS accent -- kept\nFROM t WHERE a <> 1"

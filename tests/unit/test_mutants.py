"""The mutation tool (tools/mutation): which changes it makes, which may survive, which it takes."""

import subprocess
from pathlib import Path

import pytest

from tools.mutation.__main__ import drawn
from tools.mutation.changed import changed_subjects, commit_of, text_at
from tools.mutation.explained import explanations
from tools.mutation.sql import mutants, normalised, statements
from tools.mutation.subjects import Change, Subject, columns_text, rule_text, subjects


@pytest.fixture(scope="module")
def everything() -> list[Subject]:
    """Every subject, with its mutants."""
    return list(subjects())


def changes(sql: str) -> set[str]:
    """Each change as it is reported."""
    return {one.description(sql) for one in mutants(sql)}


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
        ("SELECT {a: x, b: 'y'}", {"a:x, → nothing", ", b:'y' → nothing", "'y' → 'y~'"}),
        (
            "SELECT coalesce(é, false) -- NOT a = 1",
            {"é, → nothing", ", FALSE → nothing", "FALSE → TRUE"},
        ),
        ("SELECT unnest(['a', 'b', 'c'])", {"'a' → 'a~'"}),
    ],
)
def test_the_changes_to_a_query(sql: str, expected: set[str]) -> None:
    assert changes(sql) == expected


def test_a_change_leaves_the_rest_as_it_is() -> None:
    sql = "SELECT 'é' AS accent -- kept\nFROM t WHERE a = 1"
    [one] = [one for one in mutants(sql) if one.description(sql) == "= → <>"]
    assert one.of(sql) == "SELECT 'é' AS accent -- kept\nFROM t WHERE a <> 1"


def test_layout_and_comments_do_not_matter() -> None:
    assert normalised("select a,\n  b -- why\nFROM  t\nWHERE f( a ) = 1") == normalised(
        "SELECT a, b FROM t WHERE f(a) = 1"
    )
    assert normalised("SELECT 'a  b'") != normalised("SELECT 'a b'")


def test_a_script_is_cut_into_statements() -> None:
    sql = "-- Makes: a.\nCREATE OR REPLACE TABLE a AS FROM x;\n\nINSERT INTO a FROM y; CREATE OR REPLACE MACRO m(n) AS n;\n"
    assert [one.relation for one in statements(sql)] == ["a", "INSERT INTO a", "m"]
    assert [sql[one.start : one.end] for one in statements(sql)][1] == "INSERT INTO a FROM y"


def test_every_explanation_describes_as_many_mutants_as_it_says(everything: list[Subject]) -> None:
    described = {
        one: sum(one.covers(subject.name, change) for subject in everything for change in subject.changes)
        for one in explanations()
    }
    assert [one for one, number in described.items() if number != one.mutants] == []


def test_no_mutant_is_explained_twice(everything: list[Subject]) -> None:
    known = list(explanations())
    for subject in everything:
        for change in subject.changes:
            assert sum(one.covers(subject.name, change) for one in known) < 2, (subject.name, change.description)


def test_a_fact_is_one_subject(everything: list[Subject]) -> None:
    names = [one.name for one in everything]
    assert len(names) == len(set(names))
    assert {"anomalies/facts/4_locations.sql: locations", "pipeline/shared/uai.sql: uai_annuaire"} <= set(names)


RULE = """
RULE = Rule(
    code="r", severite="info", cle=("nda",), needs=("liste_of",),
    sql=f"SELECT nda, {LIST_EVIDENCE} FROM list_rows WHERE nda <> ''",
    message="Un texte.",
)
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("FROM list_rows", "FROM   list_rows  /* why */", True),
        ("Un texte", "Un autre texte", True),
        ("<> ''", "<> 'x'", False),
        ('"info"', '"mineure"', False),
        ("{LIST_EVIDENCE}", "{OTHER}", False),
    ],
)
def test_what_changes_a_rule(old: str, new: str, same: bool) -> None:
    assert old in RULE
    assert (rule_text(RULE.replace(old, new)) == rule_text(RULE)) is same


def test_the_columns_that_rules_share_are_compared_too() -> None:
    assert columns_text("LIST_EVIDENCE: Final = 'a,  b'") == columns_text("LIST_EVIDENCE: Final = 'a, b'") == "a, b"
    assert columns_text("OTHER: Final = 'a'") is None


def test_a_subject_is_changed_when_its_own_text_is(everything: list[Subject]) -> None:
    root = Path(__file__).parents[2]

    def changed(old: str, new: str) -> list[str]:
        return [one.name for one in changed_subjects(everything, lambda path: _read(root / path).replace(old, new))]

    assert changed("", "") == []
    assert changed("WHERE score", "WHERE  score") == []
    assert changed("demandee IS NULL", "demandee IS NOT NULL") == ["anomalies/facts/5_addresses.sql: list_addresses"]
    assert changed("> 730", "> 731") == ["rules/declaration_perimee"]
    assert len(changed_subjects(everything, lambda _: None)) == len(everything)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_revision_is_read_from_git(tmp_path: Path) -> None:
    assert commit_of("HEAD", tmp_path) is None  # no repository
    (tmp_path / "a.sql").write_text("SELECT 1\n", encoding="utf-8")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init", "-q"], ["add", "a.sql"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True)
    commit = commit_of("HEAD", tmp_path)
    assert commit
    assert text_at(commit, "a.sql", tmp_path) == "SELECT 1"
    assert text_at(commit, "b.sql", tmp_path) is None
    assert commit_of("nowhere", tmp_path) is None


def test_without_git_there_is_nothing_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit_of("HEAD") is None


def test_a_seed_draws_the_same_mutants_again(everything: list[Subject]) -> None:
    def descriptions(seed: str) -> list[tuple[str, Change]]:
        return [(subject.name, change) for subject in drawn(everything, 25, seed) for change in subject.changes]

    assert len(descriptions("a")) == 25
    assert descriptions("a") == descriptions("a")
    assert descriptions("a") != descriptions("b")
    assert drawn(everything[:1], 10_000, "a") == everything[:1]

"""The catalogue as a whole; each rule has a test file of its own in `rules/`."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import quiforme.anomalies.rules
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.rule import Rule

from tests.unit.rules.life import life_of, no_rows
from tests.unit.rules.rows import place
from tools.local_stack.emulator import ROOT

TESTS = Path(__file__).parent / "rules"
SPECIFICATION = ROOT.parent / "shared" / "spec" / "anomalies.md"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every table, all empty."""
    with no_rows(tmp_path_factory.mktemp("scratch")) as one:
        yield one


def test_a_rule_is_one_file_and_one_test() -> None:
    codes = sorted(rule.code for rule in RULES)
    [folder] = map(Path, quiforme.anomalies.rules.__path__)
    assert sorted(path.stem for path in folder.glob("[!_]*.py")) == codes
    assert sorted(path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")) == codes


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="no specification beside the project")
def test_the_catalogue_is_the_specifications() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, ]+) \|", SPECIFICATION.read_text(encoding="utf-8"), re.MULTILINE)
    rules = {(rule.code, rule.severite, ", ".join(rule.cle)) for rule in RULES}
    assert set(lines) == rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_empty_tables_break_no_rule(database: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    with life_of(rule, database) as life:
        life.play({})
        assert life.finds({"adresses": [place(None)]}) == set()

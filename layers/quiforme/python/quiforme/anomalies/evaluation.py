"""The evaluation of the rules: the facts that they look at, which of them can be evaluated, and what they find."""

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final

import duckdb

from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.rule import Rule
from quiforme.database import run_script

FACTS: Final = (
    "pipeline/shared/registers.sql",
    "pipeline/shared/uai.sql",
    "anomalies/facts/1_list.sql",
    "anomalies/facts/2_population.sql",
    "anomalies/facts/3_establishments.sql",
    "anomalies/facts/4_locations.sql",
    "anomalies/facts/5_addresses.sql",
)
"""The SQL of the facts, in order: a script reads what the scripts before it make."""
_OPTIONAL_COLUMNS: Final = ("siret", "siren", "nda", "code_fiche", "uai", "source", "code_region", "details")


def load_facts(database: duckdb.DuckDBPyConnection, day: date) -> None:
    """Make the facts from the snapshot, the previous snapshots and the ledger, as of the run's day."""
    database.execute("SET VARIABLE day = ?", [day])
    for script in FACTS:
        run_script(database, script)


def evaluate_rules(
    database: duckdb.DuckDBPyConnection, available: AbstractSet[str], *, has_previous: bool
) -> list[Rule]:
    """Evaluate every rule that can be, into the table `raw_findings`.

    Args:
        database: Holds the facts.
        available: The names that `Rule.needs` may ask for and the snapshot has.
        has_previous: Whether there is a snapshot before this one.

    Returns:
        The rules evaluated, in the order of the catalogue.

    """
    evaluated = [rule for rule in RULES if can_be_evaluated(rule, available, has_previous=has_previous)]
    for rule in evaluated:
        evaluate(database, rule)
    return evaluated


def can_be_evaluated(rule: Rule, available: AbstractSet[str], *, has_previous: bool) -> bool:
    """Whether every source that the rule needs is available, and a previous snapshot if it compares with one."""
    has_sources = all(any(name in available for name in need.split("|")) for need in rule.needs)
    return has_sources and (has_previous or not rule.compares_with_previous)


def evaluate(database: duckdb.DuckDBPyConnection, rule: Rule) -> None:
    """Add a rule's findings to `raw_findings`, and the rule to `evaluated_rules`."""
    selected = {column[0] for column in database.execute(f"SELECT * FROM ({rule.sql}) LIMIT 0").description or ()}
    key = ", ".join(f"{name}: {name}::VARCHAR" for name in sorted(rule.cle))
    columns = ", ".join(
        f"{name}::VARCHAR AS {name}" if name in selected else f"NULL AS {name}" for name in _OPTIONAL_COLUMNS
    )
    database.execute(
        f"""
        INSERT INTO raw_findings BY NAME
        SELECT '{rule.code}' AS code, to_json({{{key}}}) AS cle, constats::VARCHAR AS constats, {columns}
        FROM ({rule.sql})
        """
    )
    database.execute("INSERT INTO evaluated_rules VALUES (?, ?)", [rule.code, rule.max_age_days])

"""The life of one rule's anomalies: on each day the rule is evaluated on plain rows, and the ledger updated."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.evaluation import can_be_evaluated, evaluate, load_facts
from quiforme.anomalies.flood import NUMBER, SHARE
from quiforme.anomalies.message import sentence
from quiforme.anomalies.rule import Rule
from quiforme.database import open_database, run_script
from quiforme.sources.catalogue import SOURCES

from tests.unit.rules.rows import DAY, Row, Tables

RULE_OF = {rule.code: rule for rule in RULES}
_REGISTERS = ("fiches_rncp", "fiches_rs")
_TABLES_OF = {source.name: source.tables for source in SOURCES} | {"adresses": ("adresses",)}


@dataclass(frozen=True)
class Event:
    """An event sent about an anomaly, with its row of the ledger."""

    kind: str
    cle: dict[str, str]
    constats: dict[str, Any]
    row: Row

    def about(self, *names: str) -> tuple[Any, ...]:
        """Columns of the ledger's row."""
        return tuple(self.row[name] for name in names)


@dataclass
class Life:
    """The days of one rule.

    Attributes:
        rule: The rule.
        database: Holds the facts of the day, and the ledger.
        day: The last day played.
        evaluated: Whether the rule was evaluated on that day.

    """

    rule: Rule
    database: duckdb.DuckDBPyConnection
    day: date = DAY - timedelta(days=1)
    evaluated: bool = False
    _days: int = 0
    _today: Tables = field(default_factory=dict)
    _missed: list[Tables] = field(default_factory=list)
    _filled: set[str] = field(default_factory=set)

    def play(self, tables: Tables, *, after: int = 1, without: tuple[str, ...] = ()) -> list[Event]:
        """Play one day, on which sources and documents hold these rows and no others.

        Args:
            tables: The rows of each table. The rule may compare them with those of the previous day.
            after: The number of days since the last day played.
            without: Sources that the snapshot does not have.

        Returns:
            The events sent.

        """
        self.day += timedelta(days=after)
        empty = {table for source in without for table in _TABLES_OF[source]}
        earlier, self._missed = [*reversed(self._missed), self._today], []
        self._today = {name: rows for name, rows in tables.items() if name not in empty}
        self._days += 1
        return self._run(_previous(earlier), without)

    def miss(self, tables: Tables) -> None:
        """A day without a reconciliation; the next day compares with its snapshot too."""
        self.day += timedelta(days=1)
        self._missed.append(tables)

    def entered(self, code: str, **cle: str) -> None:
        """Add an open anomaly of another rule to the ledger."""
        self.database.execute(
            "INSERT INTO ledger (id, code, cle, etat) VALUES (?, ?, ?, 'ouverte')", [code, code, json.dumps(cle)]
        )

    def again(self) -> list[Event]:
        """Run again on the same snapshot, which is not compared a second time; the events sent."""
        return self._run({}, ())

    def finds(self, tables: Tables) -> set[tuple[str, ...]]:
        """Play one day on these rows; the keys that the rule finds."""
        self.play(tables)
        assert self.evaluated
        return {
            tuple(json.loads(row["cle"])[name] for name in self.rule.cle) for row in self._rows("FROM raw_findings")
        }

    def whole(
        self,
        *,
        severite: str,
        cle: dict[str, str],
        needs: tuple[str, ...],
        broken: Tables,
        mended: Tables,
        changed: Tables | None,
        before: Tables | None = None,
    ) -> Event:
        """Play a whole life: the anomaly opens, stays, changes, closes and opens again.

        Args:
            severite: The severity that the rule must have.
            cle: The key of the anomaly, with the names in the order of the catalogue.
            needs: The sources without which the rule is not evaluated; ``a|b`` needs one of the two.
            broken: Rows on which the rule finds this anomaly and no other.
            mended: Rows on which it does not find the anomaly.
            changed: Rows on which it finds the anomaly with other evidence; None when the evidence cannot change.
            before: The rows of the previous day, for a rule that compares.

        Returns:
            The event that opened it.

        """
        rule = self.rule
        assert (rule.severite, rule.cle, rule.needs) == (severite, tuple(cle), needs)
        assert rule.compares_with_previous == (before is not None)
        if before is not None:
            assert self.play(broken) == []  # there is nothing to compare with yet
            assert not self.evaluated
            assert self.play(before) == []

        [opened] = self.play(broken)
        assert (opened.kind, opened.cle) == ("ouverte", cle)
        assert opened.about("id", "occurrence", "sequence") == (identity(rule.code, cle), 1, 1)
        assert opened.about("premiere_detection", "derniere_detection") == (self.day, self.day)
        assert opened.constats
        assert self.day.isoformat() not in opened.row["constats"]
        since, sent = self.day, 1

        assert self.again() == []
        assert self.play(broken) == []
        [row] = self.ledger()
        assert (row["etat"], row["sequence"]) == ("ouverte", 1)
        assert (row["premiere_detection"], row["derniere_detection"]) == (since, self.day)

        for need in needs:
            missing, entered = tuple(need.split("|")), self.ledger()
            assert self.play(broken, without=missing) == []
            assert not self.evaluated
            assert self.ledger() == entered
            for one in missing[1:]:
                assert self.play(broken, without=(one,)) == []
                assert self.evaluated

        if changed is not None:
            for rows in (changed, broken):
                [event] = self.play(rows)
                sent += 1
                assert (event.kind, event.cle) == ("modifiee", cle)
                assert event.about("id", "occurrence", "sequence") == (opened.row["id"], 1, sent)
                assert event.about("premiere_detection", "derniere_detection") == (since, self.day)
                assert (event.constats == opened.constats) == (rows is broken)
                assert self.play(rows) == []

        [closed] = self.play(mended)
        assert (closed.kind, closed.cle) == ("resolue", cle)
        assert closed.about("id", "occurrence", "sequence") == (opened.row["id"], 1, sent + 1)
        assert closed.about("etat", "resolue_le") == ("resolue", self.day)
        assert closed.constats == opened.constats
        assert self.again() == []
        assert self.play(mended) == []

        [reopened] = self.play(broken)
        assert (reopened.kind, reopened.cle, reopened.constats) == ("ouverte", cle, opened.constats)
        assert reopened.about("id", "occurrence", "sequence") == (opened.row["id"], 2, sent + 2)
        assert reopened.about("premiere_detection", "derniere_detection") == (self.day, self.day)
        return opened

    def ledger(self) -> list[Row]:
        """All rows of the ledger."""
        return self._rows("FROM ledger ORDER BY id")

    def end(self) -> None:
        """Empty all tables."""
        self._empty()
        run_script(self.database, "anomalies/ledger.sql")

    def _run(self, before: Tables, without: tuple[str, ...]) -> list[Event]:
        self._load(before)
        available = {*_TABLES_OF} - {*without} - ({"adresses"} if not self._today.get("adresses") else set())
        self.evaluated = can_be_evaluated(self.rule, available, has_previous=self._days > 1)
        if self.evaluated:
            evaluate(self.database, self.rule)
        run_script(self.database, "anomalies/transitions.sql")
        rows = self._rows("FROM ledger_today WHERE event IS NOT NULL ORDER BY id")
        [(known, entered)] = self.database.execute("SELECT count(DISTINCT id), count(*) FROM ledger_today").fetchall()
        assert known == entered  # an anomaly has one row
        names = ", ".join(name for name, *_ in self.database.execute("DESCRIBE ledger").fetchall())
        self.database.execute(f"CREATE OR REPLACE TABLE ledger AS SELECT {names} FROM ledger_today")
        return [self._event(row) for row in rows]

    def _load(self, before: Tables) -> None:
        """Load the rows of the day and of the previous one, keep the ledger, and make the facts."""
        self._empty()
        self.database.execute("CREATE OR REPLACE TABLE saved AS FROM ledger")
        run_script(self.database, "anomalies/ledger.sql")
        self.database.execute("CREATE OR REPLACE TABLE ledger AS FROM saved")
        for name, rows in self._today.items():
            self._fill("empty.sirene" if name == "sirene" else f"main.{name}", rows)
        for name, rows in before.items():
            self._fill(f"previous.{name}", rows)
        load_facts(self.database, self.day)

    def _empty(self) -> None:
        for table in self._filled:
            self.database.execute(f"DELETE FROM {table}")
        self._filled = set()

    def _fill(self, table: str, rows: list[Row]) -> None:
        self._filled.add(table)
        for row in rows:
            places = ", ".join("?" for _ in row)
            self.database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))

    def _rows(self, query: str) -> list[Row]:
        result = self.database.execute(query)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    def _event(self, row: Row) -> Event:
        cle, constats = json.loads(row["cle"]), json.loads(row["constats"])
        text = sentence(self.rule, row["event"], cle, constats, row)
        assert "non renseigné" not in text  # every placeholder was filled
        return Event(row["event"], {name: cle[name] for name in self.rule.cle}, constats, row)


def _previous(earlier: list[Tables]) -> Tables:
    """The tables of the schema `previous`, from the tables of the days to compare with, newest first."""
    before: Tables = {"liste_of": [], "habilitations": [], "fiches": []}
    for number, tables in enumerate(earlier):
        before["liste_of"] += tables.get("liste_of", [])
        before["habilitations"] += [{**row, "snapshot": number} for row in tables.get("habilitations", [])]
        before["fiches"] += [
            {"code": row["code"], "announced_end": row["date_fin_enregistrement"], "snapshot": number}
            for register in _REGISTERS
            for row in tables.get(register, [])
        ]
    return before


def identity(code: str, cle: dict[str, str]) -> str:
    """The identifier of an anomaly."""
    text = json.dumps({"cle": cle, "code": code}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@contextmanager
def no_rows(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with every table that a rule may read, all empty."""
    with open_database(scratch, memory_limit_mb=200) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        run_script(database, "anomalies/ledger.sql")
        run_script(database, "anomalies/source_outcomes.sql")
        database.execute("SET VARIABLE flood_number = ?", [NUMBER])
        database.execute("SET VARIABLE flood_share = ?", [SHARE])
        names = database.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('empty', 'previous')"
        ).fetchall()
        for schema, name in names:
            kind = "VIEW" if name == "sirene" else "TABLE"
            database.execute(f"CREATE OR REPLACE {kind} main.{name} AS FROM {schema}.{name}")
        database.execute("CREATE OR REPLACE TABLE previous.liste_of AS FROM main.liste_of")
        database.execute(
            "CREATE OR REPLACE TABLE previous.habilitations AS SELECT *, 0 AS snapshot FROM main.habilitations"
        )
        database.execute("CREATE TABLE previous.fiches (code VARCHAR, announced_end DATE, snapshot INTEGER)")
        yield database


@contextmanager
def life_of(rule: Rule, database: duckdb.DuckDBPyConnection) -> Iterator[Life]:
    """A rule before its first day, in a database without rows; the database is emptied at the end."""
    life = Life(rule, database)
    try:
        yield life
    finally:
        life.end()

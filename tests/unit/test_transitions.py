"""The transitions of anomalies from day to day, and what is announced: transitions.sql on plain findings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from quiforme.anomalies import flood
from quiforme.database import open_database, run_script

FIRST = date(2026, 11, 23)
MANY = flood.NUMBER + 1
Row = tuple[str, str, str | None, int]
"""Subject, transition, announced event, sequence."""


@dataclass
class Life:
    """The ledger of one rule, `r`, played day by day."""

    database: duckdb.DuckDBPyConnection
    day: date = FIRST
    tried: bool = False

    def play(self, findings: dict[str, str], *, evaluated: bool = True, details: str | None = None) -> list[Row]:
        """Play one day with these findings (subject → evidence), all with the same details; the transitions."""
        db = self.database
        db.execute("DELETE FROM raw_findings; DELETE FROM evaluated_rules; DELETE FROM rules_with_history")
        db.execute("SET VARIABLE day = ?", [self.day])
        db.execute("SET VARIABLE flood_number = ?", [flood.NUMBER])
        db.execute("SET VARIABLE flood_share = ?", [flood.SHARE])
        if evaluated:
            db.execute(
                """INSERT INTO raw_findings BY NAME
                   SELECT 'r' AS code, to_json({nda: nda}) AS cle, constats, ?::VARCHAR AS details
                   FROM (SELECT unnest(?::VARCHAR[]) AS nda, unnest(?::VARCHAR[]) AS constats)""",
                [details, list(findings), list(findings.values())],
            )
            db.execute("INSERT INTO evaluated_rules VALUES ('r', NULL)")
        if self.tried:
            db.execute("INSERT INTO rules_with_history VALUES ('r')")
        run_script(db, "anomalies/transitions.sql")
        happened = db.execute(
            """SELECT cle->>'nda', transition, event, sequence FROM ledger_today
               WHERE transition IS NOT NULL ORDER BY ALL"""
        ).fetchall()
        db.execute("CREATE OR REPLACE TABLE ledger AS SELECT * EXCLUDE (transition, event) FROM ledger_today")
        self.tried |= evaluated
        self.day += timedelta(days=1)
        return happened

    def dismiss(self, subject: str) -> None:
        """Dismiss an anomaly, as an agent does, on its current evidence."""
        self.database.execute(
            "INSERT INTO dismissals SELECT id, evidence_digest(constats) FROM ledger WHERE cle->>'nda' = ?", [subject]
        )

    def decide(self, announcement: str) -> None:
        """Release or drop what is held, as ops do."""
        self.database.execute("UPDATE ledger SET annonce = ? WHERE annonce = 'retenue'", [announcement])

    def announcements(self) -> dict[str, int]:
        counted = self.database.execute("SELECT annonce, count(*) FROM ledger GROUP BY ALL").fetchall()
        return dict(counted)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with open_database(tmp_path, memory_limit_mb=500) as database:
        run_script(database, "anomalies/ledger.sql")
        database.execute(
            """CREATE TABLE locations (siret VARCHAR, departement VARCHAR, region VARCHAR);
               CREATE TABLE departements (region VARCHAR, departement VARCHAR);
               CREATE TABLE liste_of (siret VARCHAR, code_region VARCHAR, siret_valide BOOLEAN, line BIGINT)"""
        )
        yield Life(database)


def crowd(number: int, evidence: str = "e") -> dict[str, str]:
    return {f"{rank:05}": evidence for rank in range(number)}


def test_a_life(life: Life) -> None:
    assert life.play({"a": "1"}) == [("a", "ouverte", "ouverte", 1)]
    assert life.play({"a": "1"}) == []
    assert life.play({"a": "2"}) == [("a", "modifiee", "modifiee", 2)]
    assert life.play({}, evaluated=False) == []
    assert life.play({}) == [("a", "resolue", "resolue", 3)]
    assert life.play({}) == []
    assert life.play({"a": "2"}) == [("a", "ouverte", "ouverte", 4)]
    occurrence, first, resolved = (
        life.database.execute("SELECT occurrence, premiere_detection, resolue_le FROM ledger").fetchone() or ()
    )
    assert (occurrence, first, resolved) == (2, FIRST + timedelta(days=6), None)


def test_the_day_of_its_resolution_is_kept(life: Life) -> None:
    life.play({"a": "1"})
    life.play({})
    life.play({})
    assert life.database.execute("SELECT etat, resolue_le FROM ledger").fetchall() == [
        ("resolue", FIRST + timedelta(days=1))
    ]


def test_details_follow_the_findings_and_are_no_evidence(life: Life) -> None:
    def details() -> object:
        [(stored,)] = life.database.execute("SELECT details FROM ledger").fetchall()
        return stored

    life.play({"a": "1"}, details='"first"')
    assert details() == '"first"'
    assert life.play({"a": "1"}, details='"second"') == []
    assert details() == '"second"'
    life.play({})
    assert details() == '"second"'  # the message of the resolution recalls what was found
    life.play({"a": "1"})
    assert details() is None


def test_a_dismissed_anomaly_stays_quiet_while_its_evidence_stays_the_same(life: Life) -> None:
    life.play({"a": "1"})
    life.dismiss("a")
    assert life.play({"a": "1"}) == []
    assert life.play({}) == [("a", "resolue", "resolue", 2)]  # its opening was announced
    assert life.play({"a": "1"}) == [("a", "ouverte", None, 3)]
    assert life.announcements() == {"classee": 1}  # agents still see it
    assert life.play({}) == [("a", "resolue", None, 4)]
    assert life.play({"a": "1"}) == [("a", "ouverte", None, 5)]
    assert life.play({"a": "2"}) == [("a", "modifiee", "ouverte", 6)]  # an opening for consumers
    assert life.play({"a": "3"}) == [("a", "modifiee", "modifiee", 7)]
    assert life.play({}) == [("a", "resolue", "resolue", 8)]


def test_a_dismissed_anomaly_that_reopens_with_other_evidence_is_announced(life: Life) -> None:
    life.play({"a": "1"})
    life.dismiss("a")
    life.play({})
    assert life.play({"a": "2"}) == [("a", "ouverte", "ouverte", 3)]


def test_the_first_run_is_a_backlog_not_a_flood(life: Life) -> None:
    assert len(life.play(crowd(3 * MANY))) == 3 * MANY
    assert life.announcements() == {"faite": 3 * MANY}


def test_the_first_evaluation_of_a_rule_is_a_backlog_too(life: Life) -> None:
    life.play({}, evaluated=False)
    life.play(crowd(MANY))
    assert life.announcements() == {"faite": MANY}


@pytest.mark.parametrize(
    ("before", "after", "floods"),
    [
        (0, flood.NUMBER, False),
        (0, MANY, True),
        (5 * flood.NUMBER, flood.NUMBER, False),
        (5 * flood.NUMBER, MANY, True),
        (5 * MANY, MANY, False),
    ],
)
def test_a_flood_exceeds_both_a_number_and_a_share_of_what_was_open(
    life: Life, before: int, after: int, floods: bool
) -> None:
    life.play(crowd(before))
    happened = life.play(crowd(before + after))
    assert len(happened) == after
    assert {told for _, _, told, _ in happened} == {None if floods else "ouverte"}
    held = life.database.execute("SELECT opened, already_open FROM floods").fetchall()
    assert held == ([(after, before)] if floods else [])


def test_held_openings_are_not_announced_until_ops_release_them(life: Life) -> None:
    life.play({"old": "e"})
    life.play({"old": "e"} | crowd(MANY))
    few = {"old": "e"} | crowd(MANY - 2) | {"new": "e"}
    happened = life.play(few)
    # Two held anomalies close without an event; what opens on a later day is announced, though others are held.
    assert sorted(told or "" for _, _, told, _ in happened) == ["", "", "ouverte"]
    assert {told for _, what, told, _ in life.play(dict.fromkeys(few, "other")) if what == "modifiee"} == {
        None,
        "modifiee",
    }
    assert life.announcements() == {"faite": 2, "retenue": MANY}
    life.decide("faite")
    assert {told for _, _, told, _ in life.play({})} == {"resolue"}


def test_a_dropped_anomaly_is_not_announced_while_its_evidence_stays_the_same(life: Life) -> None:
    life.play({})
    life.play(crowd(MANY))
    life.decide("abandonnee")
    assert life.play(crowd(MANY)) == []
    happened = life.play({"00000": "other"})
    assert [row for row in happened if row[1] == "modifiee"] == [("00000", "modifiee", "ouverte", 2)]
    assert {told for _, what, told, _ in happened if what == "resolue"} == {None}


def test_dismissed_anomalies_do_not_count_towards_a_flood(life: Life) -> None:
    life.play(crowd(MANY))
    life.database.execute("INSERT INTO dismissals SELECT id, evidence_digest(constats) FROM ledger LIMIT 10")
    life.play({})
    life.play(crowd(MANY))
    assert life.database.execute("FROM floods").fetchall() == []


def test_a_rule_that_gives_one_key_twice_fails_the_reconciliation(life: Life) -> None:
    life.database.execute("CREATE TABLE extra AS SELECT 'r' AS code, '{\"nda\":\"a\"}'::JSON AS cle, '{}' AS constats")
    life.database.execute("INSERT INTO raw_findings BY NAME FROM extra UNION ALL FROM extra")
    with pytest.raises(duckdb.ConstraintException):
        run_script(life.database, "anomalies/transitions.sql")

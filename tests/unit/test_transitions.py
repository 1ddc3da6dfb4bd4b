"""What becomes of findings from day to day, and what consumers are told: transitions.sql on plain findings."""

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
"""Subject, what happened, what is told, sequence."""


@dataclass
class Life:
    """The ledger of one rule, `r`, played day by day."""

    database: duckdb.DuckDBPyConnection
    day: date = FIRST
    tried: bool = False

    def play(self, findings: dict[str, str], *, evaluated: bool = True, details: str | None = None) -> list[Row]:
        """One day, with these findings (subject → evidence), all with the same details; what happened to the subjects."""
        db = self.database
        db.execute("DELETE FROM constatees; DELETE FROM regles_evaluees; DELETE FROM regles_eprouvees")
        db.execute("SET VARIABLE day = ?", [self.day])
        db.execute("SET VARIABLE flood_number = ?", [flood.NUMBER])
        db.execute("SET VARIABLE flood_share = ?", [flood.SHARE])
        if evaluated:
            db.execute(
                """INSERT INTO constatees BY NAME
                   SELECT 'r' AS code, to_json({nda: nda}) AS cle, constats, ?::VARCHAR AS details
                   FROM (SELECT unnest(?::VARCHAR[]) AS nda, unnest(?::VARCHAR[]) AS constats)""",
                [details, list(findings), list(findings.values())],
            )
            db.execute("INSERT INTO regles_evaluees VALUES ('r', NULL)")
        if self.tried:
            db.execute("INSERT INTO regles_eprouvees VALUES ('r')")
        run_script(db, "anomalies/transitions.sql")
        happened = db.execute(
            """SELECT cle->>'nda', transition, evenement, sequence FROM registre_du_jour
               WHERE transition IS NOT NULL ORDER BY ALL"""
        ).fetchall()
        db.execute("CREATE OR REPLACE TABLE registre AS SELECT * EXCLUDE (transition, evenement) FROM registre_du_jour")
        self.tried |= evaluated
        self.day += timedelta(days=1)
        return happened

    def dismiss(self, subject: str) -> None:
        """As an agent does, on the evidence of today."""
        self.database.execute(
            "INSERT INTO classees SELECT id, empreinte(constats) FROM registre WHERE cle->>'nda' = ?", [subject]
        )

    def say(self, announcement: str) -> None:
        """As ops do: what is held is told, or dropped."""
        self.database.execute("UPDATE registre SET annonce = ? WHERE annonce = 'retenue'", [announcement])

    def announcements(self) -> dict[str, int]:
        counted = self.database.execute("SELECT annonce, count(*) FROM registre GROUP BY ALL").fetchall()
        return dict(counted)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with open_database(tmp_path, memory_limit_mb=500) as database:
        run_script(database, "anomalies/ledger.sql")
        database.execute(
            """CREATE TABLE lieux (siret VARCHAR, departement VARCHAR, region VARCHAR);
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
        life.database.execute("SELECT occurrence, premiere_detection, resolue_le FROM registre").fetchone() or ()
    )
    assert (occurrence, first, resolved) == (2, FIRST + timedelta(days=6), None)


def test_the_day_of_its_resolution_is_kept(life: Life) -> None:
    life.play({"a": "1"})
    life.play({})
    life.play({})
    assert life.database.execute("SELECT etat, resolue_le FROM registre").fetchall() == [
        ("resolue", FIRST + timedelta(days=1))
    ]


def test_details_follow_the_findings_and_are_no_evidence(life: Life) -> None:
    def details() -> object:
        [(stored,)] = life.database.execute("SELECT details FROM registre").fetchall()
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
    assert life.play({}) == [("a", "resolue", "resolue", 2)]  # consumers had been told of it
    assert life.play({"a": "1"}) == [("a", "ouverte", None, 3)]
    assert life.announcements() == {"classee": 1}  # agents go on seeing it
    assert life.play({}) == [("a", "resolue", None, 4)]
    assert life.play({"a": "1"}) == [("a", "ouverte", None, 5)]
    assert life.play({"a": "2"}) == [("a", "modifiee", "ouverte", 6)]  # news to the consumers
    assert life.play({"a": "3"}) == [("a", "modifiee", "modifiee", 7)]
    assert life.play({}) == [("a", "resolue", "resolue", 8)]


def test_a_dismissed_anomaly_that_comes_back_otherwise_is_told(life: Life) -> None:
    life.play({"a": "1"})
    life.dismiss("a")
    life.play({})
    assert life.play({"a": "2"}) == [("a", "ouverte", "ouverte", 3)]


def test_the_first_run_is_a_backlog_and_no_flood(life: Life) -> None:
    assert len(life.play(crowd(3 * MANY))) == 3 * MANY
    assert life.announcements() == {"faite": 3 * MANY}


def test_the_first_run_of_a_rule_is_its_backlog_too(life: Life) -> None:
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
def test_a_flood_passes_both_a_number_and_a_share_of_what_was_open(
    life: Life, before: int, after: int, floods: bool
) -> None:
    life.play(crowd(before))
    happened = life.play(crowd(before + after))
    assert len(happened) == after
    assert {told for _, _, told, _ in happened} == {None if floods else "ouverte"}
    held = life.database.execute("SELECT ouvertures, deja_ouvertes FROM crues").fetchall()
    assert held == ([(after, before)] if floods else [])


def test_what_is_held_is_not_told_until_ops_say_so(life: Life) -> None:
    life.play({"old": "e"})
    life.play({"old": "e"} | crowd(MANY))
    few = {"old": "e"} | crowd(MANY - 2) | {"new": "e"}
    happened = life.play(few)
    # Of the two held that went away nobody had heard; and what opens on a later day is told, held ones or not.
    assert sorted(told or "" for _, _, told, _ in happened) == ["", "", "ouverte"]
    assert {told for _, what, told, _ in life.play(dict.fromkeys(few, "other")) if what == "modifiee"} == {
        None,
        "modifiee",
    }
    assert life.announcements() == {"faite": 2, "retenue": MANY}
    life.say("faite")
    assert {told for _, _, told, _ in life.play({})} == {"resolue"}


def test_what_was_dropped_stays_quiet_while_its_evidence_stays_the_same(life: Life) -> None:
    life.play({})
    life.play(crowd(MANY))
    life.say("abandonnee")
    assert life.play(crowd(MANY)) == []
    happened = life.play({"00000": "other"})
    assert [row for row in happened if row[1] == "modifiee"] == [("00000", "modifiee", "ouverte", 2)]
    assert {told for _, what, told, _ in happened if what == "resolue"} == {None}


def test_dismissed_ones_are_no_part_of_a_flood(life: Life) -> None:
    life.play(crowd(MANY))
    life.database.execute("INSERT INTO classees SELECT id, empreinte(constats) FROM registre LIMIT 10")
    life.play({})
    life.play(crowd(MANY))
    assert life.database.execute("FROM crues").fetchall() == []


def test_a_rule_that_finds_one_thing_twice_stops_the_reconciliation(life: Life) -> None:
    life.database.execute("CREATE TABLE extra AS SELECT 'r' AS code, '{\"nda\":\"a\"}'::JSON AS cle, '{}' AS constats")
    life.database.execute("INSERT INTO constatees BY NAME FROM extra UNION ALL FROM extra")
    with pytest.raises(duckdb.ConstraintException):
        run_script(life.database, "anomalies/transitions.sql")

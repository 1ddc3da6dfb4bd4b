"""The anomalies that speak of a source itself: refused or absent, out of date, partly unreadable."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.sources.catalogue import SOURCES

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.accidents import emptied, html_page, truncated
from tools.in_process.system import System

ABOUT_SOURCES = ("source_refusee", "source_perimee", "lignes_rejetees")


def play(system: System, number: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Run a day on the drop as it stands; the messages about sources, by code and event."""
    day = FIRST_DAY + timedelta(days=number)
    system.ingest(day)
    system.outbox.events = []
    system.reconcile(day)
    return {
        (event["data"]["code"], event["data"]["cle"]["source"]): {"type": event["type"], **event["data"]}
        for event in system.outbox.events
        if event["data"]["code"] in ABOUT_SOURCES
    }


def test_a_refused_file_opens_and_the_next_good_one_closes(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    play(system, 0)
    good = (system.drop / "listePubliqueOF.csv").read_bytes()
    (system.drop / "listePubliqueOF.csv").write_text("<!DOCTYPE html><html>maintenance</html>")
    told = play(system, 1)["source_refusee", "liste_of"]
    assert told["type"].endswith("ouverte.v1")
    assert told["constats"]["fichier"] == "listePubliqueOF.csv"
    kept = system.storage.read(told["constats"]["conserve"])
    assert kept.startswith(b"<!DOCTYPE")
    assert ("source_refusee", "liste_of") not in play(system, 2)
    (system.drop / "listePubliqueOF.csv").write_bytes(good + b"\n")
    assert play(system, 3)["source_refusee", "liste_of"]["type"].endswith("resolue.v1")


@pytest.mark.parametrize("accident", [truncated, *proved([html_page, emptied])])
def test_a_file_refused_again_says_nothing_new(tmp_path: Path, accident: Callable[[Path], None]) -> None:
    """Not even where it lay while it was read."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    play(system, 0)
    for path in system.drop.iterdir():
        accident(path)
    told = {source: one for (code, source), one in play(system, 1).items() if code == "source_refusee"}
    cut_short = {"liste_of", "annuaire_education"} if accident is truncated else set()
    assert told.keys() | cut_short == {source.name for source in SOURCES}
    assert not any("/" in one["constats"]["motif"] for one in told.values())
    assert not [key for key in play(system, 2) if key[0] == "source_refusee"]


def test_an_absent_file_counts_as_refused_and_one_never_had_does_not(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    (system.drop / "referentiel-organismes.json").unlink()
    assert not [code for code, _ in play(system, 0) if code == "source_refusee"]
    (system.drop / "fr-en-annuaire-education.csv").unlink()
    told = play(system, 1)
    assert [key for key in told if key[0] == "source_refusee"] == [("source_refusee", "annuaire_education")]


def test_data_get_old_after_three_days_sirene_after_forty_five(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    opened: dict[str, int] = {}
    for number in (0, 3, 4, 5, 45, 46, 60):
        for (code, source), told in play(system, number).items():
            if code == "source_perimee" and told["type"].endswith("ouverte.v1"):
                opened[source] = number
            assert not told["type"].endswith("modifiee.v1")
    # Written with the day of each file: the stock's is that of its month.
    ages = {name: outcome.in_use.day for name, outcome in system.manifest().outcomes.items() if outcome.in_use}
    for source, number in opened.items():
        limit = 45 if source.startswith("sirene") else 3
        assert (FIRST_DAY + timedelta(days=number) - ages[source]).days > limit
    assert set(opened) == set(ages)


def test_unreadable_rows_say_how_many_and_where_they_are(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    told = play(system, 0)["lignes_rejetees", "liste_of"]
    evidence = told["constats"]
    rows = [json.loads(line) for line in system.storage.read(evidence["conservees"]).splitlines()]
    assert evidence["nombre"] == len(rows)
    assert evidence["premieres"] == [{"line": row["line"], "reason": row["reason"]} for row in rows[:10]]
    lines = (system.drop / "listePubliqueOF.csv").read_text(encoding="utf-8-sig").split("\n")
    assert all(lines[row["line"] - 1].rstrip("\r") == row["raw"] for row in rows)
    # The same rows laid again under another date: nothing is said anew.
    (system.drop / "listePubliqueOF.csv").touch()
    assert ("lignes_rejetees", "liste_of") not in play(system, 1)


def test_ops_accept_a_short_file_for_one_run(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=600)
    total = system.ingest(FIRST_DAY)["sources"]["liste_of"]["rows_read"]
    path = system.drop / "listePubliqueOF.csv"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:1] + lines[-total // 3 :]))
    day = FIRST_DAY + timedelta(days=1)
    refused = system.ingest(day)["sources"]["liste_of"]
    assert (refused["state"], refused["rows_read"]) == ("refused", total)
    assert system.ingest(day, any_volume=("other.csv",))["sources"]["liste_of"]["state"] == "refused"
    accepted = system.ingest(day, any_volume=("listePubliqueOF.csv",))["sources"]["liste_of"]
    assert accepted["state"] == "accepted"
    assert accepted["rows_read"] < total / 2

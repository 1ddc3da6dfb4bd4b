"""The anomalies of a source itself: refused or absent, stale, partly unreadable."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from quiforme.sources.catalogue import SOURCES

from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.accidents import emptied, html_page, truncated
from tools.in_process.system import System

ABOUT_SOURCES = ("source_refusee", "source_perimee", "lignes_rejetees")


def play(system: System, number: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Run a day on the drop; returns the messages about sources, by code and source."""
    day = FIRST_DAY + timedelta(days=number)
    system.ingest(day)
    system.outbox.events = []
    system.reconcile(day)
    return {
        (event["data"]["code"], event["data"]["cle"]["source"]): {"type": event["type"], **event["data"]}
        for event in system.outbox.events
        if event["data"]["code"] in ABOUT_SOURCES
    }


def test_a_refused_file_opens_an_anomaly_and_the_next_good_one_closes_it(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    play(system, 0)
    good = (system.drop / "listePubliqueOF.csv").read_bytes()
    (system.drop / "listePubliqueOF.csv").write_text("<!DOCTYPE html><html>maintenance</html>")
    message = play(system, 1)["source_refusee", "liste_of"]
    assert message["type"].endswith("ouverte.v1")
    assert message["constats"]["fichier"] == "listePubliqueOF.csv"
    assert message["constats"]["motif"].startswith("missing columns: ")
    assert "(colonnes absentes : " in message["message"]
    kept = system.storage.read(message["constats"]["conserve"])
    assert kept.startswith(b"<!DOCTYPE")
    assert ("source_refusee", "liste_of") not in play(system, 2)
    (system.drop / "listePubliqueOF.csv").write_bytes(good + b"\n")
    resolved = play(system, 3)["source_refusee", "liste_of"]
    assert resolved["type"].endswith("resolue.v1")
    assert "(colonnes absentes : " in resolved["message"]


@pytest.mark.prove
def test_what_a_version_without_refusal_codes_stored_is_still_read(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    play(system, 0)
    good = (system.drop / "listePubliqueOF.csv").read_bytes()
    (system.drop / "listePubliqueOF.csv").write_text("")
    assert "(il est vide)" in play(system, 1)["source_refusee", "liste_of"]["message"]
    without_refusals(system)
    (system.drop / "listePubliqueOF.csv").write_bytes(good + b"\n")
    resolved = play(system, 2)["source_refusee", "liste_of"]
    assert resolved["type"].endswith("resolue.v1")
    assert resolved["constats"]["motif"] == "empty file"
    assert "(il n'a pas pu être lu ou téléchargé)" in resolved["message"]


def without_refusals(system: System) -> None:
    """Take out of the storage what that version did not write."""
    state, pointer = system.pointer.get(), system.registry.pointer
    assert state
    assert pointer
    ledger, manifest = system.root / "storage" / state.ledger, system.root / "storage" / pointer.snapshot
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE old AS SELECT * EXCLUDE details FROM '{ledger}'")
        database.execute(f"COPY old TO '{ledger}' (FORMAT parquet)")
    stored = json.loads(manifest.read_text())
    for outcome in stored["outcomes"].values():
        del outcome["refusal"]
    manifest.write_text(json.dumps(stored))


@pytest.mark.parametrize("accident", [truncated, *proved([html_page, emptied])])
def test_a_file_refused_again_changes_nothing(tmp_path: Path, accident: Callable[[Path], None]) -> None:
    """The reason contains no local path, which differs from run to run."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    play(system, 0)
    for path in system.drop.iterdir():
        accident(path)
    messages = {source: one for (code, source), one in play(system, 1).items() if code == "source_refusee"}
    cut_short = {"liste_of", "annuaire_education"} if accident is truncated else set()
    assert messages.keys() | cut_short == {source.name for source in SOURCES}
    assert not any("/" in one["constats"]["motif"] for one in messages.values())
    assert not [key for key in play(system, 2) if key[0] == "source_refusee"]


def test_an_absent_file_counts_as_refused_once_the_source_had_one(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    (system.drop / "referentiel-organismes.json").unlink()
    assert not [code for code, _ in play(system, 0) if code == "source_refusee"]
    (system.drop / "fr-en-annuaire-education.csv").unlink()
    messages = play(system, 1)
    assert [key for key in messages if key[0] == "source_refusee"] == [("source_refusee", "annuaire_education")]
    assert "(il n'est pas arrivé)" in messages["source_refusee", "annuaire_education"]["message"]


@pytest.mark.prove
def test_data_are_stale_after_three_days_those_of_sirene_after_forty_five(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    opened: dict[str, int] = {}
    for number in (0, 3, 4, 5, 45, 46, 60):
        for (code, source), message in play(system, number).items():
            if code == "source_perimee" and message["type"].endswith("ouverte.v1"):
                opened[source] = number
            assert not message["type"].endswith("modifiee.v1")
    # Written with the day of each file: the stock's is that of its month.
    ages = {name: outcome.in_use.day for name, outcome in system.manifest().outcomes.items() if outcome.in_use}
    for source, number in opened.items():
        limit = 45 if source.startswith("sirene") else 3
        assert (FIRST_DAY + timedelta(days=number) - ages[source]).days > limit
    assert set(opened) == set(ages)


def test_rows_set_aside_are_counted_and_stored(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    message = play(system, 0)["lignes_rejetees", "liste_of"]
    in_use = system.manifest().sources["liste_of"]
    assert in_use.set_aside_key
    rows = [json.loads(line) for line in system.storage.read(in_use.set_aside_key).splitlines()]
    assert message["constats"] == {
        "nombre": len(rows),
        "premieres": [
            {
                "identifiant": row["identifier"],
                "texte": None if row["identifier"] else row["raw"],
                "motif": row["reason"],
            }
            for row in rows[:10]
        ],
    }
    assert all(row["identifier"] for row in rows)
    assert f"n° {rows[0]['line']} ({rows[0]['identifier']})" in message["message"]
    assert in_use.set_aside_key in message["message"]
    path = system.drop / "listePubliqueOF.csv"
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    assert all(lines[row["line"] - 1].rstrip("\r") == row["raw"] for row in rows)
    # The same faulty rows in the next file, on other lines: nothing is said anew.
    path.write_text("\n".join([lines[0], *reversed(lines[1:-1]), ""]), encoding="utf-8")
    assert ("lignes_rejetees", "liste_of") not in play(system, 1)
    assert system.manifest().sources["liste_of"].set_aside_first != in_use.set_aside_first


@pytest.mark.prove
def test_ops_accept_a_short_file_for_one_run(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=600)
    total = system.ingest(FIRST_DAY)["sources"]["liste_of"]["rows_read"]
    path = system.drop / "listePubliqueOF.csv"
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:1] + lines[-total // 3 :]))
    day = FIRST_DAY + timedelta(days=1)
    refused = system.ingest(day)["sources"]["liste_of"]
    assert refused["state"] == "refused"
    assert 0 < refused["rows_read"] < total / 2  # the refused file's own count
    assert system.ingest(day, any_volume=("other.csv",))["sources"]["liste_of"]["state"] == "refused"
    accepted = system.ingest(day, any_volume=("listePubliqueOF.csv",))["sources"]["liste_of"]
    assert accepted["state"] == "accepted"
    assert accepted["rows_read"] < total / 2

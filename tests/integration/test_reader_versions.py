"""What an earlier version of a reader stored is read again, and stays in use until it is (sources.md)."""

import json
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from quiforme.anomalies.loading import StoredFiles, load_snapshot
from quiforme.database import open_database
from quiforme.sources.catalogue import BY_NAME

from tests.integration.spoilt import path_of
from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.system import System

ADDED = {
    "annuaire_education": {"type_etablissement"},
    **{
        f"{table}_{register}": columns
        for register in ("rncp", "rs")
        for table, columns in {
            "fiches": {
                "type_enregistrement",
                "date_effet",
                "date_limite_delivrance",
                "existence_partenaires",
                "accessibilite",
            },
            "partenaires": {"date_etat", "nom"},
            "certificateurs": {"date_etat", "nom"},
        }.items()
    },
}
"""By table: the columns that the version before the first did not store."""


def on(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def states(summary: dict[str, Any]) -> set[str]:
    return {source["state"] for source in summary["sources"].values()}


def readers(system: System) -> set[int]:
    return {in_use.reader for in_use in system.manifest().sources.values()}


@pytest.fixture
def system(tmp_path: Path) -> System:
    """A day that the version before the first published."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    system.ingest(FIRST_DAY)
    system.reconcile(FIRST_DAY)
    manifest = tmp_path / "storage" / system.manifest().key
    stored = json.loads(manifest.read_text())
    for outcome in stored["outcomes"].values():
        del outcome["counts"], outcome["in_use"]["reader"], outcome["in_use"]["columns"]
        for table, key in outcome["in_use"]["tables"].items():
            _without(tmp_path / "storage" / key, ADDED.get(table, set()))
    manifest.write_text(json.dumps(stored))
    assert readers(system) == {0}
    return system


def _without(path: Path, columns: set[str]) -> None:
    """Take columns out of a stored table, as far as it has them."""
    with duckdb.connect() as database:
        described = database.execute(f"DESCRIBE FROM '{path}'").fetchall()
        left = [name for name, *_ in described if name not in columns]
        database.execute(f"CREATE TABLE old AS SELECT {', '.join(left)} FROM '{path}'")
        database.execute(f"COPY old TO '{path}' (FORMAT parquet)")


def test_the_same_files_are_read_again_once(system: System) -> None:
    documents = system.registry.documents()
    assert states(system.ingest(on(1))) == {"accepted"}
    assert readers(system) == {1}
    assert system.registry.documents() == documents
    system.reconcile(on(1))
    assert states(system.ingest(on(1))) == {"unchanged"}


def test_what_cannot_be_read_again_stays_in_use(system: System, tmp_path: Path) -> None:
    """A column that it lacks is unknown; the next good file is read, even if it is the one in use."""
    documents = system.registry.documents()
    good = tmp_path / "good"
    shutil.copytree(system.drop, good)
    for name in ("liste_of", "annuaire_education"):
        path_of(system.drop, name).write_text("<html>")
    for name in set(BY_NAME) - {"liste_of", "annuaire_education"}:
        path_of(system.drop, name).unlink()
    for day in (1, 2):
        assert states(system.ingest(on(day))) == {"refused", "absent"}
        system.reconcile(on(day))
    assert readers(system) == {0}
    assert system.registry.documents() == documents
    shutil.copytree(good, system.drop, dirs_exist_ok=True)
    assert states(system.ingest(on(3))) == {"accepted"}
    assert system.registry.documents() == documents


def test_a_reconciliation_reads_what_an_earlier_version_stored(system: System, tmp_path: Path) -> None:
    """Columns that it did not store are null, tables that it did not store have no rows."""
    manifest = system.manifest()
    manifest.tables.pop("adresses")
    with open_database(tmp_path, memory_limit_mb=300) as database:
        load_snapshot(database, StoredFiles(system.storage, tmp_path / "scratch"), manifest)
        schools = database.execute("SELECT count(*) > 0, count(type_etablissement) FROM annuaire_education").fetchall()
        addresses = database.execute("SELECT count(*) FROM adresses").fetchall()
    assert (schools, addresses) == ([(True, 0)], [(0,)])


def test_the_file_is_measured_against_the_last_one_all_the_same(system: System) -> None:
    path = path_of(system.drop, "liste_of")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:20]))
    source = system.ingest(on(1))["sources"]["liste_of"]
    assert source["state"] == "refused"
    assert "under half" in source["reason"]


def test_a_later_version_of_one_reader_reads_that_source_again(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    system.ingest(on(1))
    later = replace(BY_NAME["rs"], reader=2)
    monkeypatch.setattr(
        "quiforme.jobs.ingestion.SOURCES", tuple(later if s.name == "rs" else s for s in BY_NAME.values())
    )
    found = {name: source["state"] for name, source in system.ingest(on(2))["sources"].items()}
    assert found == dict.fromkeys(BY_NAME, "unchanged") | {"rs": "accepted"}

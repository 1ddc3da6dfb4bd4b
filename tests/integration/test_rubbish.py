"""What producers have sent or may send: every file is read or refused with a reason, and spoils nothing else."""

import json
import random
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from quiforme.database import open_database, run_script
from quiforme.snapshot.collect import Collector
from quiforme.snapshot.tables import SnapshotTables
from quiforme.sources.catalogue import SOURCES

from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.doubles import FolderDrop, FolderStorage
from tools.in_process.system import System

LIST, DIRECTORY, ONISEP = "listePubliqueOF.csv", "fr-en-annuaire-education.csv", "referentiel-organismes.json"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound drop, Sirene as CSV."""
    folder = tmp_path_factory.mktemp("good")
    write_day(folder, FIRST_DAY, size=60, sirene_format="zip")
    return folder


def states(drop: Path, scratch: Path) -> dict[str, tuple[str, str]]:
    """State and reason of each source's file."""
    own = scratch / "own"
    own.mkdir(parents=True)
    with open_database(own, memory_limit_mb=500) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        origins = dict.fromkeys((source.name for source in SOURCES), FolderDrop(drop))
        collector = Collector(SnapshotTables(database, FolderStorage(scratch / "kept"), own), origins, "run", FIRST_DAY)
        outcomes = collector.collect(SOURCES, {})
    return {name: (outcome.state, outcome.reason or "") for name, outcome in outcomes.items()}


def copy_of(good: Path, tmp_path: Path) -> Path:
    drop = tmp_path / "drop"
    drop.mkdir()
    for path in good.iterdir():
        (drop / path.name).write_bytes(path.read_bytes())
    return drop


def test_a_column_that_stands_twice_is_refused_when_it_is_used_and_harmless_when_it_is_not(
    good: Path, tmp_path: Path
) -> None:
    drop = copy_of(good, tmp_path)
    text = (drop / LIST).read_text(encoding="utf-8")
    (drop / LIST).write_text(text.replace("denomination;siren;", "siren;siren;", 1), encoding="utf-8")
    rows = (drop / DIRECTORY).read_text(encoding="utf-8-sig")
    unused = rows.split("\n")[0].split(";")[5]
    (drop / DIRECTORY).write_text(rows.replace(unused, "Mail", 1).replace(";Mail;", f";{unused};", 1), encoding="utf-8")
    stock = drop / "StockEtablissement_utf8.zip"
    with zipfile.ZipFile(stock) as archive:
        (name,) = archive.namelist()
        content = archive.read(name)
    with zipfile.ZipFile(stock, "w") as archive:
        archive.writestr(name, content.replace(b"siren,nic,siret", b"siren,siret,siret", 1))
    found = states(drop, tmp_path)
    assert found["liste_of"] == ("refused", "columns that stand twice: siren")
    assert found["sirene"] == ("refused", "columns that stand twice: siret")
    assert found["annuaire_education"][0] == "accepted"


def test_what_no_reader_expects_is_refused(good: Path, tmp_path: Path) -> None:
    drop = copy_of(good, tmp_path)
    (drop / DIRECTORY).write_bytes(
        (drop / DIRECTORY).read_bytes().replace(b"Adresse_1", "Adressé_1".encode("latin-1"), 1)
    )
    (drop / ONISEP).write_text("[" * 100_000 + "]" * 100_000)
    (rncp,) = drop.glob("export-fiches-rncp-*")
    content = bytearray(rncp.read_bytes())
    content[6] |= 1  # the flag of an encrypted member
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    rncp.write_bytes(content)
    found = states(drop, tmp_path)
    assert found["annuaire_education"][0] == "refused"
    assert found["referentiel_onisep"][0] == "refused"
    assert found["rncp"][0] == "refused"
    assert "encrypt" in found["rncp"][1]
    assert found["liste_of"][0] == "accepted"


def test_quotes_that_close_each_other_swallow_nothing_between_them(good: Path, tmp_path: Path) -> None:
    drop = copy_of(good, tmp_path)
    lines = (drop / LIST).read_text(encoding="utf-8").split("\n")
    plain = [line.replace('"', "") for line in lines[1:5]]
    plain[0] = plain[0].replace("FORMATION", '"FORMATION', 1)
    plain[3] = plain[3].replace("FORMATION", 'FORMATION"', 1)
    assert plain[0].count('"') == plain[3].count('"') == 1
    (drop / LIST).write_text("\n".join([lines[0], *plain, *lines[5:]]), encoding="utf-8")
    with open_database(tmp_path, memory_limit_mb=500) as database:
        reading = SOURCES[0].read(database, drop / LIST, lambda _: None)
        read = database.execute("SELECT nda FROM liste_of ORDER BY line LIMIT 2").fetchall()
    assert [row.line for row in reading.set_aside][:2] == [2, 5]
    assert [nda for (nda,) in read] == [line.split(";")[0] for line in plain[1:3]]


@pytest.mark.prove
@pytest.mark.parametrize("length", [9_000, 300_000, 3_000_000])
def test_a_cell_of_any_size_ends_in_messages_that_the_queue_takes(tmp_path: Path, length: int) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=600)
    path = system.drop / LIST
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[1].split(";")
    cells[4] = '"' + "9" * length + '"'
    path.write_text("\n".join([lines[0], ";".join(cells), *lines[2:]]), encoding="utf-8")
    assert system.ingest(FIRST_DAY)["sources"]["liste_of"]["state"] == "accepted"
    system.reconcile(FIRST_DAY)
    sizes = [len(json.dumps(event, ensure_ascii=False).encode()) for event in system.outbox.events]
    assert max(sizes) < 200_000
    named = [event for event in system.outbox.events if "9" * 9_000 in json.dumps(event["data"]["cle"])]
    assert len(named) == (length < 10_000)


@pytest.mark.parametrize("seed", range(6))
def test_files_damaged_at_random_are_read_or_refused(good: Path, tmp_path: Path, seed: int) -> None:
    """Cut, flipped, doubled, filled with noise: nothing else than a refusal may come of it."""
    drop = copy_of(good, tmp_path)
    if seed % 2:
        write_day(drop, FIRST_DAY, size=60)
        (drop / "StockEtablissement_utf8.zip").unlink()
        (drop / "StockEtablissementLiensSuccession_utf8.zip").unlink()
    dice = random.Random(seed)
    for path in drop.iterdir():
        content = bytearray(path.read_bytes())
        for _ in range(dice.randint(1, 6)):
            at, length = dice.randrange(len(content)), dice.randint(1, 400)
            match dice.randrange(4):
                case 0:
                    del content[at : at + length]
                case 1:
                    content[at:at] = content[at : at + length]
                case 2:
                    content[at:at] = dice.randbytes(length)
                case _:
                    content[at] ^= 1 << dice.randrange(8)
        if dice.random() < 0.2:
            del content[dice.randrange(len(content)) :]
        path.write_bytes(content)
    for state, reason in states(drop, tmp_path).values():
        assert state == "accepted" or (state == "refused" and reason)


@pytest.mark.prove
def test_a_day_of_rubbish_changes_nothing(good: Path, tmp_path: Path) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    system.ingest(FIRST_DAY)
    before = system.registry.documents()
    for path in system.drop.iterdir():
        path.write_bytes(random.Random(path.name).randbytes(3_000))
    summary = system.ingest(FIRST_DAY + timedelta(days=1))
    assert {source["state"] for source in summary["sources"].values()} == {"refused"}
    assert system.registry.documents() == before

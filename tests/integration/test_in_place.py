"""A new stock is read in place, and saved before the end of the run: both have the same contents, however the run ends.

Damage may be found only when the stock is used or saved.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from quiforme.database import count, open_database, run_script
from quiforme.jobs import ingestion
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.snapshot import guards
from quiforme.snapshot.collect import Collector
from quiforme.snapshot.tables import SnapshotTables
from quiforme.sources.catalogue import BY_NAME
from quiforme.sources.sirene import read_stock

from tests.integration.spoilt import path_of
from tests.proving import proved
from tools.fictitious_france import FIRST_DAY, write_day
from tools.in_process.doubles import Died, FolderDrop, FolderStorage
from tools.in_process.system import System

SIRETS = (
    "'73282932000074'",
    "'00575026400011'",  # a SIREN that starts with zeros
    "' 73282932000074\t'",
    "'732829320000740'",
    "'7328293200007'",
    "'123456789012e2'",
    "'123456789.01e5'",
    "'12345678901E03'",
    "'0x123456789abc'",
    "'-3282932000074'",
    "'73282933800012'",  # of a SIREN that nobody names
    "'\u00a073282932000082\u2003'",
    "'7328293200007é'",
    "''",
    "NULL",
)
STATES = ("'A'", "'F'", "' F'", "'X'", "''", "NULL")
DIFFUSIONS = ("'O'", "'P'", "'N '", "'o'", "NULL")
COMMUNES = ("'35238'", "'2A004'", "' 35238 '", "'352'", "''", "NULL")
DATES = ("DATE '2020-01-31'", "NULL")
TEXT_DATES = ("'2020-01-31'", "' 2020-01-31'", "'31/01/2020'", "''", "NULL")


FILES = {
    "sirene": "StockEtablissement_utf8.parquet",
    "sirene_succession": "StockEtablissementLiensSuccession_utf8.parquet",
}


def write(path: Path, cells: dict[str, tuple[str, ...]]) -> None:
    """Every combination of the cells."""
    tables = ", ".join(
        f"(VALUES {', '.join(f'({cell})' for cell in several)}) AS {name}({name})" for name, several in cells.items()
    )
    duckdb.sql(f"COPY (SELECT * FROM {tables}) TO '{path}' (FORMAT parquet)")


STOCKS: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "texts": (
        "sirene",
        {
            "siret": SIRETS,
            "etatAdministratifEtablissement": STATES,
            "dateDebut": TEXT_DATES,
            "codeCommuneEtablissement": COMMUNES,
            "statutDiffusionEtablissement": DIFFUSIONS,
        },
    ),
    "numbers": (
        "sirene",
        {
            "siret": ("73282932000074", "575026400011", "-73282932000074", "NULL"),
            "etatAdministratifEtablissement": tuple(f"{cell}::ENUM('A', 'F', ' F', 'X', '')" for cell in STATES),
            "dateDebut": DATES,
            "codeCommuneEtablissement": ("35238", "1004", "NULL"),
            "statutDiffusionEtablissement": DIFFUSIONS,
        },
    ),
    "links": (
        "sirene_succession",
        {
            "siretEtablissementPredecesseur": SIRETS,
            "siretEtablissementSuccesseur": SIRETS[:4],
            "dateLienSuccession": TEXT_DATES,
        },
    ),
}


def collector(root: Path, scratch: str, database: duckdb.DuckDBPyConnection) -> Collector:
    origins = dict.fromkeys(BY_NAME, FolderDrop(root / "drop"))
    tables = SnapshotTables(database, FolderStorage(root / "storage"), Path(scratch))
    return Collector(tables, origins, "run", FIRST_DAY)


@contextmanager
def collecting(root: Path) -> Iterator[Collector]:
    with TemporaryDirectory() as scratch, open_database(Path(scratch), memory_limit_mb=500) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        yield collector(root, scratch, database)


NAMED = (732829320, 5750264)


def laid(collector: Collector, table: str) -> tuple[list[Any], list[Any]]:
    """The columns and the rows of a table, of Sirene's those of the SIRENs named."""
    columns = collector.tables.database.execute(f"DESCRIBE {table}").fetchall()
    which = f"WHERE numero // 100000 IN {NAMED}" if table == "sirene" else ""
    return columns, collector.tables.database.execute(f"FROM {table} {which} ORDER BY ALL").fetchall()


@pytest.mark.parametrize(("name", "cells"), STOCKS.values(), ids=STOCKS)
def test_the_same_in_place_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cells: dict[str, tuple[str, ...]]
) -> None:
    monkeypatch.setattr(guards, "check", lambda *_, **__: None)  # which would refuse so many malformed values
    source = BY_NAME[name]
    (tmp_path / "drop").mkdir()
    write(tmp_path / "drop" / FILES[name], cells)
    with collecting(tmp_path) as one:
        in_use = one.collect([source], {})[name].in_use
        assert in_use
        assert one.tables.storage.keys("") == []
        one.tables.database.execute("CREATE TABLE named_sirens AS SELECT unnest(?::BIGINT[]) AS siren", [NAMED])
        one.tables.load_source(source, in_use)
        in_place = laid(one, name)
        one.tables.save_in_place()
        assert one.tables.storage.keys("") == list(in_use.tables.values())
        assert laid(one, name) == in_place
        assert (count(one.tables.database, name) < in_use.rows_read) == (name == "sirene")
    with collecting(tmp_path) as later:
        later.tables.load_source(source, in_use)
        assert laid(later, name) == in_place
        assert count(later.tables.database, name) == in_use.rows_read > len(in_place[1]) // 2 > 30


@pytest.mark.prove
def test_it_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_day(tmp_path / "drop", FIRST_DAY, size=20, ministry_fiches=1)
    kept: list[str] = []
    monkeypatch.setattr(FolderStorage, "put", lambda _, key, __: kept.append(key))
    with collecting(tmp_path) as one:
        one.collect([BY_NAME["sirene"], BY_NAME["sirene_succession"]], {})
        one.tables.save_in_place()
        one.tables.save_in_place()
    assert sorted(kept) == [
        "accepted/sirene/run/sirene.parquet",
        "accepted/sirene/run/sirene_identites.parquet",
        "accepted/sirene_succession/run/sirene_succession.parquet",
    ]


def doubled(path: Path, *, the_other_first: bool = False) -> None:
    """Each establishment stands there twice, in two states since the same day."""
    other = "CASE etatAdministratifEtablissement WHEN 'A' THEN 'F' ELSE 'A' END AS etatAdministratifEtablissement"
    both = [f"FROM '{path}'", f"SELECT * REPLACE ({other}) FROM '{path}'"]
    twice = " UNION ALL ".join(reversed(both) if the_other_first else both)
    duckdb.sql(f"COPY ({twice}) TO '{path}.new' (FORMAT parquet)")
    Path(f"{path}.new").rename(path)


@pytest.mark.prove
@pytest.mark.parametrize("hurried", [False, True])
def test_documents_made_of_it_in_place_are_made_again_of_what_is_kept(tmp_path: Path, hurried: bool) -> None:
    """A run of several invocations reads the stock in place in the first one, and the saved one in the others."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY)
    doubled(path_of(system.drop, "sirene"))
    system.enough_time = lambda: not hurried
    system.ingest(FIRST_DAY)
    assert system.registry.pointer
    with TemporaryDirectory() as scratch:
        told = replay(ReplayContext(system.storage, Path(scratch), 500), system.registry.pointer.snapshot)
    assert told["documents"] == len(system.registry.documents()) > 100
    assert told["different"] == 0


def test_which_of_two_rows_of_a_siret_counts_does_not_depend_on_their_order(tmp_path: Path) -> None:
    one, other = System(tmp_path / "one"), System(tmp_path / "other")
    for system in (one, other):
        write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
        doubled(path_of(system.drop, "sirene"), the_other_first=system is other)
        system.ingest(FIRST_DAY)
    said, said_by_other = (
        {siret: (item.data, item.details) for siret, item in system.registry.answers().items()}
        for system in (one, other)
    )
    assert said == said_by_other


COLUMNS = {
    "sirene": (
        "siret",
        "etatAdministratifEtablissement",
        "dateDebut",
        "statutDiffusionEtablissement",
        "codeCommuneEtablissement",
        "libelleVoieEtablissement",
    ),
    "sirene_succession": ("siretEtablissementPredecesseur", "siretEtablissementSuccesseur", "dateLienSuccession"),
    "sirene_unite_legale": ("siren", "denominationUniteLegale"),
}


def damage(path: Path, column: str) -> None:
    """The file is whole, but what it says of a column was overwritten."""
    metadata = duckdb.execute(
        "SELECT dictionary_page_offset, data_page_offset, total_compressed_size"
        " FROM parquet_metadata(?) WHERE path_in_schema = ?",
        [str(path), column],
    )
    content = bytearray(path.read_bytes())
    for dictionary, data, size in metadata.fetchall():
        start, end = data + 8, (dictionary or data) + size
        content[start:end] = b"\xff" * (end - start)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> System:
    """After a first day."""
    system = System(tmp_path_factory.mktemp("first"))
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    system.ingest(FIRST_DAY)
    return system


DAMAGED = [
    (name, column, hurried) for name, several in COLUMNS.items() for column in several for hurried in (False, True)
]
FEW = [
    ("sirene", "siret", False),
    ("sirene", "libelleVoieEtablissement", False),
]


@pytest.mark.parametrize(("name", "column", "hurried"), [*FEW, *proved(one for one in DAMAGED if one not in FEW)])
def test_a_file_that_turns_out_damaged_is_refused(
    first: System, tmp_path: Path, name: str, column: str, hurried: bool
) -> None:
    system, expected = first.copied(tmp_path / "a"), first.copied(tmp_path / "b")
    next_day = FIRST_DAY + timedelta(days=1)
    for one in (system, expected):
        path = path_of(one.drop, name)
        yesterdays = path.read_bytes()
        write_day(one.drop, next_day, size=60, ministry_fiches=1)
        if one is expected:
            path.write_bytes(yesterdays)
    damage(path_of(system.drop, name), column)
    system.enough_time = lambda: not hurried
    told = system.ingest(next_day)["sources"][name]
    expected.ingest(next_day)
    assert told["state"] == "refused"
    assert told["reason"].startswith("unreadable: ")
    assert str(tmp_path) not in told["reason"]
    assert "/tmp" not in told["reason"]
    assert system.manifest().sources[name].file == expected.manifest().sources[name].file
    assert system.registry.answers() == expected.registry.answers()
    [kept] = system.storage.keys(f"refused/{name}/")
    assert system.storage.read(kept) == path_of(system.drop, name).read_bytes()


@pytest.mark.prove
def test_each_file_that_turns_out_damaged_is_refused(tmp_path: Path) -> None:
    """None of them was ever accepted."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    for name, (*_, last) in COLUMNS.items():
        damage(path_of(system.drop, name), last)
    summary = system.ingest(FIRST_DAY)
    assert {name for name, source in summary["sources"].items() if source["state"] == "refused"} == set(COLUMNS)
    assert summary["documents"]["total"] > 100


def test_a_table_that_cannot_be_written_is_no_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, say: a good stock is not refused for it."""
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    new_local = SnapshotTables.new_local

    def nowhere(self: SnapshotTables, key: str) -> Path:
        return self.scratch if key.endswith("/sirene.parquet") else new_local(self, key)

    monkeypatch.setattr(SnapshotTables, "new_local", nowhere)
    with pytest.raises(duckdb.IOException):
        system.ingest(FIRST_DAY)
    assert system.registry.pointer is None


@pytest.mark.prove
def test_a_zipped_stock_that_cannot_be_written_is_no_damaged_file(tmp_path: Path) -> None:
    write_day(tmp_path, FIRST_DAY, size=60, ministry_fiches=1, sirene_format="zip")
    (tmp_path / "StockEtablissement_utf8.zip.unpacked").mkdir()  # where what is kept of it would go
    with (
        open_database(tmp_path, memory_limit_mb=500) as database,
        pytest.raises(OSError, match="could not be written"),
    ):
        read_stock(database, tmp_path / "StockEtablissement_utf8.zip", lambda _: None)


def test_an_error_that_is_no_file_s_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(tmp_path)
    write_day(system.drop, FIRST_DAY, size=60, ministry_fiches=1)
    tries: list[int] = []

    def fail(*_: object, **__: object) -> None:
        tries.append(1)
        raise duckdb.BinderException("a fault of our own")

    monkeypatch.setattr(ingestion, "build_documents", fail)
    with pytest.raises(duckdb.BinderException, match="a fault of our own"):
        system.ingest(FIRST_DAY)
    assert tries == [1]
    assert system.registry.documents() == {}


@pytest.mark.prove
def test_a_run_that_dies_before_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system, expected = System(tmp_path / "a"), System(tmp_path / "b")
    for one in (system, expected):
        write_day(one.drop, FIRST_DAY, size=60, ministry_fiches=1)
    with monkeypatch.context() as dying:

        def die(_: SnapshotTables) -> None:
            raise Died

        dying.setattr(SnapshotTables, "save_in_place", die)
        with pytest.raises(Died):
            system.ingest(FIRST_DAY)
    assert system.registry.pointer is None
    assert system.registry.documents() == {}
    next_day = FIRST_DAY + timedelta(days=1)
    for one in (system, expected):
        one.ingest(next_day)
    assert system.registry.documents() == expected.registry.documents()
    assert system.storage.keys("accepted/sirene/") == list(system.manifest().sources["sirene"].tables.values())

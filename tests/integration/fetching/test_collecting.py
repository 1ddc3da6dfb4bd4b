"""Sources from their address to their tables."""

import zipfile
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database, run_script
from quiforme.fetching.http import Http
from quiforme.fetching.producers import HttpOrigin
from quiforme.snapshot.collect import Collector
from quiforme.snapshot.manifest import SourceInUse, SourceOutcome
from quiforme.snapshot.tables import SnapshotTables
from quiforme.sources.catalogue import BY_NAME

from tests.integration.fetching.server import Act, Server, gzipped, redirect, reply, unless_known
from tools.in_process.doubles import FolderStorage

DIRECTORY = (
    "Identifiant_de_l_etablissement;SIREN_SIRET;etat;Type_etablissement;Type_contrat_prive;Lycee_Agricole\n"
    "0861288H;13000000000012;OUVERT;Lycée;;\n"
    "0350001A;;A FERMER;Lycée;HORS CONTRAT;1\n"
)
STOCK = (
    "siret,etatAdministratifEtablissement,codeCommuneEtablissement,statutDiffusionEtablissement,dateDebut\n"
    "13000000000012,A,86194,O,2020-01-31\n"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path, memory_limit_mb=512) as opened:
        run_script(opened, "pipeline/shared/source_tables.sql")
        yield opened


def collect(
    database: duckdb.DuckDBPyConnection,
    http: Http,
    scratch: Path,
    name: str,
    address: str,
    before: SourceInUse | None = None,
) -> SourceOutcome:
    tables = SnapshotTables(database, FolderStorage(scratch / "kept"), scratch)
    collector = Collector(tables, {name: HttpOrigin(http, address)}, "run", date(2026, 8, 26))
    outcome = collector.collect([BY_NAME[name]], {name: before} if before else {})[name]
    tables.save_in_place()
    tables.load_source(BY_NAME[name], outcome.in_use)
    return outcome


def parquet(folder: Path) -> bytes:
    source, path = folder / "stock.csv", folder / "stock.parquet"
    source.write_text(STOCK)
    duckdb.sql(f"COPY (FROM read_csv('{source}')) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


def zip_of(name: str, content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("packed", [True, False])
def test_the_directory_may_have_a_byte_order_mark_and_either_line_ending(
    database: duckdb.DuckDBPyConnection, server: Server, http: Http, tmp_path: Path, start: str, end: str, packed: bool
) -> None:
    body = (start + DIRECTORY.replace("\n", end)).encode()
    act = gzipped(body) if packed else reply(200, body)
    outcome = collect(database, http, tmp_path, "annuaire_education", server.on("/exports/csv", act))
    assert outcome.state == "accepted", outcome.reason
    rows = database.execute(
        "FROM annuaire_education SELECT uai, siret, type_etablissement, hors_contrat, lycee_agricole"
    )
    assert rows.fetchall() == [
        ("0861288H", "13000000000012", "Lycée", False, False),
        ("0350001A", "", "Lycée", True, True),
    ]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (reply(200, DIRECTORY.replace("SIREN_SIRET", "siret").encode()), "missing columns: SIREN_SIRET"),
        (reply(200, b"<!doctype html><title>Maintenance</title>"), "HTML page"),
        (reply(200, b"", Content_Type="text/csv"), "empty"),
        (reply(403), "it answers 403"),
    ],
)
def test_what_is_not_the_directory_is_refused_with_a_reason(
    database: duckdb.DuckDBPyConnection, server: Server, http: Http, tmp_path: Path, act: Act, reason: str
) -> None:
    outcome = collect(database, http, tmp_path, "annuaire_education", server.on("/exports/csv", act))
    assert outcome.state == "refused"
    assert reason in (outcome.reason or "")


@pytest.mark.parametrize("packed", ["parquet", "zip"])
def test_the_format_of_the_stock_is_that_of_its_content_not_of_its_name(
    database: duckdb.DuckDBPyConnection, server: Server, http: Http, tmp_path: Path, packed: str
) -> None:
    content = parquet(tmp_path) if packed == "parquet" else zip_of("StockEtablissement_utf8.csv", STOCK.encode())
    server.on("/file", unless_known(content, ETag='"august"'))
    address = server.on("/api/1/datasets/r/a29c1297", redirect("/file"))
    first = collect(database, http, tmp_path, "sirene", address)
    assert first.state == "accepted", first.reason
    assert database.execute("SELECT siret, etat, date_debut FROM sirene").fetchall() == [
        ("13000000000012", "A", date(2020, 1, 31))
    ]
    assert collect(database, http, tmp_path, "sirene", address, first.in_use).state == "unchanged"


@pytest.mark.parametrize("packed", ["parquet", "zip"])
def test_a_truncated_stock_is_refused(
    database: duckdb.DuckDBPyConnection, server: Server, http: Http, tmp_path: Path, packed: str
) -> None:
    content = parquet(tmp_path) if packed == "parquet" else zip_of("StockEtablissement_utf8.csv", STOCK.encode())
    assert collect(database, http, tmp_path, "sirene", server.on("/file", reply(200, content[:-40]))).state == "refused"


def test_what_is_made_of_a_refused_stock_leaves_the_disk(
    database: duckdb.DuckDBPyConnection, server: Server, http: Http, tmp_path: Path
) -> None:
    stock = zip_of("StockEtablissement_utf8.csv", STOCK.replace("13000000000012", "1.3E+13").encode())
    outcome = collect(database, http, tmp_path, "sirene", server.on("/stock.zip", reply(200, stock)))
    assert outcome.state == "refused"
    assert "siret: 1 of 1 values (100 %) are malformed" in (outcome.reason or "")
    assert not list(tmp_path.glob("sirene.file*"))

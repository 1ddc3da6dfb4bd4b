"""What Sirene's stocks say of the documents' establishments and legal units: extracted once, then only what is missing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from quiforme.database import open_database, run_script
from quiforme.jobs.replay import ReplayContext, replay
from quiforme.pipeline.identities import Stocks, StoredStock, identify
from quiforme.snapshot.tables import SnapshotTables

from tools.fictitious_france import FIRST_DAY
from tools.fictitious_france.drop import stage_of, write_stage
from tools.fictitious_france.formats import sirene
from tools.fictitious_france.model import SireneRow, UnitRow
from tools.fictitious_france.stage import Stage
from tools.in_process.system import System

SIRET, OTHER, UNKNOWN = "00575026400011", "73282932000074", "00575026400029"
SIREN = SIRET[:9]
ROW = SireneRow(
    SIRET, "75101", "75001", "PARIS",
    name="USUELLE", sign="ENSEIGNE", complement="BATIMENT B", postal_box="BP 12", cedex=("75999", "PARIS CEDEX 1"),
    created="1999-12-31",
)  # fmt: skip
UNIT = UnitRow(
    SIREN,
    name="SOCIETE IMAGINAIRE",
    usual_name="LA SOCIETE",
    initials="SI",
    category="0055",  # stored as 55
    head_office="00011",
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A run that has decided which establishments have a document; Sirene knows all but UNKNOWN."""
    with open_database(tmp_path, memory_limit_mb=300) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        run_script(database, "pipeline/shared/previous_run.sql")
        database.execute("CREATE TABLE sirene_recente AS FROM empty.sirene_recente")
        database.execute("CREATE TABLE establishments AS SELECT unnest(?) AS siret", [[SIRET, OTHER, UNKNOWN]])
        database.execute(
            """
            CREATE TABLE sirene_candidates AS
            SELECT unnest(?) AS siret, 'A' AS etat, DATE '2020-01-01' AS date_debut, 'O' AS diffusion, '75101' AS code_commune
            """,
            [[SIRET, OTHER, "73282932000082"]],
        )
        yield database


def stocks(folder: Path, *, format: sirene.Format = "parquet", same: bool = False, **changes: Any) -> Stocks:
    establishment, unit = changes.get("establishment", ROW), changes.get("unit", UNIT)
    return Stocks(
        StoredStock(lambda: sirene.write_stock(folder, [establishment], format), same=same),
        StoredStock(lambda: sirene.write_units(folder, [unit], format), same=same),
    )


def none_opened() -> Stocks:
    def opened() -> Path:
        raise AssertionError("a stock was opened")

    return Stocks(StoredStock(opened, same=True), StoredStock(opened, same=True))


def rows(database: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """The last column by the first."""
    return {row[0]: row[-1] for row in database.execute(f"FROM {table}").fetchall()}


def keep(database: duckdb.DuckDBPyConnection) -> None:
    """As for the next run."""
    for table in ("identites_sirene", "unites_sirene"):
        database.execute(f"CREATE OR REPLACE TABLE previous.{table} AS FROM {table}")


def told(identity: dict[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (identity or {}).items() if value is not None}


def test_every_field_of_an_establishment(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    identify(database, stocks(tmp_path))
    found = rows(database, "identites_sirene")
    assert found.keys() == {SIRET, OTHER}
    assert told(found[SIRET]) == {
        "siege": "True",
        "date_creation": "1999-12-31",
        "activite_principale": "85.59A",
        "enseigne": "ENSEIGNE",
        "denomination_usuelle": "USUELLE",
        "complement_adresse": "BATIMENT B",
        "numero_voie": "12",
        "type_voie": "RUE",
        "libelle_voie": "DES ECOLES",
        "distribution_speciale": "BP 12",
        "code_postal": "75001",
        "libelle_commune": "PARIS",
        "code_cedex": "75999",
        "libelle_cedex": "PARIS CEDEX 1",
    }
    assert found[OTHER] is None
    assert database.execute("SELECT DISTINCT code_commune FROM identites_sirene").fetchall() == [("75101",)]


def test_an_establishment_abroad(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    abroad = SireneRow(SIRET, "", "", "", number="", way="", street="", abroad=("BRUXELLES", "BELGIQUE"))
    identify(database, stocks(tmp_path, establishment=abroad))
    found = told(rows(database, "identites_sirene")[SIRET])
    assert found.keys() & {"code_postal", "libelle_commune", "numero_voie"} == set()
    assert (found["libelle_commune_etranger"], found["libelle_pays_etranger"]) == ("BRUXELLES", "BELGIQUE")


def test_every_field_of_a_legal_unit(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    identify(database, stocks(tmp_path))
    found = rows(database, "unites_sirene")
    assert found.keys() == {SIREN, OTHER[:9]}
    assert told(found[SIREN]) == {
        "etat": "A",
        "diffusion": "O",
        "denomination": "SOCIETE IMAGINAIRE",
        "denomination_usuelle": "LA SOCIETE",
        "sigle": "SI",
        "categorie_juridique": "0055",
        "activite_principale": "85.59A",
        "nic_siege": "00011",
        "date_creation": "2015-09-01",
    }
    assert found[OTHER[:9]] is None


def test_a_natural_person(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    person = UnitRow(
        SIREN,
        surname="MARTIN",
        married_name="DURAND",
        first_name="CAMILLE",
        pseudonym="CAM",
        category="1000",
        state="C",
    )
    identify(database, stocks(tmp_path, unit=person))
    found = told(rows(database, "unites_sirene")[SIREN])
    names = {name: found.get(name) for name in ("nom", "nom_usage", "prenom_usuel", "pseudonyme", "denomination")}
    assert names == {
        "nom": "MARTIN",
        "nom_usage": "DURAND",
        "prenom_usuel": "CAMILLE",
        "pseudonyme": "CAM",
        "denomination": None,
    }
    assert (found["categorie_juridique"], found["etat"]) == ("1000", "C")


def test_what_is_not_to_be_disclosed_is_null(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    hidden = SireneRow(SIRET, "[ND]", "75001", "PARIS", diffusion="P", name="A", complement="B", postal_box="C")
    database.execute("UPDATE sirene_candidates SET code_commune = '[ND]'")
    identify(
        database, stocks(tmp_path, establishment=hidden, unit=UnitRow(SIREN, name="A", initials="B", diffusion="P"))
    )
    assert told(rows(database, "identites_sirene")[SIRET]).keys() == {
        "siege",
        "date_creation",
        "activite_principale",
        "code_postal",
        "libelle_commune",
    }
    unit = told(rows(database, "unites_sirene")[SIREN])
    assert (unit["diffusion"], unit.keys() & {"denomination", "sigle"}) == ("P", set())
    assert database.execute("SELECT DISTINCT code_commune FROM identites_sirene").fetchall() == [(None,)]


def test_nothing_is_looked_for_twice(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Neither what was found nor what was not, while the stocks are the same."""
    identify(database, stocks(tmp_path))
    first = rows(database, "identites_sirene"), rows(database, "unites_sirene")
    keep(database)
    identify(database, none_opened())
    assert (rows(database, "identites_sirene"), rows(database, "unites_sirene")) == first
    database.execute("DELETE FROM establishments WHERE siret <> ?", [OTHER])
    identify(database, none_opened())
    assert rows(database, "identites_sirene").keys() == {OTHER}
    assert rows(database, "unites_sirene").keys() == {OTHER[:9]}


def test_another_stock_is_read_for_all(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    identify(database, stocks(tmp_path))
    keep(database)
    identify(database, stocks(tmp_path, establishment=SireneRow(OTHER, "75101", "", ""), unit=UnitRow(OTHER[:9], "A")))
    assert rows(database, "identites_sirene")[SIRET] is None
    assert told(rows(database, "identites_sirene")[OTHER])["numero_voie"] == "12"
    assert told(rows(database, "unites_sirene")[OTHER[:9]])["denomination"] == "A"


def test_only_what_is_missing_is_looked_for(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    database.execute("DELETE FROM establishments WHERE siret = ?", [SIRET])
    identify(database, stocks(tmp_path))
    keep(database)
    database.execute("INSERT INTO establishments VALUES (?)", [SIRET])
    identify(database, stocks(tmp_path, same=True))
    assert told(rows(database, "identites_sirene")[SIRET])["enseigne"] == "ENSEIGNE"
    assert rows(database, "identites_sirene")[OTHER] is None


def test_what_the_api_says_since_takes_precedence(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    database.execute(
        """
        INSERT INTO sirene_recente BY NAME
        SELECT ? AS siret, TIMESTAMP '2026-01-01' AS traite_le,
               (SELECT identite FROM (SELECT NULL AS x) LEFT JOIN previous.identites_sirene ON true) AS identite,
               NULL AS unite
        """,
        [OTHER],
    )
    identities = [
        name for name, *_ in database.execute("DESCRIBE SELECT unnest(identite) FROM sirene_recente").fetchall()
    ]
    units = [name for name, *_ in database.execute("DESCRIBE SELECT unnest(unite) FROM sirene_recente").fetchall()]

    def only(names: list[str], name: str) -> str:
        return "{" + ", ".join(f"{one}: {repr('API') if one == name else 'NULL'}" for one in names) + "}"

    database.execute(
        f"UPDATE sirene_recente SET identite = {only(identities, 'enseigne')}, unite = {only(units, 'denomination')}"
    )
    for there in (stocks(tmp_path), Stocks()):
        identify(database, there)
        assert told(rows(database, "identites_sirene")[OTHER]) == {"enseigne": "API"}
        assert told(rows(database, "unites_sirene")[OTHER[:9]]) == {"denomination": "API"}
    assert rows(database, "unites_sirene").keys() == {OTHER[:9]}  # there is no stock of legal units


def test_the_siret_may_be_a_number_in_the_stock(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path, units = sirene.write_stock(tmp_path, [ROW]), sirene.write_units(tmp_path, [UNIT])
    for file, column, others in ((path, "siret", "codePostalEtablissement"), (units, "siren", "nicSiegeUniteLegale")):
        numbers = f"* REPLACE ({column}::BIGINT AS {column}, {others}::INTEGER AS {others})"
        duckdb.sql(f"COPY (SELECT {numbers} FROM '{file}') TO '{file}.new' (FORMAT parquet)")
        Path(f"{file}.new").rename(file)
    identify(database, Stocks(StoredStock(lambda: path, same=False), StoredStock(lambda: units, same=False)))
    assert told(rows(database, "identites_sirene")[SIRET])["code_postal"] == "75001"
    assert told(rows(database, "unites_sirene")[SIREN])["nic_siege"] == "00011"


# --- whole runs ---------------------------------------------------------------------------------------------


def stored(system: System, table: str) -> dict[str, Any]:
    key = system.manifest().tables[table]
    with duckdb.connect() as connection:
        return {row[0]: row[-1] for row in connection.execute(f"FROM '{system.storage.folder / key}'").fetchall()}


def played(system: System, stage: Stage, **options: Any) -> dict[str, Any]:
    write_stage(system.drop, stage, **options)
    return system.ingest(stage.day)


def small(number: int) -> Stage:
    return stage_of(FIRST_DAY + timedelta(days=number), size=60, ministry_fiches=1)


@pytest.mark.parametrize("format", ["parquet", "zip"])
def test_a_run_extracts_them_and_the_next_one_opens_no_stock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: sirene.Format
) -> None:
    system, stage = System(tmp_path), small(0)
    played(system, stage, sirene_format=format)
    found, units = stored(system, "identites_sirene"), stored(system, "unites_sirene")
    # Beside the documents, those of establishments out of perimeter.
    assert (
        stage.establishments.keys() >= found.keys() >= system.registry.documents().keys() & stage.establishments.keys()
    )
    for siret, identity in found.items():
        row = stage.establishments[siret]
        assert (identity["enseigne"], identity["siege"]) == (
            None if row.diffusion == "P" else row.sign or row.name,
            row.head_office,
        )
    expected = {unit.siren: unit for unit in stage.legal_units()}
    assert {unit["categorie_juridique"] for unit in units.values() if unit} == {"1000", "5710"}
    for siren, unit in units.items():
        name = expected[siren].name if siren in expected and expected[siren].diffusion != "P" else ""
        assert ((unit or {}).get("denomination") or "") == name
    opened: list[str] = []
    on_demand = SnapshotTables.on_demand

    def watched(tables: SnapshotTables, key: str) -> Path:
        opened.append(key)
        return on_demand(tables, key)

    monkeypatch.setattr(SnapshotTables, "on_demand", watched)
    for number, listed in enumerate((stage.list_of[10:], stage.list_of), start=1):
        assert opened == []
        later = replace(stage, day=FIRST_DAY + timedelta(days=number), list_of=listed)
        played(system, later, only=("liste_of",))
    with TemporaryDirectory() as scratch:
        assert system.registry.pointer
        again = replay(ReplayContext(system.storage, Path(scratch), 500), system.registry.pointer.snapshot)
    assert again["different"] == 0
    assert stored(system, "identites_sirene") == found
    # The documents of a whole legal unit come back with its only declaration, and nothing else is looked for.
    assert {Path(key).stem for key in opened} <= {"sirene_identites", "sirene_unites"}


def test_a_stock_without_the_optional_columns_is_accepted(tmp_path: Path) -> None:
    system = System(tmp_path)
    write_stage(system.drop, small(0))
    path = system.drop / f"{sirene.STOCK}.parquet"
    columns = "siret, etatAdministratifEtablissement, codeCommuneEtablissement, statutDiffusionEtablissement, dateDebut"
    duckdb.sql(f"COPY (SELECT {columns} FROM '{path}') TO '{path}.new' (FORMAT parquet)")
    Path(f"{path}.new").rename(path)
    assert system.ingest(FIRST_DAY)["sources"]["sirene"]["state"] == "accepted"
    identities = [told(identity) for identity in stored(system, "identites_sirene").values()]
    assert identities
    assert not any(identities)


def test_without_the_stock_of_legal_units(tmp_path: Path) -> None:
    """It is optional: missing until it came once, then absent."""
    system = System(tmp_path)
    write_stage(system.drop, small(0))
    units = system.drop / f"{sirene.UNITS}.parquet"
    content = units.read_bytes()
    units.unlink()
    assert system.ingest(FIRST_DAY)["sources"]["sirene_unite_legale"]["state"] == "missing"
    assert stored(system, "unites_sirene") == {}
    units.write_bytes(content)
    assert system.ingest(FIRST_DAY + timedelta(days=1))["sources"]["sirene_unite_legale"]["state"] == "accepted"
    first = stored(system, "unites_sirene")
    assert len(first) > 50
    units.unlink()
    assert system.ingest(FIRST_DAY + timedelta(days=2))["sources"]["sirene_unite_legale"]["state"] == "absent"
    assert stored(system, "unites_sirene") == first

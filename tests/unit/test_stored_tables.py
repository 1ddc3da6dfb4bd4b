"""A table that an earlier version stored has the columns of this one."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from quiforme.database import open_database, run_script
from quiforme.snapshot.tables import with_added_columns
from quiforme.sources.catalogue import kept


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path, memory_limit_mb=200) as database:
        run_script(database, "pipeline/shared/source_tables.sql")
        yield database


def described(database: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in database.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}


def test_columns_that_are_missing_are_null_and_of_their_type(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "fiches.parquet"
    database.execute(f"COPY (SELECT true AS actif, 'RNCP1' AS code) TO '{path}' (FORMAT parquet)")
    relation = with_added_columns(database, f"read_parquet('{path}')", "empty.fiches_rncp")
    assert described(database, relation) == described(database, "empty.fiches_rncp")
    assert database.execute(f"SELECT code, actif, accessibilite, date_effet FROM {relation}").fetchall() == [
        ("RNCP1", True, None, None)
    ]


@pytest.mark.parametrize("siret", ["'00575026400011'", "575026400011"])
def test_the_stock_has_what_is_made_of_it(database: duckdb.DuckDBPyConnection, tmp_path: Path, siret: str) -> None:
    path = tmp_path / "sirene.parquet"
    database.execute(f"COPY (SELECT {siret} AS siret, 'A' AS etat, 'O' AS diffusion) TO '{path}' (FORMAT parquet)")
    relation = with_added_columns(database, kept("sirene", f"read_parquet('{path}')"), "empty.sirene")
    assert described(database, relation) == described(database, "empty.sirene")
    assert database.execute(f"SELECT siret, numero, code_commune FROM {relation}").fetchall() == [
        ("00575026400011", 575026400011, None)
    ]


def test_a_whole_table_is_read_as_it_is(database: duckdb.DuckDBPyConnection) -> None:
    assert with_added_columns(database, "empty.liste_of", "empty.liste_of") == "empty.liste_of"

"""The rules of identifiers, and that SQL and Python agree on them."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quiforme import identifiers
from quiforme.database import open_database

texts = st.one_of(
    st.text(max_size=16),
    st.from_regex(r"[0-9]{14}", fullmatch=True),
    st.from_regex(r"356000000[0-9]{5}", fullmatch=True),
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.from_regex(r"[0-9]{4}[0-9A-Z][0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9]{7}[A-Z]", fullmatch=True),
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(tmp_path_factory.mktemp("scratch"), memory_limit_mb=200) as opened:
        yield opened


@given(text=texts)
def test_sql_and_python_agree(database: duckdb.DuckDBPyConnection, text: str) -> None:
    row = database.execute(
        "SELECT is_siret($t), is_siren($t), is_nda($t), is_uai($t), coalesce(clean($t), '')", {"t": text}
    ).fetchone()
    assert row == (
        identifiers.is_siret(text),
        identifiers.is_siren(text),
        identifiers.is_nda(text),
        identifiers.is_uai(text),
        text.strip(),
    )


@pytest.mark.parametrize("siret", ["81841109200013", "00000000000000", "35600000099999"])
def test_valid(siret: str) -> None:
    assert identifiers.is_siret(siret)


@pytest.mark.parametrize("siret", ["81841109200014", " 81841109200013", "８1841109200013", "", "8184110920001"])
def test_invalid(siret: str) -> None:
    assert not identifiers.is_siret(siret)


def test_uai_of_the_cned() -> None:
    assert identifiers.is_uai("0861288H")
    assert not identifiers.is_uai("0861288A")


def test_scratch_is_not_needed(tmp_path: Path) -> None:
    with open_database(tmp_path, memory_limit_mb=200) as database:
        assert database.execute("SELECT french_date('31/02/2024'), french_date('0001-01-01')").fetchone() == (
            None,
            None,
        )

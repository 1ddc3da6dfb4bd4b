"""The rules of identifiers, and that SQL and Python agree on them."""

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from quiforme import identifiers
from quiforme.database import WHITE_SPACE, open_database

texts = st.one_of(
    st.text(max_size=16),
    st.from_regex(r"[0-9]{14}", fullmatch=True),
    st.from_regex(r"356000000[0-9]{5}", fullmatch=True),
    st.from_regex(r"[0-9]{9}", fullmatch=True),
    st.from_regex(r"[0-9]{4}[0-9A-Z][0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9],[0-9]{5}E\+1[01]", fullmatch=True),
    st.text(st.sampled_from("a1\n\x7f\x80\x9f\xa0\u2003é𝟙"), min_size=98, max_size=103),
    st.from_regex(r"[0-9]{7}[A-Z]", fullmatch=True),
)


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(texts, min_size=1, max_size=100))
def test_sql_and_python_agree(texts: list[str]) -> None:
    with TemporaryDirectory() as scratch, open_database(Path(scratch), memory_limit_mb=200) as database:
        answers = database.execute(
            """
            SELECT is_siret(t), is_siren(t), is_nda(t), is_findable_nda(t), is_uai(t), coalesce(clean(t), '')
            FROM (SELECT unnest($texts) AS t, unnest(range(len($texts))) AS rank) ORDER BY rank
            """,
            {"texts": texts},
        ).fetchall()
    assert answers == [
        (
            identifiers.is_siret(text),
            identifiers.is_siren(text),
            re.fullmatch("[0-9]{4}[0-9A-Z][0-9]{6}", text) is not None,
            identifiers.is_findable_nda(text),
            identifiers.is_uai(text),
            text.strip(),
        )
        for text in texts
    ]


@pytest.mark.parametrize("siret", ["81841109200013", "00000000000000", "35600000099999"])
def test_valid(siret: str) -> None:
    assert identifiers.is_siret(siret)


@pytest.mark.parametrize("siret", ["81841109200014", " 81841109200013", "８1841109200013", "", "8184110920001"])
def test_invalid(siret: str) -> None:
    assert not identifiers.is_siret(siret)


@pytest.mark.parametrize("nda", ["11750000175", "1,17204E+10", "1/2", "é" * 100])
def test_an_nda_that_is_looked_up_as_it_stands(nda: str) -> None:
    assert identifiers.is_findable_nda(nda)


@pytest.mark.parametrize("nda", ["", " ", "\t1", "1\x00", "1\x85", "\ud800", "1" * 101])
def test_nothing_is_found_under_this(nda: str) -> None:
    assert not identifiers.is_findable_nda(nda)


def test_uai_of_the_cned() -> None:
    assert identifiers.is_uai("0861288H")
    assert not identifiers.is_uai("0861288A")


numbers = st.one_of(
    st.from_regex(r"[0-9]{14}", fullmatch=True),
    st.from_regex(r"0x[0-9a-fA-F]{12}", fullmatch=True),
    st.from_regex(r"[-+ ]?[0-9][0-9_.]{0,12}([eE][-+]?[0-9]{1,3})?[ \t]?", fullmatch=True),
    st.text("0123456789eExX._+- １", min_size=14, max_size=14),
    st.text(max_size=16),
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(numbers, min_size=1, max_size=200))
@example(
    texts=["1.23456789E+13", "12345678901e03", "0x9184e72a0000", "10000000000000", "09999999999999", "9999999999999."]
)
def test_only_fourteen_digits_have_a_number(texts: list[str]) -> None:
    with TemporaryDirectory() as scratch, open_database(Path(scratch), memory_limit_mb=200) as database:
        answers = database.execute(
            """
            SELECT siret_number(t), siret_text(siret_number(t))
            FROM (SELECT unnest($texts) AS t, unnest(range(len($texts))) AS rank) ORDER BY rank
            """,
            {"texts": texts},
        ).fetchall()
    digits = [re.fullmatch("[0-9]{14}", text) for text in texts]
    assert answers == [(int(text), text) if match else (None, None) for text, match in zip(texts, digits, strict=True)]


def test_scratch_is_not_needed(tmp_path: Path) -> None:
    with open_database(tmp_path, memory_limit_mb=200) as database:
        assert database.execute("SELECT french_date('31/02/2024'), french_date('0001-01-01')").fetchone() == (
            None,
            None,
        )


def test_every_white_space_is_known() -> None:
    assert set(WHITE_SPACE) == {character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()}

"""`nda_partage`: the same NDA on rows of different SIRENs."""

from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, OTHER, SECOND, SIBLING, SIRET, Row, of, stock


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="majeure",
        cle={"nda": NDA},
        needs=("liste_of",),
        broken={"liste_of": [of(1), of(2, siret=OTHER)]},
        changed={"liste_of": [of(1, code_region="11"), of(2, siret=OTHER)]},
        mended={"liste_of": [of(1), of(2, siret=OTHER, nda=SECOND)]},
    )
    assert {row["siret"] for row in opened.constats["liste_of"]} == {SIRET, OTHER}


def test_a_row_without_a_valid_siret_counts_by_its_siren(life: Life) -> None:
    assert life.finds({"liste_of": [of(1), of(2, siret="x", valid=False, siren_retenu="356000000")]}) == {(NDA,)}


@pytest.mark.parametrize(
    "second",
    [
        of(2),
        of(2, siret=SIBLING),  # one legal unit
        of(2, siret="x", valid=False),  # of no SIREN that is known
        of(2, siret=SIBLING, siren="356000000"),  # the SIREN of a row is that of its valid SIRET
    ],
)
def test_what_is_not_shared(life: Life, second: Row) -> None:
    assert life.finds({"liste_of": [of(1), second]}) == set()


def test_a_row_of_no_siren_that_is_known_is_no_evidence(life: Life) -> None:
    [opened] = life.play({"liste_of": [of(1), of(2, siret=OTHER), of(3, siret="x", valid=False)]})
    assert [row["siret"] for row in opened.constats["liste_of"]] == [OTHER, SIRET]


def test_rows_without_nda_share_nothing(life: Life) -> None:
    assert life.finds({"liste_of": [of(1, nda=""), of(2, nda="", siret=OTHER)]}) == set()


@pytest.mark.parametrize(
    ("rows", "about"),
    [
        # the first with a valid SIRET, whatever the order of the table
        ([of(3, siret=OTHER), of(2)], (SIRET, SIRET[:9], "11")),
        # before an earlier one with a SIREN only
        ([of(1, siret="x", valid=False, siren_retenu="356000000"), of(2)], (SIRET, SIRET[:9], "11")),
        # of SIRENs only, the first
        (
            [
                of(2, siret="x", valid=False, siren_retenu="818411092", code_region="84"),
                of(1, siret="y", valid=False, siren_retenu="356000000", code_region="76"),
            ],
            (None, "356000000", "76"),
        ),
        # a region that is none of today's is not known
        (
            [
                of(1, siret="x", valid=False, siren_retenu="356000000", code_region="82"),
                of(2, siret="y", valid=False, siren_retenu="818411092", code_region="84"),
            ],
            (None, "356000000", None),
        ),
    ],
)
def test_what_it_is_about(life: Life, rows: list[Row], about: tuple[Any, ...]) -> None:
    """Never the SIRET of one body with the region of another."""
    [opened] = life.play({"liste_of": rows, "sirene": [stock(), stock(OTHER, commune="69123")]})
    assert opened.about("siret", "siren", "region") == about

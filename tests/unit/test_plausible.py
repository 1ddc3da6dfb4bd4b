"""What the guards make of counts: values that are destroyed, columns that are emptied."""

from datetime import date

import pytest
from quiforme.snapshot.guards import check
from quiforme.snapshot.manifest import Accepted, ColumnInUse, SourceInUse
from quiforme.sources.reading import FileRefused, ReadResult, SetAside
from quiforme.sources.values import ColumnCount

DAY = date(2026, 11, 23)


def reading(filled: int, malformed: int = 0, *, rows: int = 20_000) -> ReadResult:
    first = (("2", "1,5E+08"), ("RNCP7", "l'un"), ("4", "\x07"))[:malformed]
    return ReadResult(rows, columns={"whole": ColumnCount(rows, 0), "siren": ColumnCount(filled, malformed, first)})


def in_use(filled: int, *, rows: int = 20_000) -> SourceInUse:
    return SourceInUse(
        file="f",
        tag="t",
        sha256="0",
        day=DAY,
        rows_read=rows,
        rows_set_aside=0,
        set_aside_first=(),
        set_aside_key=None,
        tables={},
        accepted=(Accepted(day=DAY, rows=rows),),
        columns={"siren": ColumnInUse(filled=filled, malformed=0)},
    )


def refusal(read: ReadResult, before: SourceInUse | None = None, *, any_volume: bool = False) -> str | None:
    try:
        check(read, before, day=DAY, any_volume=any_volume)
    except FileRefused as refused:
        return str(refused)
    return None


@pytest.mark.parametrize(
    ("filled", "malformed", "refused"),
    [
        (10_000, 100, False),
        (10_000, 101, True),
        (1_000, 49, False),
        (1_000, 50, True),
        (5_000, 50, False),
        (4_999, 50, True),
        (98, 49, False),
        (97, 49, True),
        (2, 1, False),
        (1, 1, True),
        (0, 0, False),
    ],
)
def test_more_than_one_in_a_hundred_and_fifty_or_more_than_half(filled: int, malformed: int, refused: bool) -> None:
    assert bool(refusal(reading(filled, malformed))) == refused


def test_the_reason_names_the_column_the_share_and_the_first_values() -> None:
    assert refusal(reading(150, 75)) == (
        "siren: 75 of 150 values (50 %) are malformed, the first by line or fiche: "
        "2: '1,5E+08', RNCP7: \"l'un\", 4: '\\x07'"
    )


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [
        (in_use(20_000), reading(10_000), False),
        (in_use(20_000), reading(9_999), True),
        (in_use(20_000), reading(0), True),
        (in_use(200), reading(0), False),  # 1 %: as good as empty
        (in_use(201), reading(0), True),
        (in_use(199, rows=199), reading(0, rows=199), False),
        (in_use(200, rows=200), reading(99, rows=200), True),
        (in_use(10_000), reading(5_000, rows=10_000), False),  # the share, not the number
        (in_use(200, rows=200), reading(9_000, rows=20_000), True),
        (None, reading(0), False),
    ],
)
def test_under_half_of_the_share_that_was_filled(before: SourceInUse | None, now: ReadResult, refused: bool) -> None:
    assert bool(refusal(now, before)) == refused
    assert refusal(now, before, any_volume=True) is None


def of_partners(filled: int, cells: int) -> ReadResult:
    return ReadResult(12_000, columns={"siren": ColumnCount(filled, 0, cells=cells)})


@pytest.mark.parametrize(
    ("now", "refused"),
    [
        (of_partners(60, 60), False),  # the register has grown by fiches without partners
        (of_partners(250, 500), False),
        (of_partners(249, 500), True),
        (of_partners(0, 0), True),  # no partner is left
    ],
)
def test_the_cells_of_partners_are_not_one_for_each_fiche(now: ReadResult, refused: bool) -> None:
    before = in_use(400, rows=400)
    before = before.model_copy(update={"columns": {"siren": ColumnInUse(filled=400, malformed=0, cells=400)}})
    assert bool(refusal(now, before)) == refused


@pytest.mark.parametrize(("filled", "refused"), [(0, False), (1, True), (9_999, True), (10_000, False)])
def test_a_column_of_what_stands_beside_the_documents_may_go_as_a_whole(filled: int, refused: bool) -> None:
    now = ReadResult(20_000, columns={"siren": ColumnCount(filled, 0, may_go=True)})
    assert bool(refusal(now, in_use(20_000))) == refused


def test_the_reason_names_the_column_that_is_emptied() -> None:
    assert refusal(reading(9_000), in_use(20_000)) == (
        "siren: 9000 of 20000 cells are filled, under half of the share of the last accepted file (20000 of 20000)"
    )


def test_a_column_that_was_never_counted_has_no_share() -> None:
    before = in_use(20_000).model_copy(update={"columns": {}})
    assert refusal(reading(0), before) is None


def test_destroyed_values_are_never_accepted_by_name() -> None:
    """Nor named as a matter of volume, which ops might accept."""
    few = reading(900, 900, rows=1_000)
    for any_volume in (False, True):
        assert "(100 %) are malformed" in (refusal(few, in_use(20_000), any_volume=any_volume) or "")


def test_the_reason_names_the_first_unreadable_row() -> None:
    unreadable = [SetAside(7, "stray quote", "raw"), SetAside(9, "not UTF-8", "raw")]
    assert refusal(ReadResult(98, unreadable)) == "2 of 100 rows are unreadable, the first at 7: stray quote"
    assert refusal(ReadResult(0, unreadable)) == "no readable row, the first at 7: stray quote"
    assert refusal(ReadResult(0)) == "empty file"


def test_destroyed_values_come_before_unreadable_rows() -> None:
    """They may be the same: a fiche that is neither active nor inactive is set aside."""
    read = ReadResult(0, [SetAside(1, "r", "raw")] * 2, columns={"ACTIF": ColumnCount(2, 2, (("RS7", "ACTIVE"),))})
    assert refusal(read) == "ACTIF: 2 of 2 values (100 %) are malformed, the first by line or fiche: RS7: 'ACTIVE'"

"""`lignes_rejetees`: rows could not be read; how many, the first ten by identifier (else raw text) and reason."""

import json
from typing import Any

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import NDA, Row, source_used

QUOTE: dict[str, Any] = {"line": 12, "reason": "a stray quote", "identifier": NDA, "raw": None}
CELLS: dict[str, Any] = {"line": 40, "reason": "wrong number of cells", "identifier": None, "raw": ";;x"}
PLACES = {"rows_set_aside_key": "set-aside/1", "file": "listePubliqueOF.csv"}


def unread(*first: dict[str, Any], number: int | None = None, **more: Any) -> Row:
    """A list of which so many rows could not be read; `first` are those that the manifest tells."""
    told = json.dumps(first)
    count = len(first) if number is None else number
    return source_used(**{"rows_set_aside": count, "first_rows_set_aside": told, **PLACES, **more})


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"source": "liste_of"},
        needs=(),
        broken={"source_outcomes": [unread(QUOTE, CELLS)]},
        changed={"source_outcomes": [unread(QUOTE)]},
        mended={"source_outcomes": [unread()]},
    )
    assert opened.constats == {
        "nombre": 2,
        "premieres": [
            {"identifiant": NDA, "texte": None, "motif": "a stray quote"},
            {"identifiant": None, "texte": ";;x", "motif": "wrong number of cells"},
        ],
    }
    details = {"fichier": "listePubliqueOF.csv", "lignes": [12, 40], "conservees": "set-aside/1"}
    assert json.loads(opened.row["details"]) == details
    assert opened.about("source", "siret", "region") == ("liste_of", None, None)


def test_the_same_rows_elsewhere_say_nothing_new(life: Life) -> None:
    """In the next day's file, at other lines, kept at another place."""
    life.play({"source_outcomes": [unread(QUOTE, CELLS)]})
    moved = unread({**QUOTE, "line": 2}, {**CELLS, "line": 1_000}, file="next", rows_set_aside_key="set-aside/2")
    assert life.play({"source_outcomes": [moved]}) == []
    [row] = life.ledger()
    assert json.loads(row["details"]) == {"fichier": "next", "lignes": [2, 1_000], "conservees": "set-aside/2"}


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Entity 'nbsp' not defined, line 41", "Entity 'nbsp' not defined"),
        ("xmlParseEntityRef: no name, line 41, column 17", "xmlParseEntityRef: no name"),
        ("Opening and ending tag mismatch: A line 41 and B, line 42", "Opening and ending tag mismatch: A and B"),
        ("3 lines of 7 columns", "3 lines of 7 columns"),
    ],
)
def test_a_line_in_the_reason_is_no_evidence(life: Life, reason: str, told: str) -> None:
    [opened] = life.play({"source_outcomes": [unread({**QUOTE, "reason": reason})]})
    assert opened.constats["premieres"][0]["motif"] == told
    assert life.play({"source_outcomes": [unread({**QUOTE, "reason": reason.replace("41", "97")})]}) == []


@pytest.mark.parametrize(
    "other",
    [
        unread({**QUOTE, "reason": "wrong number of cells"}, CELLS),
        unread({**QUOTE, "identifier": "11750000009"}, CELLS),
        unread(QUOTE, {**CELLS, "raw": ";;y"}),
        unread(CELLS, QUOTE),
        unread(QUOTE, CELLS, number=3),
    ],
)
def test_what_is_said_of_the_rows_is_evidence(life: Life, other: Row) -> None:
    life.play({"source_outcomes": [unread(QUOTE, CELLS)]})
    [event] = life.play({"source_outcomes": [other]})
    assert event.kind == "modifiee"


def test_a_text_stands_in_for_an_identifier_only(life: Life) -> None:
    [opened] = life.play({"source_outcomes": [unread({**QUOTE, "raw": "a text"})]})
    assert opened.constats["premieres"] == [{"identifiant": NDA, "texte": None, "motif": "a stray quote"}]


def test_a_manifest_of_an_earlier_version_changes_nothing_that_is_open(life: Life) -> None:
    """It has neither identifiers nor texts; the same rows would change again when the file is read anew."""
    older = unread({"line": 12, "reason": "a stray quote"})
    [opened] = life.play({"source_outcomes": [older]})
    assert opened.constats["premieres"] == [{"identifiant": None, "texte": None, "motif": "a stray quote"}]
    kept = '{"nombre":1,"premieres":[{"line":12,"reason":"a stray quote"}],"conservees":"set-aside/1"}'
    life.database.execute("UPDATE ledger SET constats = ?, details = NULL", [kept])
    life.entered("source_refusee", source="liste_of")
    assert life.play({"source_outcomes": [older]}) == []
    [row] = [row for row in life.ledger() if row["code"] == "lignes_rejetees"]
    assert row["constats"] == kept
    [changed] = life.play({"source_outcomes": [unread(QUOTE)]})
    assert (changed.kind, changed.constats["premieres"][0]["identifiant"]) == ("modifiee", NDA)
    assert life.play({"source_outcomes": [unread(QUOTE)]}) == []


def test_rows_without_any_identifier_are_told_apart_by_their_texts(life: Life) -> None:
    life.play({"source_outcomes": [unread(CELLS)]})
    [changed] = life.play({"source_outcomes": [unread({**CELLS, "raw": ";;y"})]})
    assert changed.kind == "modifiee"


def test_what_was_resolved_says_nothing_of_a_later_file(life: Life) -> None:
    life.play({"source_outcomes": [unread(QUOTE)]})
    life.play({"source_outcomes": [unread()]})
    [reopened] = life.play({"source_outcomes": [unread({"line": 12, "reason": "a stray quote"})]})
    assert reopened.constats["premieres"] == [{"identifiant": None, "texte": None, "motif": "a stray quote"}]


def test_each_source_has_its_own(life: Life) -> None:
    rows = [unread(QUOTE), {**unread(CELLS), "source": "rncp"}, source_used("rs")]
    assert life.finds({"source_outcomes": rows}) == {("liste_of",), ("rncp",)}

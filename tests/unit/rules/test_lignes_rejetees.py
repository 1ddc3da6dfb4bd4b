"""`lignes_rejetees`: rows could not be read; how many, the first ten, where they are kept."""

import json

from tests.unit.rules.life import Life
from tests.unit.rules.rows import Row, source_used

FIRST = [{"line": 12, "reason": "a stray quote"}]


def unread(number: int) -> Row:
    """A list of which so many rows could not be read."""
    return source_used(rows_set_aside=number, first_rows_set_aside=json.dumps(FIRST), rows_set_aside_key="set-aside/1")


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="mineure",
        cle={"source": "liste_of"},
        needs=(),
        broken={"source_outcomes": [unread(1)]},
        changed={"source_outcomes": [unread(2)]},
        mended={"source_outcomes": [unread(0)]},
    )
    assert opened.constats == {"nombre": 1, "premieres": FIRST, "conservees": "set-aside/1"}
    assert opened.about("source", "siret", "region") == ("liste_of", None, None)


def test_the_same_rows_of_another_file_say_nothing_new(life: Life) -> None:
    life.play({"source_outcomes": [unread(1)]})
    assert life.play({"source_outcomes": [{**unread(1), "state": "unchanged", "file": "the next day's"}]}) == []


def test_each_source_has_its_own(life: Life) -> None:
    rows = [unread(1), {**unread(1), "source": "rncp"}, source_used("rs")]
    assert life.finds({"source_outcomes": rows}) == {("liste_of",), ("rncp",)}

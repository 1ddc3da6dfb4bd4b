"""`source_refusee`: today's file was refused by a guard, or is absent; the previous one stays in use."""

import json

import pytest

from tests.unit.rules.life import Life
from tests.unit.rules.rows import source_used


def refused(reason: str, file: str = "listePubliqueOF.csv") -> dict[str, object]:
    """A refused file."""
    return source_used(
        state="refused", file="before.csv", refused_file=file, reason=reason, refused_file_key="refused/1"
    )


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="critique",
        cle={"source": "liste_of"},
        needs=(),
        broken={"source_outcomes": [refused("empty file")]},
        changed={"source_outcomes": [refused("no header")]},
        mended={"source_outcomes": [source_used()]},
    )
    assert opened.constats == {
        "fichier": "listePubliqueOF.csv",
        "motif": "empty file",
        "conserve": "refused/1",
        "fichier_en_usage": "before.csv",
    }
    assert opened.about("source", "siret", "region") == ("liste_of", None, None)


def test_an_absent_file_counts_as_refused(life: Life) -> None:
    [opened] = life.play({"source_outcomes": [source_used(state="absent")]})
    assert opened.constats["motif"] == "fichier absent"


def test_the_message_gives_the_reason_in_french(life: Life) -> None:
    refusal = '{"code": "too_few_rows", "facts": {"rows": 12, "largest": 40}}'
    [opened] = life.play({"source_outcomes": [{**refused("12 rows, under half"), "refusal": refusal}]})
    assert json.loads(opened.row["details"]) == json.loads(refusal)
    assert "refusal" not in opened.constats
    [closed] = life.play({"source_outcomes": [source_used()]})
    assert json.loads(closed.row["details"]) == json.loads(refusal)


def test_a_file_that_did_not_come_has_details_of_its_own(life: Life) -> None:
    [opened] = life.play({"source_outcomes": [source_used(state="absent")]})
    assert json.loads(opened.row["details"]) == {"code": "absent", "facts": {}}


@pytest.mark.parametrize("state", ["accepted", "unchanged", "missing"])
def test_what_is_no_refusal(life: Life, state: str) -> None:
    assert life.finds({"source_outcomes": [source_used(state=state)]}) == set()

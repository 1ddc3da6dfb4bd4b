"""`source_perimee`: the data used is more than 3 days before the run's day (Sirene stock and succession: 45 days)."""

import pytest
from quiforme.sources.catalogue import SOURCES

from tests.unit.rules.life import Life
from tests.unit.rules.rows import DAY, days_before, source_used

LIMITS = {source.name: 45 if source.name.startswith("sirene") else 3 for source in SOURCES}


def test_life(life: Life) -> None:
    opened = life.whole(
        severite="majeure",
        cle={"source": "rncp"},
        needs=(),
        broken={"source_outcomes": [source_used("rncp", day=days_before(4), file="rncp.zip")]},
        changed={"source_outcomes": [source_used("rncp", day=days_before(5), file="rncp.zip")]},
        mended={"source_outcomes": [source_used("rncp", day=DAY.replace(day=30), file="rncp.zip")]},
    )
    assert opened.constats == {"fichier": "rncp.zip", "jour_des_donnees": "2026-11-19"}
    assert opened.about("source", "siret", "region") == ("rncp", None, None)


@pytest.mark.parametrize("source", LIMITS)
def test_it_opens_by_itself_the_day_after_its_limit(life: Life, source: str) -> None:
    rows = {"source_outcomes": [source_used(source, day=days_before(LIMITS[source]))]}
    assert life.play(rows) == []
    [opened] = life.play(rows)
    assert opened.cle == {"source": source}


def test_a_source_that_was_never_had_is_not_out_of_date(life: Life) -> None:
    assert life.finds({"source_outcomes": [source_used("rs", state="missing", file=None, day=None)]}) == set()


def test_whatever_became_of_the_file_of_today(life: Life) -> None:
    rows = [
        source_used(name, state=state, day=days_before(4)) for name, state in (("rncp", "refused"), ("rs", "absent"))
    ]
    assert life.finds({"source_outcomes": rows}) == {("rncp",), ("rs",)}

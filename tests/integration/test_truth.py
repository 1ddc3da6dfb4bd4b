"""Every fault that was planted is told, on its day, and nothing else is: precision and recall of 1 for every rule.

The oracle finds anomalies in the files as the project must; here nobody looks for any, because who plants a fault
knows what is wrong with it (`tools/fictitious_france/planted`). `make test` plays a few worlds, `make prove`
those of the other seeds and of fresh ones.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.integration.truth import CODES, check
from tests.proving import fresh, proved
from tools.fictitious_france.planted import World

SEEDS = range(1, 21)
FEW = 1
"""How many of them `make test` plays."""
FRESH = fresh("truth", 10)
NEVER_MODIFIED = {
    "perte_qualiopi",
    "perte_habilitation",
    "nda_sorti_de_liste",
    "habilitation_sans_nda",
    "siret_invalide",
    "specialite_inconnue",
}
"""Their evidence says nothing that could be otherwise."""


@pytest.mark.parametrize("seed", [*SEEDS[:FEW], *proved([*SEEDS[FEW:], *FRESH])])
def test_what_was_planted_is_told_and_nothing_else(tmp_path: Path, seed: int) -> None:
    check(World(seed), tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("seed", [*SEEDS[:1], *proved([*SEEDS[1:2], *FRESH[:2]])])
def test_nothing_is_told_where_nothing_was_planted(tmp_path: Path, seed: int) -> None:
    """The same bodies, sound, and the near misses among them."""
    world = World(seed, sound=True)
    assert not any(world.plan())
    check(world, tmp_path)


def test_every_rule_is_put_to_the_test() -> None:
    """In each world; and over all of them its anomalies change where they can, close, and come back."""
    lived: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        planned = [event for events in World(seed).plan() for event in events]
        assert {event.code for event in planned} == set(CODES)
        lived.update((event.code, event.evenement) for event in planned)
        lived.update((event.code, "ouverte encore") for event in planned if event.occurrence > 1)
    kinds = ("ouverte", "modifiee", "resolue", "ouverte encore")
    missing = {(code, kind) for code in CODES for kind in kinds if not lived[code, kind]}
    assert missing == {(code, "modifiee") for code in NEVER_MODIFIED}

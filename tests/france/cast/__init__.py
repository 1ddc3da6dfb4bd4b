"""The hand-written cast: one small function a case, grouped by what it is about.

To add a case, write a function in the module it belongs to and give it a free number:

    @case(142, "Pourquoi ce cas existe", "siret_inconnu")
    def siret_inconnu(stage: Stage, body: Body) -> None:
        stage.of(body)

`CASES` holds them by name, `covering(code)` finds those of an anomaly code.
"""

from tests.france.cast import (
    documents,
    habilitations,
    malformed,
    rhythm_fiches,
    rhythm_list,
    schools,
    transitions,
)
from tests.france.cast.case import CASES, Case, case, covering
from tests.france.cast.demo import (
    CERTIFIED,
    CERTIFIED_THROUGH_LEGAL_UNIT,
    CLOSED_OF_CERTIFIED,
    SEVERAL_NDA,
    UNKNOWN,
)

__all__ = [
    "CASES",
    "CERTIFIED",
    "CERTIFIED_THROUGH_LEGAL_UNIT",
    "CLOSED_OF_CERTIFIED",
    "SEVERAL_NDA",
    "UNKNOWN",
    "Case",
    "case",
    "covering",
]

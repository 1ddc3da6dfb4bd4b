"""The hand-written cases: one small function each, grouped by subject.

To add a case, write a function in the module it belongs to and give it a free number:

    @case(300, "Pourquoi ce cas existe", "siret_inconnu")
    def siret_inconnu(stage: Stage, body: Body) -> None:
        stage.of(body)

`CASES` holds them by name, `covering(code)` finds those of an anomaly code.
"""

import importlib
import pkgutil

from tools.fictitious_france.cast.case import CASES, Case, case, covering
from tools.fictitious_france.cast.demo import (
    CERTIFIED,
    CERTIFIED_THROUGH_LEGAL_UNIT,
    CLOSED_OF_CERTIFIED,
    SEVERAL_NDA,
    UNKNOWN,
)

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")  # a new module of cases registers itself

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

"""What a rule of the catalogue is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the kit imports pydantic, which a rule does not need
    from quiforme_anomalies import Severite


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the catalogue (anomalies.md): when a kind of anomaly is open.

    Attributes:
        code: Its code.
        severite: Its severity.
        cle: The names of the subject key.
        needs: The sources without which the rule is not evaluated; ``a|b`` asks for one of the two, ``adresses``
            for any answer of the geocoder.
        sql: A query over the facts (faits.sql) that gives one row for each open anomaly: the columns of `cle`,
            `constats` (JSON: the facts compared, as the sources give them, and nothing that moves by itself
            from day to day), and, where known, `siret`, `siren`, `nda`, `code_fiche`, `uai`, `source`,
            `code_region` (the OF list's). It may also give `details` (JSON): what the message says beyond the
            evidence; a change of it alone is no modification.
        message: In French, for an agent who knows nothing of this: what is wrong, and what each source says of it. A
            template (wording.py) rendered with the names of `constats` and `cle`, `siret`, `siren` and `details`.
        request: In French, what to ask, and of whom; a template too.
        duree_jours: An anomaly is closed when it is this many days old. None: no such limit.
        compare_avant: It compares with the snapshots before, so it cannot be evaluated on the first one.

    """

    code: str
    severite: "Severite"
    cle: tuple[str, ...]
    needs: tuple[str, ...]
    sql: str
    message: str
    request: str
    duree_jours: int | None = None
    compare_avant: bool = False

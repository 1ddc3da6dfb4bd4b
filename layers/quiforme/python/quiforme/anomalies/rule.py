"""What a rule of the catalogue is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the kit imports pydantic, which a rule does not need
    from quiforme_anomalies import Severite


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the catalogue (anomalies.md): when a kind of anomaly is open.

    Attributes:
        code: The code, also the name of the rule's module.
        severite: The severity.
        cle: The names of the subject key.
        needs: The sources without which the rule is not evaluated; ``a|b`` needs one of the two, ``adresses`` needs at
            least one answer of the geocoder.
        sql: A query over the facts (facts/*.sql) and the tables of the snapshot. It gives one row for each open anomaly:
            the columns of `cle`; `constats` (JSON: the compared facts as the sources give them, and nothing that changes
            from day to day by itself); and, where known, `siret`, `siren`, `nda`, `code_fiche`, `uai`, `source`,
            `code_region` (of the OF list). It may also give `details` (JSON): what the message says beyond the evidence; a
            change of it alone is no modification.
        message: In French, for an agent who does not know this service: what is wrong, and what each source says. A
            template (wording.py) rendered with the names of `constats` and `cle`, `siret`, `siren` and `details`.
        request: In French, what to ask and whom; also a template.
        max_age_days: An anomaly closes when it is this many days old. None: no limit.
        compares_with_previous: The rule compares with previous snapshots, so it cannot be evaluated on the first one.

    """

    code: str
    severite: "Severite"
    cle: tuple[str, ...]
    needs: tuple[str, ...]
    sql: str
    message: str
    request: str
    max_age_days: int | None = None
    compares_with_previous: bool = False

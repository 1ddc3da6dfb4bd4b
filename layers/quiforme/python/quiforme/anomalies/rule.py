"""What a rule of the catalogue is."""

from dataclasses import dataclass
from typing import Literal

Severite = Literal["critique", "majeure", "mineure", "info"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the catalogue (anomalies.md): when a kind of anomaly opens.

    Attributes:
        code: Its code.
        severite: Its severity.
        cle: The names of the subject key.
        needs: The sources without which the rule is not evaluated; those before a ``|`` and after it stand in
            for each other.
        sql: A query over the snapshot that gives one row a finding: the columns of `cle`, `constats` (a
            struct or JSON: the facts compared, as the sources give them), and, where known, any of `siret`,
            `siren`, `nda`, `code_fiche`, `uai`, `source`, `code_region` (the OF list's).
        message: A French sentence; ``{name}`` stands for a column of the finding's `cle` or of `constats`.
        ouverture: For the rules on a loss, a query that gives the keys (columns of `cle`) whose loss shows
            against the snapshots since the last reconciliation. A finding of `sql` that is not open yet opens
            only if it is among them; one that is open stays so while `sql` gives it. None for the other rules.
        duree_jours: An anomaly is closed when this many days passed since it opened. None: no such limit.
    """

    code: str
    severite: Severite
    cle: tuple[str, ...]
    needs: tuple[str, ...]
    sql: str
    message: str
    ouverture: str | None = None
    duree_jours: int | None = None

"""Sirene's establishments created or changed since the stock, from INSEE's API.

Two questions are asked. The SIRENs that the OF list or the fiches name for an establishment which neither the
stock nor an earlier answer knows: a body may be younger than the stock. Then every establishment treated since,
day after day, from the last day that came whole.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import duckdb

from quiforme.database import count, run_script
from quiforme.enrichment.asking import OutOfTime, Pace, Unusable
from quiforme.enrichment.overlay import lay_over_stock
from quiforme.enrichment.sirene_api import PAGE, ApiSirene, KeyRefused
from quiforme.fetching.http import Http
from quiforme.snapshot.ports import Unfetchable

SECONDS_APART: Final = 2.0
"""INSEE allows 30 requests a minute."""

SIRENS_A_REQUEST: Final = 125
_SHARE: Final = 0.5
"""Of the time budget: the most that the SIRENs may use, hence the least that the days have."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SireneApiResult:
    """What came of the API in one run.

    Attributes:
        state: `off`, no service is set up; `no_stock`, there is none to complete; `complete`, all that was to be
            asked was answered; `postponed`, the rest is for the next run; `key_refused`, ops have to renew the key.
        complete_up_to: The last day of which every treated establishment was had, from the stock or from the API,
            but for the days of `left_to_stock`. The next run starts from it.
        left_to_stock: Days on which more was treated than a run can fetch: the next stock brings them.
        requests: Questions sent.
        rows: Establishments received.
        unreadable: Rows received without a SIRET or a current state, which were left out.
        kept: Establishments that now stand over the stock.
        reason: Why something was postponed.

    """

    state: Literal["off", "no_stock", "complete", "postponed", "key_refused"]
    complete_up_to: date | None
    left_to_stock: tuple[date, ...] = ()
    requests: int = 0
    rows: int = 0
    unreadable: int = 0
    kept: int = 0
    reason: str | None = None

    def summary(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            **asdict(self),
            "complete_up_to": self.complete_up_to and self.complete_up_to.isoformat(),
            "left_to_stock": [day.isoformat() for day in self.left_to_stock],
        }


def lay_recent_sirene(
    database: duckdb.DuckDBPyConnection,
    *,
    day: date,
    stock_day: date | None,
    complete_up_to: date | None,
    http: Http,
    address: str | None,
    key: str,
    budget_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> SireneApiResult:
    """Make the table `sirene_recente`, and lay it over the view `sirene`.

    Never fails for the service's sake: what it cannot give is postponed, what it gave is used.

    Args:
        database: Holds the sources, `sirene` as a view, and `previous.sirene_recente`.
        day: The run's day; the days before it are asked for.
        stock_day: The day of the stock's data; None when there is no stock.
        complete_up_to: What the last run's outcome said; None before the first.
        http: A client whose own budget is no longer than `budget_s`.
        address: Of the service, without the resource; None: it is not asked, earlier answers stay in use.
        key: The subscription's.
        budget_s: Seconds for all of it.
        clock: Seconds that only grow.
        sleep: Pauses for some seconds.

    """
    run_script(database, "enrichment/received_sirene.sql")
    # A stock is made on the 1st of its month, and may be laid in a drop days later.
    made = stock_day.replace(day=1) if stock_day else None
    if made is None:
        outcome = SireneApiResult("no_stock", None)
    else:
        complete = max(made - _ONE_DAY, complete_up_to or date.min)
        if address is None:
            outcome = SireneApiResult("off", complete)
        else:
            pace = Pace(seconds_apart=SECONDS_APART, budget_s=budget_s, clock=clock, sleep=sleep)
            outcome = _Errand(database, ApiSirene(http, address, key, pace), complete).run(day)
    database.execute("SET VARIABLE stock_month = ?", [made])
    run_script(database, "enrichment/recent_sirene.sql")
    lay_over_stock(database)
    return replace(outcome, kept=count(database, "sirene_recente"))


@dataclass
class _Errand:
    """One run's questions, and how far they got."""

    database: duckdb.DuckDBPyConnection
    api: ApiSirene
    complete_up_to: date
    left_to_stock: list[date] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    rows: int = 0

    def run(self, day: date) -> SireneApiResult:
        """Ask for the days before `day`, as far as the service and the time allow."""
        state: Literal["complete", "postponed", "key_refused"] = "complete"
        try:
            end = min(self.api.available(), day)
            self._ask_sirens()
            self._ask_days(end)
        except KeyRefused as refusal:
            state = "key_refused"
            self.reasons.append(str(refusal))
        except (OutOfTime, Unusable, Unfetchable) as failure:
            self.reasons.append(f"from {self.complete_up_to + _ONE_DAY} on: {failure}")
        if self.reasons and state == "complete":
            state = "postponed"
        return SireneApiResult(
            state,
            self.complete_up_to,
            tuple(self.left_to_stock),
            requests=self.api.pace.requests,
            rows=self.rows,
            unreadable=self.rows - count(self.database, "sirene_recues"),
            reason="; ".join(self.reasons) or None,
        )

    def _ask_sirens(self) -> None:
        """Ask for the SIRENs of unknown establishments; what is left of them does not hold up the days."""
        sirens = [siren for (siren,) in self.database.execute("FROM sirens_inconnus ORDER BY siren").fetchall()]
        for start in range(0, len(sirens), SIRENS_A_REQUEST):
            batch = sirens[start : start + SIRENS_A_REQUEST]
            try:
                self._ask(" OR ".join(f"siret:{siren}*" for siren in batch), share=_SHARE)
            except (OutOfTime, Unusable) as failure:
                self.reasons.append(f"{len(sirens) - start} SIRENs: {failure}")
                return

    def _ask_days(self, end: date) -> None:
        """Ask day after day, `end` excluded."""
        while (day := self.complete_up_to + _ONE_DAY) < end:
            question = f"dateDernierTraitementEtablissement:{day}"
            try:
                whole = self._ask(question)
            except Unusable:
                whole = self._ask(question)  # from a new cursor, once
            if not whole:
                self.left_to_stock.append(day)
            self.complete_up_to = day

    def _ask(self, question: str, *, share: float = 1.0) -> bool:
        """Receive all the pages of an answer; the first one only, and False, when it is too long for any run."""
        for page in self.api.pages(question, share=share):
            self.rows += page.rows
            self.database.execute(
                "INSERT INTO sirene_recues SELECT ? AS page, * FROM etablissements(?)",
                [self.api.pace.requests, page.body],
            )
            if not self.api.pace.fits(page.total // PAGE, share=_SHARE):
                return False
        return True

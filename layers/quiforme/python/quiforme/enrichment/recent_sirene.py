"""The establishments that INSEE created or changed since the stock, from its API.

There are two kinds of queries. First the SIRENs of establishments that the OF list or the fiches name, and that neither
the stock nor an earlier answer has: a training body may be younger than the stock. Then every establishment that INSEE
treated since, day by day, from the day after the last complete one.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

import duckdb

from quiforme.database import count, run_script
from quiforme.enrichment.overlay import overlay_recent_sirene
from quiforme.enrichment.service_calls import InvalidAnswer, OutOfTime, RateLimiter
from quiforme.enrichment.sirene_api import PAGE_SIZE, KeyRefused, Page, SireneApi
from quiforme.fetching.http import Http
from quiforme.snapshot.ports import Unfetchable

SECONDS_BETWEEN_REQUESTS: Final = 2.0
"""INSEE allows 30 requests a minute."""

SIRENS_PER_REQUEST: Final = 125
_SHARE: Final = 0.5
"""The part of the time budget that the SIRENs may use at most; the days have the rest."""

_MANY: Final = 10
"""Fewer unusable rows than that may be the whole of a short page: they are left out."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SireneApiResult:
    """The outcome of one run's queries.

    Attributes:
        state: `off`, no service is configured; `no_stock`, there is no stock to complete; `complete`, every query was
            answered; `postponed`, the rest is left to the next run; `key_refused`, ops have to renew the key.
        complete_up_to: The last day of which the stock and the API gave every treated establishment, except for the
            days of `left_to_stock`. The next run continues from there.
        left_to_stock: Days with more treated establishments than a run can fetch: the next stock brings them.
        requests: How many requests were sent.
        rows: How many establishments were received.
        unreadable: How many of them had no SIRET or no current state, and were left out.
        kept: How many establishments `sirene_recente` has.
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


def refresh_recent_sirene(
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
    """Make the table `sirene_recente`, and overlay it on the view `sirene`.

    A failure of the API raises nothing: what was received is used, the rest is postponed to the next run.

    Args:
        database: Has the sources, `sirene` as a view, and `previous.sirene_recente`.
        day: The run's day; the days before it are queried.
        stock_day: The day of the stock's data; None when there is no stock.
        complete_up_to: The result's value of the previous run; None before the first.
        http: A client whose own budget is at most `budget_s`.
        address: The API's base address; None: no request is sent, the earlier answers stay in use.
        key: The key of the subscription.
        budget_s: Seconds for all requests.
        clock: A monotonic clock, in seconds.
        sleep: Waits for some seconds.

    """
    run_script(database, "enrichment/received_sirene.sql")
    # A stock is made on the 1st of its month; its file in a drop may be days younger.
    made = stock_day.replace(day=1) if stock_day else None
    if made is None:
        outcome = SireneApiResult("no_stock", None)
    else:
        complete = max(made - _ONE_DAY, complete_up_to or date.min)
        if address is None:
            outcome = SireneApiResult("off", complete)
        else:
            limiter = RateLimiter(interval_s=SECONDS_BETWEEN_REQUESTS, budget_s=budget_s, clock=clock, sleep=sleep)
            outcome = _Update(database, SireneApi(http, address, key, limiter), complete).run(day)
    database.execute("SET VARIABLE stock_month = ?", [made])
    run_script(database, "enrichment/recent_sirene.sql")
    overlay_recent_sirene(database)
    return replace(outcome, kept=count(database, "sirene_recente"))


@dataclass
class _Update:
    """One run's queries, and what they have brought so far."""

    database: duckdb.DuckDBPyConnection
    api: SireneApi
    complete_up_to: date
    left_to_stock: list[date] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    rows: int = 0

    def run(self, day: date) -> SireneApiResult:
        """Query the SIRENs and the days before `day`, until an error or the end of the budget."""
        state: Literal["complete", "postponed", "key_refused"] = "complete"
        try:
            end = min(self.api.last_update(), day)
            self._query_sirens()
            self._query_days(end)
        except KeyRefused as refusal:
            state = "key_refused"
            self.reasons.append(str(refusal))
        except (OutOfTime, InvalidAnswer, Unfetchable) as failure:
            self.reasons.append(f"from {self.complete_up_to + _ONE_DAY} on: {failure}")
        if self.reasons and state == "complete":
            state = "postponed"
        return SireneApiResult(
            state,
            self.complete_up_to,
            tuple(self.left_to_stock),
            requests=self.api.limiter.requests,
            rows=self.rows,
            unreadable=self.rows - count(self.database, "received_establishments"),
            reason="; ".join(self.reasons) or None,
        )

    def _query_sirens(self) -> None:
        """Query the SIRENs of unknown establishments; a failure here does not stop the days."""
        sirens = [siren for (siren,) in self.database.execute("FROM unknown_sirens ORDER BY siren").fetchall()]
        for start in range(0, len(sirens), SIRENS_PER_REQUEST):
            batch = sirens[start : start + SIRENS_PER_REQUEST]
            try:
                self._query(" OR ".join(f"siret:{siren}*" for siren in batch), share=_SHARE)
            except (OutOfTime, InvalidAnswer) as failure:
                self.reasons.append(f"{len(sirens) - start} SIRENs: {failure}")
                return

    def _query_days(self, end: date) -> None:
        """Query day after day, up to the day before `end`."""
        while (day := self.complete_up_to + _ONE_DAY) < end:
            query = f"dateDernierTraitementEtablissement:{day}"
            try:
                complete = self._query(query)
            except InvalidAnswer:
                complete = self._query(query)  # from a new cursor, once
            if not complete:
                self.left_to_stock.append(day)
            self.complete_up_to = day

    def _query(self, query: str, *, share: float = 1.0) -> bool:
        """Receive the pages of a query; False after the first when no run could receive them all."""
        for page in self.api.pages(query, share=share):
            self._receive(page)
            if not self.api.limiter.fits(page.total // PAGE_SIZE, share=_SHARE):
                return False
        return True

    def _receive(self, page: Page) -> None:
        """Keep the usable rows of a page; nothing of a page of which most rows are unusable."""
        number = self.api.limiter.requests
        ((usable,),) = self.database.execute(
            "INSERT INTO received_establishments BY NAME SELECT ? AS page, * FROM page_establishments(?)",
            [number, page.body],
        ).fetchall()
        unusable = page.rows - usable
        if unusable >= _MANY and 2 * unusable > page.rows:
            self.database.execute("DELETE FROM received_establishments WHERE page = ?", [number])
            raise InvalidAnswer(f"{unusable} of the {page.rows} rows of a page are unusable")
        self.rows += page.rows

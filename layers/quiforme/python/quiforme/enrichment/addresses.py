"""The communes of the OF list's addresses, from the geocoder of the Base Adresse Nationale.

An answer is stored: only new and changed addresses are sent, and those whose answer an earlier version read. A file on
which the geocoder fails is halved until the address that it fails on stands alone; that one is set aside for a month.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from itertools import takewhile
from typing import Final, Literal

import duckdb

from quiforme.database import run_script
from quiforme.enrichment.ban import DETAILS, READER, AddressQuery, GeocodedAddress, search
from quiforme.enrichment.service_calls import InvalidAnswer, OutOfTime, RateLimiter
from quiforme.fetching.http import Http, Unavailable
from quiforme.snapshot.ports import Unfetchable

ADDRESSES_PER_FILE: Final = 5000
SET_ASIDE_DAYS: Final = 30
_FAILURES_IN_A_ROW: Final = 3
"""A file and both of its halves: the failure may be the service's, and not an address's."""

_PROBE: Final = AddressQuery(0, "20 AVENUE DE SEGUR PARIS", "75007")
"""The ministries' own address: a geocoder that does not answer for it does not work."""

_ANSWERS: Final = json.dumps(
    [
        {
            "rank": "BIGINT",
            "score": "DOUBLE",
            "citycode": "VARCHAR",
            "label": "VARCHAR",
            "score_suivant": "DOUBLE",
            "ban": dict.fromkeys(DETAILS, "VARCHAR"),
        }
    ]
)
"""The structure of a list of `GeocodedAddress` as JSON."""


@dataclass(frozen=True, slots=True)
class GeocodingResult:
    """The outcome of one run's geocoding.

    Attributes:
        state: `off`, no service is configured; `complete`, every address has its answer or is set aside; `postponed`, the
            rest is left to the next run.
        known: How many stored answers were in use before this run.
        answered: How many answers came in this run.
        pending: How many addresses have no answer yet.
        requests: How many files were sent.
        reason: Why some addresses have no answer.
        set_aside: How many more addresses have no answer, because the geocoder fails on each of them alone.
        outdated: How many answers in use were read by an earlier version, and are to be asked for again.

    """

    state: Literal["off", "complete", "postponed"]
    known: int
    answered: int
    pending: int
    requests: int = 0
    reason: str | None = None
    set_aside: int = 0
    outdated: int = 0


def geocode_addresses(
    database: duckdb.DuckDBPyConnection,
    *,
    day: date,
    http: Http,
    address: str | None,
    budget_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> GeocodingResult:
    """Make the table `adresses`: the stored answers, and the answers for new and changed addresses.

    A failure of the service raises nothing: the rest is postponed to the next run.

    Args:
        database: Has `liste_of` and `previous.adresses`.
        day: The run's day.
        http: A client whose own budget is at most `budget_s`.
        address: The service's base address; None: no request is sent, the stored answers stay in use.
        budget_s: Seconds for all requests.
        clock: A monotonic clock, in seconds.

    """
    for name, value in (("run_day", day), ("reader", READER), ("set_aside_days", SET_ASIDE_DAYS)):
        database.execute(f"SET VARIABLE {name} = ?", [value])
    run_script(database, "enrichment/addresses.sql")
    known = _number(database, "adresses WHERE demandee IS NOT NULL")
    asked = None
    if address is not None:
        asked = _Asking(database, http, address, RateLimiter(interval_s=0, budget_s=budget_s, clock=clock))
        asked.run()
    pending = _number(database, "adresses WHERE demandee IS NULL AND ecartee IS NULL")
    set_aside = _number(database, "adresses WHERE demandee IS NULL AND ecartee IS NOT NULL")
    outdated = _number(
        database,
        """adresses JOIN addresses_to_ask USING (adresse)
        WHERE answered AND lecteur IS DISTINCT FROM getvariable('reader') AND ecartee IS DISTINCT FROM getvariable('run_day')""",
    )
    database.execute("DELETE FROM adresses WHERE demandee IS NULL AND ecartee IS NULL AND lot IS NULL")
    if asked is None:
        return GeocodingResult("off", known, 0, pending, set_aside=set_aside, outdated=outdated)
    postponed = bool(pending or outdated)
    return GeocodingResult(
        "postponed" if postponed else "complete",
        known,
        asked.answered,
        pending,
        asked.files,
        (asked.reason or "it failed on some of them") if postponed else None,
        set_aside,
        outdated,
    )


class _Outage(Exception):
    """The service does not work at all."""


@dataclass
class _Asking:
    """One run's files, and what has come of them so far."""

    database: duckdb.DuckDBPyConnection
    http: Http
    address: str
    limiter: RateLimiter
    files: int = 0
    answered: int = 0
    reason: str | None = None
    _failures: int = 0  # in a row
    _probe: AddressQuery = _PROBE

    def run(self) -> None:
        """Send file after file, until every address was asked, the time is used up, or the service does not work.

        The sizes of the files that failed are stored, so that the next run continues to halve them. After an outage the
        sizes say nothing about the addresses, and are not stored.
        """
        try:
            while file := self._next_file():
                self._ask(file)
        except (_Outage, Unavailable) as failure:
            self.reason = str(failure)
            return
        except OutOfTime as end:
            self.reason = f"{self.reason}; {end}" if self.reason else str(end)
        self.database.execute(
            """UPDATE adresses SET lot = addresses_to_ask.lot
            FROM addresses_to_ask WHERE addresses_to_ask.adresse = adresses.adresse"""
        )

    def _next_file(self) -> list[AddressQuery]:
        """Addresses on which no file failed; then half of those on which the largest file failed; old answers last."""
        rows = self.database.execute(
            """SELECT answered, lot, rank, text, postcode FROM addresses_to_ask WHERE NOT asked
            ORDER BY answered, lot DESC NULLS FIRST, rank LIMIT ?""",
            [ADDRESSES_PER_FILE],
        ).fetchall()
        if not rows:
            return []
        lot = rows[0][1]
        size = ADDRESSES_PER_FILE if lot is None else (lot + 1) // 2
        return [AddressQuery(*row[2:]) for row in takewhile(lambda row: row[:2] == rows[0][:2], rows)][:size]

    def _ask(self, file: list[AddressQuery]) -> None:
        """Send a file, and store what comes back."""
        self.limiter.wait()
        self.files += 1
        try:
            rows = search(self.http, self.address, file)
        except Unavailable:
            raise
        except (InvalidAnswer, Unfetchable) as failure:
            self.reason = str(failure)
            self._fail(file)
            if len(file) == 1:
                self._set_aside(file[0])
            return
        found = [one for one in rows.values() if one]
        if found or len(file) == 1:
            self._store(found)
            missing = [one for one in file if one.rank not in rows]
            self._mark([one for one in file if one.rank in rows], lot=None if found else 1, asked=True)
            self._mark(missing, lot=len(missing))
        else:
            self._fail(file)
        if found:
            self.answered += len(found)
            self._failures = 0
            self._probe = next(one for one in file if one.rank == found[0].rank)

    def _fail(self, file: list[AddressQuery]) -> None:
        """Have a file sent again in halves, unless the service answers for no address at all."""
        self._mark(file, lot=len(file))
        self._failures += 1
        if len(file) > 1 and self._failures < _FAILURES_IN_A_ROW:
            return
        self.limiter.wait()
        try:
            works = search(self.http, self.address, [self._probe])[self._probe.rank]
        except (InvalidAnswer, Unfetchable) as failure:
            raise _Outage(str(failure)) from failure
        if not works:
            raise _Outage("it has no answer for an address that it knows")
        self._failures = 0

    def _mark(self, file: list[AddressQuery], *, lot: int | None, asked: bool = False) -> None:
        ranks = [one.rank for one in file]
        self.database.execute(
            "UPDATE addresses_to_ask SET lot = ?, asked = ? WHERE rank IN (SELECT unnest(?::BIGINT[]))",
            [lot, asked, ranks],
        )

    def _set_aside(self, one: AddressQuery) -> None:
        self._mark([one], lot=1, asked=True)
        self.database.execute(
            """UPDATE adresses SET ecartee = getvariable('run_day'), lot = 1
            WHERE adresse = (SELECT adresse FROM addresses_to_ask WHERE rank = ?)""",
            [one.rank],
        )

    def _store(self, found: list[GeocodedAddress]) -> None:
        self.database.execute(
            """UPDATE adresses
            SET score = found.score, citycode = found.citycode, label = found.label, score_suivant = found.score_suivant,
                ban = found.ban, demandee = getvariable('run_day'), lecteur = getvariable('reader'), ecartee = NULL, lot = NULL
            FROM (SELECT unnest(from_json(?::JSON, ?)) AS found) AS answers
            JOIN addresses_to_ask ON addresses_to_ask.rank = found.rank
            WHERE addresses_to_ask.adresse = adresses.adresse""",
            [json.dumps([asdict(one) for one in found]), _ANSWERS],
        )


def _number(database: duckdb.DuckDBPyConnection, rows: str) -> int:
    (number,) = database.execute(f"SELECT count(*) FROM {rows}").fetchall()[0]
    return int(number)

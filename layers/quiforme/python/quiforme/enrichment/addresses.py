"""The communes of the OF list's addresses, from the geocoder of the Base Adresse Nationale.

An answer is stored: only new and changed addresses are sent.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import duckdb

from quiforme.database import count, run_script
from quiforme.enrichment.ban import AddressQuery, GeocodedAddress, search
from quiforme.enrichment.service_calls import InvalidAnswer, OutOfTime, RateLimiter
from quiforme.fetching.http import Http
from quiforme.snapshot.ports import Unfetchable

ADDRESSES_PER_FILE: Final = 5000


@dataclass(frozen=True, slots=True)
class GeocodingResult:
    """The outcome of one run's geocoding.

    Attributes:
        state: `off`, no service is configured; `complete`, every address has its answer; `postponed`, the rest is left
            to the next run.
        known: How many stored answers are in use.
        answered: How many answers came in this run.
        pending: How many addresses have no answer yet.
        requests: How many files were sent.
        reason: Why some addresses have no answer.

    """

    state: Literal["off", "complete", "postponed"]
    known: int
    answered: int
    pending: int
    requests: int = 0
    reason: str | None = None


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
    run_script(database, "enrichment/addresses.sql")
    known, to_send = count(database, "adresses"), count(database, "pending_addresses")
    if address is None:
        return GeocodingResult("off", known, 0, to_send)
    limiter = RateLimiter(interval_s=0, budget_s=budget_s, clock=clock)
    reason = None
    for start in range(1, to_send + 1, ADDRESSES_PER_FILE):
        try:
            limiter.wait()
            _store(database, search(http, address, _queries(database, start)), day)
        except InvalidAnswer as failure:
            reason = str(failure)  # another file may get a valid one
        except (OutOfTime, Unfetchable) as failure:
            reason = str(failure)
            break
    answered = count(database, "adresses") - known
    pending = to_send - answered
    if pending and reason is None:
        reason = "it failed on some of them"
    return GeocodingResult("postponed" if pending else "complete", known, answered, pending, limiter.requests, reason)


def _queries(database: duckdb.DuckDBPyConnection, start: int) -> list[AddressQuery]:
    rows = database.execute(
        "SELECT rank, text, postcode FROM pending_addresses WHERE rank >= ? AND rank < ? ORDER BY rank",
        [start, start + ADDRESSES_PER_FILE],
    ).fetchall()
    return [AddressQuery(*row) for row in rows]


def _store(database: duckdb.DuckDBPyConnection, found: list[GeocodedAddress], day: date) -> None:
    columns = [[getattr(one, name) for one in found] for name in ("rank", "score", "citycode", "label")]
    database.execute(
        """
        INSERT INTO adresses BY NAME
        SELECT adresse, score, citycode, label, ?::DATE AS demandee
        FROM (SELECT unnest(?::BIGINT[]) AS rank, unnest(?::DOUBLE[]) AS score,
                     unnest(?::VARCHAR[]) AS citycode, unnest(?::VARCHAR[]) AS label)
        JOIN pending_addresses USING (rank)
        """,
        [day, *columns],
    )

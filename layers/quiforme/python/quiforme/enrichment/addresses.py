"""Where the addresses of the OF list are, as the Base Adresse Nationale answers; each is asked for once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import duckdb

from quiforme.database import count, run_script
from quiforme.enrichment.asking import OutOfTime, Pace, Unusable
from quiforme.enrichment.ban import AddressQuery, GeocodedAddress, search
from quiforme.fetching.http import Http
from quiforme.snapshot.ports import Unfetchable

ADDRESSES_A_FILE: Final = 5000


@dataclass(frozen=True, slots=True)
class GeocodingResult:
    """What came of the geocoder in one run.

    Attributes:
        state: `off`, no service is set up; `complete`, every address has its answer; `postponed`, the rest is for
            the next run.
        known: Answers kept from the runs before.
        answered: Answers of this run.
        pending: Addresses that still have none.
        requests: Files sent.
        reason: Why some were not answered.

    """

    state: Literal["off", "complete", "postponed"]
    known: int
    answered: int
    pending: int
    requests: int = 0
    reason: str | None = None


def lay_addresses(
    database: duckdb.DuckDBPyConnection,
    *,
    day: date,
    http: Http,
    address: str | None,
    budget_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> GeocodingResult:
    """Make the table `adresses`: the answers kept, and those for the list's new or changed addresses.

    Never fails for the service's sake: what it cannot give is postponed.

    Args:
        database: Holds `liste_of` and `previous.adresses`.
        day: The run's day.
        http: A client whose own budget is no longer than `budget_s`.
        address: Of the service, without the resource; None: it is not asked, earlier answers stay in use.
        budget_s: Seconds for all of it.
        clock: Seconds that only grow.

    """
    run_script(database, "enrichment/addresses.sql")
    known, wanted = count(database, "adresses"), count(database, "adresses_a_demander")
    if address is None:
        return GeocodingResult("off", known, 0, wanted)
    pace = Pace(seconds_apart=0, budget_s=budget_s, clock=clock)
    reason = None
    for start in range(1, wanted + 1, ADDRESSES_A_FILE):
        try:
            pace.wait()
            _keep(database, search(http, address, _questions(database, start)), day)
        except Unusable as failure:
            reason = str(failure)  # it may be this file's fault
        except (OutOfTime, Unfetchable) as failure:
            reason = str(failure)
            break
    answered = count(database, "adresses") - known
    pending = wanted - answered
    if pending and reason is None:
        reason = "it failed on some of them"
    return GeocodingResult("postponed" if pending else "complete", known, answered, pending, pace.requests, reason)


def _questions(database: duckdb.DuckDBPyConnection, start: int) -> list[AddressQuery]:
    rows = database.execute(
        "SELECT rang, texte, code_postal FROM adresses_a_demander WHERE rang >= ? AND rang < ? ORDER BY rang",
        [start, start + ADDRESSES_A_FILE],
    ).fetchall()
    return [AddressQuery(*row) for row in rows]


def _keep(database: duckdb.DuckDBPyConnection, places: list[GeocodedAddress], day: date) -> None:
    columns = [[getattr(place, name) for place in places] for name in ("rank", "score", "citycode", "label")]
    database.execute(
        """
        INSERT INTO adresses BY NAME
        SELECT adresse, score, citycode, label, ?::DATE AS demandee
        FROM (SELECT unnest(?::BIGINT[]) AS rang, unnest(?::DOUBLE[]) AS score,
                     unnest(?::VARCHAR[]) AS citycode, unnest(?::VARCHAR[]) AS label)
        JOIN adresses_a_demander USING (rang)
        """,
        [day, *columns],
    )

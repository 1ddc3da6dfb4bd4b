"""The optional services of one run: their addresses, and how much of the run's time each may use."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import duckdb

from quiforme.enrichment.addresses import geocode_addresses
from quiforme.enrichment.recent_sirene import refresh_recent_sirene
from quiforme.fetching.http import Http

_SIRENE_S = 240.0
_GEOCODER_S = 180.0
"""The most seconds that a run gives each service; the rest is postponed to the next day."""


@dataclass(frozen=True, slots=True)
class EnrichmentServices:
    """The services that a run may call.

    Attributes:
        sirene_address: The address of INSEE's Sirene API; None: it is not called.
        sirene_key: The key of the Sirene API.
        geocoder_address: The address of the geocoder; None: it is not called.
        seconds_left: How many seconds this invocation may still spend on its steps.

    """

    sirene_address: str | None
    sirene_key: str
    geocoder_address: str | None
    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class EnrichmentResult:
    """The outcome of both services.

    Attributes:
        sirene_complete_up_to: The last day of which every establishment that INSEE treated is known.
        answered: Whether a service sent any row.
        summary: The outcomes by service, for the run's summary.

    """

    sirene_complete_up_to: date | None
    answered: bool
    summary: dict[str, Any]


def enrich(
    database: duckdb.DuckDBPyConnection,
    services: EnrichmentServices,
    *,
    day: date,
    stock_day: date | None,
    sirene_complete_up_to: date | None,
) -> EnrichmentResult:
    """Make the tables of enrichment.KEPT, and overlay the recent establishments on Sirene's stock.

    Args:
        database: Has the sources, and the tables of the previous run in the schema `previous`.
        services: The services to call.
        day: The run's day.
        stock_day: The day of Sirene's stock, if there is one.
        sirene_complete_up_to: The result's value of the previous run.

    """
    budget = min(_SIRENE_S, services.seconds_left())
    sirene = refresh_recent_sirene(
        database,
        day=day,
        stock_day=stock_day,
        complete_up_to=sirene_complete_up_to,
        http=Http(budget_s=budget),
        address=services.sirene_address,
        key=services.sirene_key,
        budget_s=budget,
    )
    budget = min(_GEOCODER_S, services.seconds_left())
    # A file may take a third of it: the halves of one on which the geocoder hangs have the rest.
    http = Http(budget_s=budget, request_budget_s=budget / 3)
    geocoding = geocode_addresses(database, day=day, http=http, address=services.geocoder_address, budget_s=budget)
    return EnrichmentResult(
        sirene.complete_up_to,
        bool(sirene.rows or geocoding.answered),
        {"sirene_api": sirene.summary(), "geocoder": asdict(geocoding)},
    )

"""The optional services of one run: where they are, and for how long they may be asked."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import duckdb

from quiforme.enrichment.addresses import lay_addresses
from quiforme.enrichment.recent_sirene import lay_recent_sirene
from quiforme.fetching.http import Http

_SIRENE_S = 240.0
_GEOCODER_S = 180.0
"""Seconds a run gives each service at most: what is left goes on the next day."""


@dataclass(frozen=True, slots=True)
class EnrichmentServices:
    """What a run may ask beside the files.

    Attributes:
        sirene_address: Of INSEE's Sirene API; None, it is not asked.
        sirene_key: Its key.
        geocoder_address: Of the geocoder; None, it is not asked.
        seconds_left: How long this invocation may still spend on its steps.

    """

    sirene_address: str | None
    sirene_key: str
    geocoder_address: str | None
    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class EnrichmentResult:
    """What came of them.

    Attributes:
        sirene_complete_up_to: The last day of which everything that INSEE treated is known.
        answered: Whether any of them gave anything.
        summary: For the run's summary, by service.

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
    """Make the tables of enrichment.KEPT, and lay what is newer over Sirene's stock.

    Args:
        database: Holds the sources, and in the schema `previous` what earlier runs kept.
        services: What may be asked.
        day: The run's day.
        stock_day: The day of Sirene's stock, if there is one.
        sirene_complete_up_to: As the run before left it.

    """
    budget = min(_SIRENE_S, services.seconds_left())
    sirene = lay_recent_sirene(
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
    adresses = lay_addresses(
        database, day=day, http=Http(budget_s=budget), address=services.geocoder_address, budget_s=budget
    )
    return EnrichmentResult(
        sirene.complete_up_to,
        bool(sirene.rows or adresses.answered),
        {"sirene_api": sirene.summary(), "geocoder": asdict(adresses)},
    )

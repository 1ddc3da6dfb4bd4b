"""The geocoder that answers a run, and the addresses of a list."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from quiforme.enrichment.addresses import GeocodingResult, geocode_addresses
from quiforme.enrichment.ban import READER

from tests.integration.enrichment.tables import Row, all_of, tables
from tools.fictitious_france import ban
from tools.in_process.http_service import Behaviour, Clock, Reply, Request, Service, serve

DAY = date(2026, 11, 23)
HEADER = "rang,adresse,code_postal"
Address = tuple[str, str, str]
FOUND: Address = ("12 RUE DES ECOLES", "94000", "CRETEIL")
LOST: Address = ("LIEU DIT INTROUVABLE", "94000", "CRETEIL")
NOWHERE: Address = ("1 RUE DE LA LUNE", "00000", "MARE TRANQUILLITATIS")


def geocoder(request: Request) -> Reply:
    if request.path != "/search/csv/":
        return Reply(404)
    return Reply(200, ban.answer(request.headers["Content-Type"], request.body), {"Content-Type": "text/csv"})


def struct(address: Address) -> dict[str, str]:
    return dict(zip(("voie", "code_postal", "ville"), address, strict=True))


def listed(*addresses: Address | None) -> list[Row]:
    return [
        {"line": line, "nda": f"117500000{line:02}", "adresse": struct(address) if address else None}
        for line, address in enumerate(addresses, 1)
    ]


def answered(address: Address, score: float | None = 0.9, citycode: str | None = "94028") -> Row:
    row = {"adresse": struct(address), "score": score, "citycode": citycode}
    return {**row, "demandee": date(2026, 1, 1), "lecteur": READER}


class World:
    """A database, the service, and the function under test."""

    def __init__(self, database: duckdb.DuckDBPyConnection, service: Service) -> None:
        self.database, self.service, self.clock = database, service, service.clock

    def run(self, *, budget_s: float = 600, day: date = DAY, **more: Any) -> GeocodingResult:
        arguments: dict[str, Any] = {"http": self.clock.http(budget_s), "address": self.service.address, **more}
        return geocode_addresses(self.database, day=day, budget_s=budget_s, clock=self.clock, **arguments)

    def next_run(self, *, day: date = DAY, **more: Any) -> GeocodingResult:
        """The run after one that stored its table."""
        self.database.execute("CREATE OR REPLACE TABLE previous.adresses AS FROM adresses")
        self.service.requests.clear()
        return self.run(day=day, **more)

    def answers(self) -> dict[Address, tuple[float | None, str | None]]:
        rows = all_of(self.database, "SELECT adresse.*, score, citycode FROM adresses WHERE demandee IS NOT NULL")
        return {(voie, code_postal, ville): (score, commune) for voie, code_postal, ville, score, commune in rows}

    def asked(self) -> list[list[str]]:
        """The texts and postcodes sent, file by file."""
        files = [csv.DictReader([HEADER, *sent(request)]) for request in self.service.requests]
        return [[f"{row['adresse']}|{row['code_postal']}" for row in file] for file in files]


def sent(request: Request) -> list[str]:
    """The lines of the file, without its header."""
    text = request.body.decode()
    start = text.index(HEADER) + len(HEADER)
    return text[start : text.index("\r\n--", start)].strip().split("\r\n")


@contextmanager
def world(scratch: Path, *addresses: Address | None, before: list[Row] | None = None) -> Iterator[World]:
    rows = {"liste_of": listed(*addresses), "previous.adresses": before or []}
    with tables(scratch, rows) as database, serve(geocoder, Clock()) as service:
        yield World(database, service)


def without(*columns: str) -> Behaviour:
    """The geocoder's answer without some of its columns."""

    def behaviour(request: Request) -> Reply:
        rows = list(csv.DictReader(io.StringIO(geocoder(request).body.decode())))
        answer = io.StringIO()
        writer = csv.DictWriter(answer, [name for name in rows[0] if name not in columns], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return Reply(200, answer.getvalue().encode())

    return behaviour


def edited(*changes: bytes) -> Behaviour:
    """The geocoder's answer with each old text, wherever it stands, replaced by the new one that follows it."""

    def behaviour(request: Request) -> Reply:
        body = geocoder(request).body
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            body = body.replace(old, new)
        return Reply(200, body)

    return behaviour

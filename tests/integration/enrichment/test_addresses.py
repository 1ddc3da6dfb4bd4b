"""Each address of the OF list is sent to the geocoder once; and what a run does when the geocoder fails."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from quiforme.enrichment import addresses
from quiforme.enrichment.addresses import GeocodingResult, geocode_addresses

from tests.integration.enrichment.tables import Row, all_of, tables
from tools.fictitious_france import ban
from tools.in_process.http_service import Clock, Reply, Request, Service, serve

DAY = date(2026, 11, 23)
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
    return {"adresse": struct(address), "score": score, "citycode": citycode, "demandee": date(2026, 1, 1)}


class World:
    """A database, the service, and the function under test."""

    def __init__(self, database: duckdb.DuckDBPyConnection, service: Service) -> None:
        self.database, self.service, self.clock = database, service, service.clock

    def run(self, *, budget_s: float = 600, **more: Any) -> GeocodingResult:
        arguments: dict[str, Any] = {"http": self.clock.http(budget_s), "address": self.service.address, **more}
        return geocode_addresses(self.database, day=DAY, budget_s=budget_s, clock=self.clock, **arguments)

    def answers(self) -> dict[Address, tuple[float | None, str | None]]:
        rows = all_of(self.database, "SELECT adresse.*, score, citycode FROM adresses")
        return {(voie, code_postal, ville): (score, commune) for voie, code_postal, ville, score, commune in rows}

    def asked(self) -> list[list[str]]:
        """The texts and postcodes sent, file by file."""
        return [_sent(request) for request in self.service.requests]


def _sent(request: Request) -> list[str]:
    text = request.body.decode()
    start = text.index("rang,adresse,code_postal")
    rows = csv.DictReader(io.StringIO(text[start : text.index("\r\n--", start)]))
    return [f"{row['adresse']}|{row['code_postal']}" for row in rows]


@contextmanager
def world(scratch: Path, *addresses: Address | None, before: list[Row] | None = None) -> Iterator[World]:
    rows = {"liste_of": listed(*addresses), "previous.adresses": before or []}
    with tables(scratch, rows) as database, serve(geocoder, Clock()) as service:
        yield World(database, service)


def test_answers_are_stored_with_or_without_a_match(tmp_path: Path) -> None:
    with world(tmp_path, FOUND, LOST, NOWHERE, FOUND, None) as w:
        assert w.run() == GeocodingResult("complete", known=0, answered=3, pending=0, requests=1)
        assert w.answers() == {FOUND: (0.93, "94028"), LOST: (0.31, "94028"), NOWHERE: (None, None)}
        assert all_of(w.database, "SELECT DISTINCT demandee FROM adresses") == [(DAY,)]


def test_only_new_or_changed_addresses_are_sent(tmp_path: Path) -> None:
    with world(tmp_path, FOUND, LOST, before=[answered(FOUND), answered(NOWHERE)]) as w:
        assert w.run() == GeocodingResult("complete", known=1, answered=1, pending=0, requests=1)
        assert w.asked() == [["LIEU DIT INTROUVABLE CRETEIL|94000"]]
        assert set(w.answers()) == {FOUND, LOST}
    with world(tmp_path, FOUND, before=[answered(FOUND)]) as w:
        assert w.run() == GeocodingResult("complete", known=1, answered=0, pending=0)


def test_without_a_service_the_stored_answers_stay(tmp_path: Path) -> None:
    with world(tmp_path, FOUND, LOST, before=[answered(FOUND)]) as w:
        assert w.run(address=None) == GeocodingResult("off", known=1, answered=0, pending=1)
        assert set(w.answers()) == {FOUND}


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (("", "", "PARIS"), "PARIS|"),
        (("12\tRUE\n DES  ECOLES", "75011", ""), "12 RUE DES ECOLES|75011"),
        (('LE "CLOS", BAT. B', "75011", "PARIS"), 'LE "CLOS", BAT. B PARIS|75011'),
        (("12 RUE", "94041", "CRETEIL CEDEX 9"), "12 RUE CRETEIL|"),
        (("12 RUE", "94041", "cedex"), "12 RUE|"),
        (("RUE " * 99, "75011", "PARIS"), ("RUE " * 50).rstrip() + "|75011"),
        (("ÎLE-D'AIX; É", "17123", "ÎLE-D'AIX"), "ÎLE-D'AIX; É ÎLE-D'AIX|17123"),
    ],
)
def test_what_is_sent_for_an_address(tmp_path: Path, address: Address, sent: str) -> None:
    with world(tmp_path, address) as w:
        w.run()
        [[text]] = w.asked()
        assert text.replace(" |", "|") == sent


@pytest.mark.parametrize("passing", [Reply(429, headers={"Retry-After": "5"}), Reply(429), Reply(500), Reply(502)])
def test_a_transient_failure_is_retried_after_a_pause(tmp_path: Path, passing: Reply) -> None:
    with world(tmp_path, FOUND) as w:
        w.service.faults = {0: passing}
        assert w.run() == GeocodingResult("complete", known=0, answered=1, pending=0, requests=1)
        assert w.service.at[1] - w.service.at[0] >= (5 if passing.headers else 1)


def without(column: str) -> Any:
    """The geocoder's answer without one of its columns."""

    def behaviour(request: Request) -> Reply:
        rows = list(csv.DictReader(io.StringIO(geocoder(request).body.decode())))
        answer = io.StringIO()
        writer = csv.DictWriter(answer, [name for name in rows[0] if name != column], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return Reply(200, answer.getvalue().encode())

    return behaviour


def edited(old: bytes, new: bytes) -> Any:
    def behaviour(request: Request) -> Reply:
        return Reply(200, geocoder(request).body.replace(old, new))

    return behaviour


def cut(request: Request) -> Reply:
    return Reply(200, geocoder(request).body.rsplit(b"\r\n", 2)[0])


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (lambda _: Reply(429, headers={"Retry-After": "3600"}), "asks to come back in 3600 s"),
        (lambda _: Reply(500), "it answers 500"),
        (lambda _: Reply(413), "it answers 413"),
        (lambda _: Reply(200, b"<!DOCTYPE html><html>"), "HTML"),
        (lambda _: Reply(200), "it lacks the columns rang, result_score, result_citycode, result_label"),
        (without("result_citycode"), "it lacks the columns result_citycode"),
        (without("result_score"), "it lacks the columns result_score"),
        (without("rang"), "it lacks the columns rang"),
        (cut, "its 1 rows are not the 2 that were asked"),
        (edited(b"0.93", b"a lot"), "'a lot' is no score"),
        (edited(b"0.93", b"-1"), "'-1' is no score"),
        (edited(b"0.93", b"nan"), "'nan' is no score"),
        (edited(b"0.93", b"inf"), "'inf' is no score"),
        (edited(b"ECOLES", b"\xc9COLES"), "it is not UTF-8"),
        (edited(b"12 RUE", b'"12 RUE" DES'), "its CSV is damaged"),
    ],
)
def test_an_outage_or_an_invalid_answer_postpones(tmp_path: Path, behaviour: Any, reason: str) -> None:
    with world(tmp_path, FOUND, NOWHERE, LOST, before=[answered(LOST)]) as w:
        w.service.truth = behaviour
        outcome = w.run()
        assert (outcome.state, outcome.answered, outcome.pending) == ("postponed", 0, 2)
        assert reason in (outcome.reason or "")
        assert set(w.answers()) == {LOST}


def test_a_row_on_which_the_geocoder_failed_stays_pending(tmp_path: Path) -> None:
    def behaviour(request: Request) -> Reply:
        lines = geocoder(request).body.decode().splitlines()
        status = {"result_score": "result_status", "ECOLES": "ok", "LUNE": "error", "INTROUVABLE": "not-found"}
        return Reply(
            200, "\n".join(f"{line},{next(s for w, s in status.items() if w in line)}" for line in lines).encode()
        )

    with world(tmp_path, FOUND, NOWHERE, LOST) as w:
        w.service.truth = behaviour
        assert w.run() == GeocodingResult(
            "postponed", 0, answered=2, pending=1, requests=1, reason="it failed on some of them"
        )
        assert set(w.answers()) == {FOUND, LOST}


def test_after_an_invalid_answer_the_other_files_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_PER_FILE", 2)
    streets: list[Address] = [(f"{number} RUE", "75011", "PARIS") for number in range(1, 6)]
    with world(tmp_path, *streets) as w:
        w.service.faults = {1: Reply(413)}
        outcome = w.run()
        assert [len(file) for file in w.asked()] == [2, 2, 1]
        assert outcome == GeocodingResult("postponed", 0, answered=3, pending=2, requests=3, reason="it answers 413")


def test_after_an_outage_no_other_file_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_PER_FILE", 1)
    with world(tmp_path, FOUND, LOST, NOWHERE) as w:
        w.service.truth = lambda _: Reply(503)
        outcome = w.run()
        assert (outcome.requests, outcome.pending) == (1, 3)


def test_slow_answers_stop_at_the_budget_and_those_received_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_PER_FILE", 1)
    with world(tmp_path, FOUND, LOST, NOWHERE) as w:

        def slow(request: Request) -> Reply:
            w.clock.sleep(60)
            return geocoder(request)

        w.service.truth = slow
        outcome = w.run(budget_s=100)
        assert outcome == GeocodingResult("postponed", 0, 2, 1, requests=2, reason="the time for it is used up")

"""Each address of the OF list is sent to the geocoder once; and what a run does when the geocoder fails."""

from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from quiforme.enrichment import addresses
from quiforme.enrichment.addresses import GeocodingResult
from quiforme.enrichment.ban import READER

from tests.integration.enrichment.geocoding import (
    DAY,
    FOUND,
    LOST,
    NOWHERE,
    Address,
    answered,
    edited,
    geocoder,
    without,
    world,
)
from tests.integration.enrichment.tables import all_of
from tools.in_process.http_service import Reply, Request


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


def test_an_answer_is_stored_with_the_second_score_and_the_parts_of_the_address(tmp_path: Path) -> None:
    with world(tmp_path, FOUND, NOWHERE) as w:
        w.run()
        found, nowhere = all_of(
            w.database,
            "SELECT score_suivant, ban, label, lecteur, ecartee, lot FROM adresses ORDER BY score NULLS LAST",
        )
        parts = {
            "type": "housenumber",
            "nom": "12 RUE DES ECOLES",
            "numero": "12",
            "voie": "RUE DES ECOLES",
            "code_postal": "94000",
            "commune": "Creteil",
            "contexte": "94, Creteil",
            "id": "94028_0001_00012",
            "latitude": "48.751140",
            "longitude": "2.323558",
        }
        assert found == (0.4, parts, "12 RUE DES ECOLES CRETEIL 94000, Creteil", READER, None, None)
        assert nowhere == (None, None, None, READER, None, None)


def test_a_geocoder_without_the_newer_columns_is_read(tmp_path: Path) -> None:
    with world(tmp_path, FOUND) as w:
        w.service.truth = without("result_score_next", "result_status", "result_street", "longitude")
        assert w.run().state == "complete"
        assert all_of(w.database, "SELECT score, score_suivant, ban.voie, ban.numero FROM adresses") == [
            (0.93, None, None, "12")
        ]


def test_answers_that_an_earlier_version_read_are_in_use_until_they_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_PER_FILE", 1)
    old = {**answered(FOUND, 0.2, "75111"), "lecteur": None}
    with world(tmp_path, FOUND, LOST, before=[old]) as w:
        w.service.faults = {1: Reply(429, headers={"Retry-After": "3600"})}
        assert w.run() == GeocodingResult(
            "postponed", known=1, answered=1, pending=0, requests=2, reason=ANY, outdated=1
        )
        assert [file[0][:2] for file in w.asked()] == ["LI", "12"], "new addresses go first"
        assert w.answers() == {FOUND: (0.2, "75111"), LOST: (0.31, "94028")}
        assert w.next_run() == GeocodingResult("complete", known=2, answered=1, pending=0, requests=1)
        assert w.answers() == {FOUND: (0.93, "94028"), LOST: (0.31, "94028")}


def test_a_stored_table_may_lack_the_newer_columns(tmp_path: Path) -> None:
    with world(tmp_path, FOUND, LOST, before=[answered(FOUND)]) as w:
        w.database.execute(
            """CREATE OR REPLACE TABLE previous.adresses AS
            SELECT adresse, score, citycode, label, demandee FROM previous.adresses"""
        )
        assert w.run(address=None) == GeocodingResult("off", known=1, answered=0, pending=1, outdated=1)
        assert w.answers() == {FOUND: (0.9, "94028")}


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


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (lambda _: Reply(429, headers={"Retry-After": "3600"}), "asks to come back in 3600 s"),
        (lambda _: Reply(503, headers={"Retry-After": "3600"}), "asks to come back in 3600 s"),
        (lambda _: Reply(500), "it answers 500"),
        (lambda _: Reply(413), "it answers 413"),
        (lambda _: Reply(200, b"<!DOCTYPE html><html>"), "HTML"),
        (lambda _: Reply(200, b"rang", {"Content-Length": "99"}), "breaks off"),
        (lambda _: Reply(200), "it lacks the columns rang, result_score, result_citycode, result_label"),
        (without("result_citycode"), "it lacks the columns result_citycode"),
        (without("result_score"), "it lacks the columns result_score"),
        (without("rang"), "it lacks the columns rang"),
        (edited(b"\r\n", b"\r\n9"), "none of its 0 rows is one of the 1 that were asked"),
        (edited(b",0", b",,"), "none of its 0 rows is one of the 1 that were asked"),
        (edited(b",not-found", b",error", b",ok", b",error"), "no answer for an address that it knows"),
        (edited(b",not-found", b",", b"0.93", b"", b",ok", b","), "no answer for an address that it knows"),
    ],
)
def test_an_outage_postpones_every_address_and_sets_none_aside(tmp_path: Path, behaviour: Any, reason: str) -> None:
    streets: list[Address] = [(f"{number} RUE", "75011", "PARIS") for number in range(1, 100)]
    with world(tmp_path, FOUND, NOWHERE, LOST, *streets, before=[answered(LOST)]) as w:
        w.service.truth = behaviour
        outcome = w.run()
        assert (outcome.state, outcome.answered, outcome.pending) == ("postponed", 0, 101)
        assert reason in (outcome.reason or "")
        assert outcome.requests <= 3
        assert len(w.service.requests) == 1 or "asks to come back" not in reason
        assert all_of(w.database, "SELECT adresse.voie, ecartee, lot FROM adresses") == [(LOST[0], None, None)]


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

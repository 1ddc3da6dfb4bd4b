"""What comes back whole is kept; and a file on which the geocoder fails is halved until the bad address stands alone."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.enrichment import addresses
from quiforme.enrichment.addresses import GeocodingResult

from tests.integration.enrichment.geocoding import (
    DAY,
    FOUND,
    HEADER,
    LOST,
    NOWHERE,
    Address,
    answered,
    edited,
    geocoder,
    sent,
    without,
    world,
)
from tests.integration.enrichment.tables import all_of
from tools.in_process.http_service import Behaviour, Reply, Request

BAD: Address = ("LIEU DIT ''LES LOGES''", "75011", "PARIS")


def streets(number: int) -> list[Address]:
    return [(f"{rank} RUE", "75011", "PARIS") for rank in range(1, number + 1)]


def echo(request: Request) -> Reply:
    """The file as it was sent."""
    return Reply(200, "\n".join([HEADER, *sent(request)]).encode())


def failing_on(text: str, failure: Behaviour) -> Behaviour:
    return lambda request: failure(request) if text in request.body.decode() else geocoder(request)


# --- what comes back whole ---


@pytest.mark.parametrize(
    "behaviour",
    [
        without("result_status"),
        edited(b",not-found", b","),
        edited(b",not-found", b",error"),
        edited(b",not-found", b",skipped"),
        edited(b",not-found", b",ok"),
        edited(b",not-found", b",a new status"),
    ],
)
def test_a_blank_without_a_status_is_unanswered(tmp_path: Path, behaviour: Any) -> None:
    with world(tmp_path, FOUND, NOWHERE, LOST) as w:
        w.service.truth = behaviour
        assert w.run() == GeocodingResult("postponed", 0, 2, pending=1, requests=1, reason="it failed on some of them")
        assert set(w.answers()) == {FOUND, LOST}
        outcome = w.next_run()
        assert (outcome.answered, outcome.pending, outcome.set_aside) == (0, 1, 0), "asked again, and never set aside"
        w.service.truth = geocoder
        assert w.next_run() == GeocodingResult("complete", 2, 1, pending=0, requests=1)
        assert w.answers()[NOWHERE] == (None, None)


@pytest.mark.parametrize("score", ["a lot", "-1", "nan", "inf", "1.5", ""])
def test_an_impossible_score_is_no_answer(tmp_path: Path, score: str) -> None:
    with world(tmp_path, FOUND, NOWHERE) as w:
        w.service.truth = edited(b",0.93,", f",{score},".encode())
        outcome = w.run()
        assert (outcome.answered, outcome.pending, outcome.set_aside, outcome.requests) == (1, 1, 0, 1)
        assert set(w.answers()) == {NOWHERE}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b",94028,", b",94.28,"),
        (b",94028,", b",9402,"),
        (b",94028,", b",94C28,"),
        (b",94028,", b",,"),
        (b",0.4,", b",nan,"),
    ],
)
def test_an_impossible_commune_or_second_score_is_no_answer(tmp_path: Path, old: bytes, new: bytes) -> None:
    with world(tmp_path, FOUND, NOWHERE) as w:
        w.service.truth = edited(old, new)
        outcome = w.run()
        assert (outcome.answered, outcome.pending, outcome.set_aside) == (1, 1, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ECOLES CRETEIL,", b"ECOLES MEAUX,"),  # the answer of another address
        (b"ECOLES", b"\xc9COLES"),
        (b", Creteil", b", Cr\xe9teil"),
        (b'94000, Creteil"', b'94000" Creteil"'),
        (b"12 RUE", b'"12 RUE'),
        (b"12 RUE", b'"12 RUE" DES'),
        (b",94028", b",94028,94028"),
        (b",94028", b""),
    ],
)
def test_a_row_that_is_damaged_costs_no_other_row(tmp_path: Path, old: bytes, new: bytes) -> None:
    with world(tmp_path, FOUND, *streets(9)) as w:
        w.service.faults = {0: edited(old, new)}
        assert w.run() == GeocodingResult("complete", 0, 10, pending=0, requests=2)
        assert [len(file) for file in w.asked()] == [10, 1]


def test_a_row_that_comes_twice_or_was_not_sent_is_not_trusted(tmp_path: Path) -> None:
    def behaviour(request: Request) -> Reply:
        header, first, second, third = geocoder(request).body.decode().splitlines()
        stranger = third.replace("3,", "9,", 1)
        return Reply(200, "\n".join([header, third, first, first.replace("0.93", "0.8"), second, stranger]).encode())

    with world(tmp_path, *streets(3)) as w:
        w.service.faults = {0: behaviour}
        assert w.run() == GeocodingResult("complete", 0, 3, pending=0, requests=2)
        assert [len(file) for file in w.asked()] == [3, 1]
        assert {score for score, _ in w.answers().values()} == {0.93}


@pytest.mark.parametrize("columns", [(), ("result_status",)])
@pytest.mark.parametrize("more", [b"", b"\r\n", b"\r\n61,61 RU"])
def test_the_whole_rows_of_an_answer_that_is_cut_are_kept(
    tmp_path: Path, columns: tuple[str, ...], more: bytes
) -> None:
    def cut(request: Request) -> Reply:
        return Reply(200, b"\r\n".join(without(*columns)(request).body.split(b"\r\n")[:61]) + more)

    with world(tmp_path, *streets(90)) as w:
        w.service.faults = {0: cut, 1: Reply(429, headers={"Retry-After": "3600"})}
        outcome = w.run()
        assert (outcome.state, outcome.answered, outcome.pending) == ("postponed", 60, 30)
        assert w.next_run() == GeocodingResult("complete", 60, 30, pending=0, requests=1)


def test_the_last_cell_of_an_answer_that_is_cut_is_not_trusted(tmp_path: Path) -> None:
    """A score of 0.93 that was cut is 0.9."""

    def cut(request: Request) -> Reply:
        lines = ["rang,adresse,result_label,result_citycode,result_score"]
        lines += [f"{row.partition(',')[0]},{row.split(',')[1]},x,75111,0.93" for row in sent(request)]
        return Reply(200, "\n".join(lines[:6])[:-1].encode())

    with world(tmp_path, *streets(9)) as w:
        w.service.faults = {0: cut, 1: Reply(429, headers={"Retry-After": "3600"})}
        assert w.run().answered == 4
        assert {score for score, _ in w.answers().values()} == {0.93}


# --- a file that fails ---


@pytest.mark.parametrize("number", [0, 1, 89])
@pytest.mark.parametrize(
    "failure",
    [echo, lambda _: Reply(500), lambda _: Reply(413), lambda _: Reply(200, b"rang", {"Content-Length": "99"})],
)
def test_the_bad_address_is_found_and_set_aside_and_every_other_is_answered(
    tmp_path: Path, failure: Behaviour, number: int
) -> None:
    with world(tmp_path, *streets(number), BAD) as w:
        w.service.truth = failing_on("''", failure)
        outcome = w.run(budget_s=6000)
        assert (outcome.state, outcome.answered, outcome.pending, outcome.set_aside) == ("complete", number, 0, 1)
        assert outcome.requests <= 1 + 2 * math.ceil(math.log2(number + 1))
        assert set(w.answers()) == set(streets(number))
        assert all_of(w.database, "SELECT score, demandee, ecartee FROM adresses WHERE demandee IS NULL") == [
            (None, None, DAY)
        ]


def test_an_address_that_was_set_aside_is_asked_again_alone_a_month_later(tmp_path: Path) -> None:
    with world(tmp_path, *streets(9), BAD) as w:
        w.service.truth = failing_on("''", echo)
        w.run()
        assert w.next_run(day=DAY + timedelta(days=29)) == GeocodingResult("complete", 9, 0, pending=0, set_aside=1)
        month_later = DAY + timedelta(days=30)
        assert w.next_run(day=month_later) == GeocodingResult("complete", 9, 0, pending=0, requests=1, set_aside=1)
        assert w.next_run(day=month_later + timedelta(days=1)).requests == 0
        w.service.truth = geocoder
        later = month_later + timedelta(days=30)
        assert w.next_run(day=later) == GeocodingResult("complete", 9, 1, pending=0, requests=1)
        assert all_of(w.database, "SELECT count(*) FROM adresses WHERE demandee IS NULL OR ecartee IS NOT NULL") == [
            (0,)
        ]


def test_many_bad_addresses_are_found(tmp_path: Path) -> None:
    bad: list[Address] = [(f"LIEU DIT ''{rank}''", "75011", "PARIS") for rank in range(10)]
    with world(tmp_path, *streets(50), *bad) as w:
        w.service.truth = failing_on("''", echo)
        outcome = w.run()
        assert (outcome.state, outcome.answered, outcome.pending, outcome.set_aside) == ("complete", 50, 0, 10)


def test_a_bad_address_that_leaves_every_row_blank_costs_no_other(tmp_path: Path) -> None:
    with world(tmp_path, *streets(20), BAD) as w:
        w.service.truth = failing_on("''", edited(b"0.93", b"", b",ok", b","))
        outcome = w.run()
        assert (outcome.state, outcome.answered, outcome.pending, outcome.set_aside) == ("postponed", 20, 1, 0)


def test_an_outage_that_begins_during_the_run_sets_nothing_aside(tmp_path: Path) -> None:
    with world(tmp_path, *streets(20), BAD) as w:

        def behaviour(request: Request) -> Reply:
            return echo(request) if len(w.service.requests) > 2 else failing_on("''", echo)(request)

        w.service.truth = behaviour
        outcome = w.run()
        assert (outcome.state, outcome.set_aside, outcome.answered + outcome.pending) == ("postponed", 0, 21)


def test_one_request_a_run_is_enough_to_isolate_a_bad_address(tmp_path: Path) -> None:
    with world(tmp_path, *streets(7), BAD) as w:

        def slow(request: Request) -> Reply:
            w.clock.sleep(60)
            return failing_on("''", echo)(request)

        w.service.truth = slow
        outcome = w.run(budget_s=50)
        assert (outcome.requests, outcome.answered, outcome.pending) == (1, 0, 8)
        answers = [w.next_run(budget_s=50).answered for _ in range(6)]
        assert sum(answers) == 7
        assert w.next_run(budget_s=100).set_aside == 1, "the service is asked whether it works before it is set aside"


def test_an_old_answer_stays_in_use_when_its_address_is_set_aside(tmp_path: Path) -> None:
    old = {**answered(BAD, 0.7, "75111"), "lecteur": None}
    with world(tmp_path, BAD, FOUND, before=[old]) as w:
        w.service.truth = failing_on("''", echo)
        assert w.run() == GeocodingResult("complete", 1, 1, pending=0, requests=2)
        assert w.answers() == {BAD: (0.7, "75111"), FOUND: (0.93, "94028")}
        assert w.next_run(day=DAY + timedelta(days=1)).requests == 0


def test_after_a_failure_the_other_files_are_sent_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "ADDRESSES_PER_FILE", 2)
    with world(tmp_path, *streets(5)) as w:
        w.service.faults = {1: Reply(413)}
        outcome = w.run()
        assert [len(file) for file in w.asked()] == [2, 2, 1, 1, 1]
        assert outcome == GeocodingResult("complete", 0, answered=5, pending=0, requests=5)

"""What INSEE's API adds to the stock, and what a run does when the API fails."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import duckdb
import pytest
from quiforme.database import run_script
from quiforme.enrichment.recent_sirene import SireneApiResult, refresh_recent_sirene

from tests.integration.enrichment.tables import Row, all_of, tables
from tools.in_process.http_service import Clock, Reply, Request, Service, serve
from tools.in_process.insee import KEY, Insee, establishment, period, queries

STOCK_DAY = date(2026, 11, 3)
UP_TO = date(2026, 11, 5)
"""The last complete day when the API was last updated on the 6th."""

OLD, CHANGED, NEW, LATER = "81841109200013", "35600000000001", "35600000000002", "35600000000003"
DAY = "dateDernierTraitementEtablissement:2026-11-0"


def stock(siret: str, etat: str = "A", commune: str = "75111") -> Row:
    return {
        "siret": siret,
        "etat": etat,
        "date_debut": date(2010, 1, 1),
        "code_commune": commune,
        "diffusion": "O",
    }


def kept(siret: str, treated: datetime | None, etat: str = "F") -> Row:
    return {**stock(siret, etat), "traite_le": treated}


class World:
    """A database, the API, and the function under test."""

    def __init__(self, database: duckdb.DuckDBPyConnection, insee: Insee, service: Service) -> None:
        self.database, self.insee, self.service = database, insee, service
        self.clock = service.clock

    def run(
        self, *, budget_s: float = 600, key: str = KEY, complete_up_to: date | None = None, **more: Any
    ) -> SireneApiResult:
        arguments: dict[str, Any] = {
            "day": date(2026, 11, 6),
            "stock_day": STOCK_DAY,
            "complete_up_to": complete_up_to,
            "http": self.clock.http(budget_s),
            "address": f"{self.service.address}/3.11",
            "key": key,
            "budget_s": budget_s,
            "clock": self.clock,
            "sleep": self.clock.sleep,
            **more,
        }
        return refresh_recent_sirene(self.database, **arguments)

    def states(self) -> dict[str, str]:
        """The state of each establishment of the view `sirene`."""
        return dict(all_of(self.database, "SELECT siret, etat FROM sirene ORDER BY siret"))


@contextmanager
def world(scratch: Path, insee: Insee | None = None, **rows: list[Row]) -> Iterator[World]:
    insee = insee or Insee(establishments=changes())
    rows = {name.replace("before_", "previous."): several for name, several in rows.items()}
    clock = Clock()
    with (
        tables(scratch, {"stock": [stock(OLD), stock(CHANGED)], **rows}) as database,
        serve(insee, clock) as service,
    ):
        yield World(database, insee, service)


def changes() -> list[dict[str, Any]]:
    return [
        establishment(OLD, "2026-10-30T10:00:00", etat="F"),
        establishment(CHANGED, "2026-11-02T08:31:07", etat="F", debut="2026-10-31"),
        establishment(NEW, "2026-11-05T23:59:59.999", commune="94028", diffusion="P"),
        establishment(LATER, "2026-11-06T00:00:00"),
    ]


def test_changes_since_the_stock_are_overlaid_on_it(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        outcome = w.run()
        assert all_of(w.database, "SELECT * EXCLUDE (numero) FROM sirene ORDER BY siret") == [
            (CHANGED, "F", date(2026, 10, 31), "75111", "O"),
            (NEW, "A", date(2020, 1, 1), "94028", "P"),
            (OLD, "A", date(2010, 1, 1), "75111", "O"),
        ]
        assert outcome == SireneApiResult("complete", UP_TO, requests=8, rows=2, kept=2)
        assert queries(w.service.requests) == [f"{DAY}1", *[f"{DAY}2"] * 2, f"{DAY}3", f"{DAY}4", *[f"{DAY}5"] * 2]


def test_at_most_thirty_requests_are_sent_per_minute(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        w.run()
        assert {after - before for before, after in zip(w.service.at, w.service.at[1:], strict=False)} == {2.0}


def test_the_cursor_is_followed_to_its_end(tmp_path: Path) -> None:
    several = [establishment(f"{siren}00001", "2026-11-04T12:00:00") for siren in range(100000000, 100000005)]
    with world(tmp_path, Insee(establishments=several, page=2)) as w:
        outcome = w.run(complete_up_to=date(2026, 11, 3))
        assert (outcome.state, outcome.rows, outcome.kept) == ("complete", 5, 5)
        assert queries(w.service.requests) == [*[f"{DAY}4"] * 4, f"{DAY}5"]


def test_the_next_run_continues_after_the_last_complete_day_and_keeps_the_rows(tmp_path: Path) -> None:
    before = [kept(OLD, datetime(2026, 11, 2, 9))]
    with world(tmp_path, before_sirene_recente=before) as w:
        w.run(complete_up_to=date(2026, 11, 4))
        assert set(queries(w.service.requests)) == {f"{DAY}5"}
        assert w.states() == {OLD: "F", CHANGED: "A", NEW: "A"}


def test_a_later_answer_replaces_an_earlier_one(tmp_path: Path) -> None:
    before = [kept(CHANGED, datetime(2026, 11, 1, 9), "A"), kept(NEW, datetime(2026, 11, 1, 9))]
    with world(tmp_path, before_sirene_recente=before) as w:
        outcome = w.run(complete_up_to=date(2026, 11, 1))
        assert w.states() == {OLD: "A", CHANGED: "F", NEW: "A"}
        assert outcome.kept == 2


def test_no_query_is_sent_when_every_available_day_is_complete(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        assert w.run(complete_up_to=UP_TO) == SireneApiResult("complete", UP_TO, requests=1)


def test_a_day_is_not_complete_before_its_end(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        w.insee.updated = "2027-01-01T00:00:00"
        assert w.run(complete_up_to=date(2026, 11, 4)).complete_up_to == UP_TO
        w.insee.updated = "2026-11-05T00:00:00"
        assert w.run(complete_up_to=date(2026, 11, 3)).complete_up_to == date(2026, 11, 4)


def test_a_new_stock_replaces_the_rows_treated_before_it(tmp_path: Path) -> None:
    before = [kept(OLD, datetime(2026, 10, 31, 23)), kept(CHANGED, datetime(2026, 11, 1, 0))]
    with world(tmp_path, before_sirene_recente=before) as w:
        outcome = w.run(address=None, complete_up_to=date(2026, 10, 20))
        assert outcome == SireneApiResult("off", date(2026, 10, 31), kept=1)
        assert w.states() == {OLD: "A", CHANGED: "F"}


@pytest.mark.parametrize(
    ("closed", "of_stock", "expected"),
    [
        (date(2026, 5, 31), {"etat": "F", "date_debut": date(2026, 10, 20)}, date(2026, 5, 31)),
        (None, {"etat": "F", "date_debut": date(2026, 10, 20)}, None),
        (date(2026, 5, 31), {"etat": "F", "date_debut": date(2026, 10, 25)}, date(2026, 10, 25)),  # corrected once more
        (date(2026, 5, 31), {"etat": "A", "date_debut": date(2026, 10, 20)}, date(2026, 10, 20)),
    ],
)
def test_a_new_stock_does_not_move_the_closing_day_of_a_corrected_establishment(
    tmp_path: Path, closed: date | None, of_stock: Row, expected: date | None
) -> None:
    corrected = {**kept(CHANGED, datetime(2026, 10, 20, 9)), "date_debut": closed}
    corrected |= {"debut_periode": date(2026, 10, 20), "identite": {"siege": True}}
    newer = {**stock(CHANGED, commune="44109"), "diffusion": "P", **of_stock}
    with world(tmp_path, stock=[newer], before_sirene_recente=[corrected]) as w:
        w.run(address=None)
        assert all_of(w.database, "SELECT date_debut, code_commune, diffusion FROM sirene") == [
            (expected, "44109", "P")
        ]
        # All else is the stock's.
        assert not all_of(w.database, "FROM sirene_recente WHERE identite IS NOT NULL")


def test_an_establishment_younger_than_the_stock_is_queried_by_its_siren(tmp_path: Path) -> None:
    young, sister = "53222292400039", "53222292499999"
    register = [establishment(siret, "2026-10-15T08:00:00") for siret in (young, sister)]
    listed = [{"line": 1, "nda": "11750000001", "siret": young, "siret_valide": True}, {"line": 2, "siret": OLD}]
    partners = [{"code": "RNCP1", "siret": "81841109200014"}]
    with world(tmp_path, Insee(establishments=register), liste_of=listed, partenaires_rs=partners) as w:
        outcome = w.run(complete_up_to=UP_TO)
        assert queries(w.service.requests) == ["siret:532222924*"] * 2
        assert w.states() == {OLD: "A", CHANGED: "A", young: "A", sister: "A"}
        assert outcome == SireneApiResult("complete", UP_TO, requests=3, rows=2, kept=2)
    with world(
        tmp_path, liste_of=listed, before_sirene_recente=[kept(young, datetime(2026, 10, 15, 8)), kept(OLD, None)]
    ) as w:
        w.run(complete_up_to=UP_TO)
        assert queries(w.service.requests) == []
        assert w.states() == {OLD: "A", CHANGED: "A", young: "F"}


def test_sirens_are_queried_in_batches_and_leave_half_the_time_to_the_days(tmp_path: Path) -> None:
    unknown = [{"line": rank, "siret": f"356000000{rank:05}"} for rank in range(1000, 1003)]
    unknown += [{"line": rank, "siret": _siret(rank)} for rank in range(100000000, 100000300)]
    with world(tmp_path, liste_of=unknown) as w:
        w.run(complete_up_to=UP_TO)
        assert [question.count("siret:") for question in queries(w.service.requests)] == [125, 125, 51, 51]
    with world(tmp_path, liste_of=unknown) as w:
        outcome = w.run(complete_up_to=date(2026, 11, 4), budget_s=8)
        assert outcome.state == "postponed"
        assert outcome.reason == "176 SIRENs: the time for it is used up"
        assert outcome.complete_up_to == UP_TO


def _siret(siren: int) -> str:
    """A well-formed SIRET."""
    digits = f"{siren}0000"
    doubled = [2 * int(digit) if rank % 2 == 0 else int(digit) for rank, digit in enumerate(reversed(digits))]
    return digits + str(-sum(n - 9 if n > 9 else n for n in doubled) % 10)


@pytest.mark.parametrize(
    "passing",
    [
        Reply(429, headers={"Retry-After": "40"}),
        Reply(429),
        Reply(500),
        Reply(503, headers={"Retry-After": "Tue, 24 Nov 2026 05:00:00 GMT"}),
        Reply(200, b'{"header"', {"Content-Length": "5000"}),
    ],
)
def test_a_transient_failure_is_retried_after_a_pause(tmp_path: Path, passing: Reply) -> None:
    with world(tmp_path) as w:
        w.service.faults = {0: passing, 3: passing}
        assert w.run().state == "complete"
        assert w.states() == {OLD: "A", CHANGED: "F", NEW: "A"}
        if passing.headers.get("Retry-After") == "40":
            assert w.service.at[1] - w.service.at[0] >= 40


@pytest.mark.parametrize(
    ("lasting", "reason"),
    [
        (Reply(429, headers={"Retry-After": "7200"}), "asks to come back in 7200 s"),
        (Reply(500), "it answers 500"),
        (Reply(200, b"<html><body>maintenance"), "HTML"),
        (Reply(400, b'{"header": {"statut": 400}}'), "it answers 400"),
        (Reply(404, b"No context-path matches the request URI."), "it answers 404"),
        (Reply(404, b'{"header": {"statut": 404, "message": "Ressource inconnue"}}'), "it answers 404"),
        (Reply(200, b'{"header": {"total": 1, "nom'), "its JSON is not what it should be"),
        (Reply(200, b"[]"), "its JSON is not what it should be"),
    ],
)
@pytest.mark.parametrize("searches_only", [False, True])
def test_an_outage_postpones(tmp_path: Path, lasting: Reply, reason: str, searches_only: bool) -> None:
    before = [kept(OLD, datetime(2026, 11, 2, 9))]
    with world(tmp_path, before_sirene_recente=before) as w:
        w.service.truth = lambda request: lasting if request.body or not searches_only else w.insee(request)
        outcome = w.run()
        assert (outcome.state, outcome.complete_up_to) == ("postponed", date(2026, 10, 31))
        assert outcome.reason
        assert outcome.reason.startswith("from 2026-11-01 on: ")
        assert reason in outcome.reason
        assert w.states() == {OLD: "F", CHANGED: "A"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_reported_without_the_key(tmp_path: Path, status: int) -> None:
    with world(tmp_path) as w:
        if status == 403:
            w.service.truth = lambda _: Reply(403)
        outcome = w.run(key="not-the-key")
        assert outcome.state == "key_refused"
        assert outcome.reason == f"it refuses the key ({status})"
        assert outcome.complete_up_to == date(2026, 10, 31)
        assert "not-the-key" not in repr(outcome)
        assert w.states() == {OLD: "A", CHANGED: "A"}


def damaged(_: Request) -> Reply:
    return Reply(200, b'{"header": {"total": 2}, "etablissements": [{')


BROKEN_PAGES: list[Any] = [Reply(400), Reply(404, b'{"header": {"message": "Aucun curseur"}}'), damaged]


@pytest.mark.parametrize("fault", BROKEN_PAGES)
def test_a_day_with_an_invalid_page_is_queried_again_once(tmp_path: Path, fault: Any) -> None:
    """Requests: informations, the first page of the 2nd, its second page."""
    several = [establishment(f"{siren}00001", "2026-11-02T12:00:00") for siren in range(100000000, 100000004)]
    with world(tmp_path, Insee(establishments=several, page=2)) as w:
        w.service.faults = {2: fault}
        outcome = w.run(complete_up_to=date(2026, 11, 1))
        assert (outcome.state, outcome.complete_up_to, outcome.kept) == ("complete", UP_TO, 4)
    with world(tmp_path, Insee(establishments=several, page=2)) as w:
        w.service.faults = {2: fault, 4: fault}
        outcome = w.run(complete_up_to=date(2026, 11, 1))
        assert (outcome.state, outcome.complete_up_to, outcome.kept) == ("postponed", date(2026, 11, 1), 2)
        assert len(w.service.requests) == 5


def endless(request: Request) -> Reply:
    """Page after page, without end."""
    if not request.body:
        return Insee()(request)
    row = establishment(NEW, "2026-11-01T00:00:00")
    number = hash(request.body)
    return Reply(
        200,
        json.dumps({"header": {"total": 1, "curseurSuivant": f"c{number}"}, "etablissements": [row] * 500}).encode(),
    )


def empty_but_goes_on(request: Request) -> Reply:
    if not request.body:
        return Insee()(request)
    return Reply(200, b'{"header": {"total": 5, "curseurSuivant": "more"}, "etablissements": []}')


def ends_early(request: Request) -> Reply:
    if not request.body:
        return Insee()(request)
    row = establishment(NEW, "2026-11-01T00:00:00")
    return Reply(200, json.dumps({"header": {"total": 3}, "etablissements": [row]}).encode())


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (endless, "does not end"),
        (empty_but_goes_on, "does not end after 0 rows"),
        (ends_early, "ends after 1 rows of 3"),
    ],
)
def test_an_invalid_cursor_leaves_the_day_incomplete(tmp_path: Path, behaviour: Any, reason: str) -> None:
    with world(tmp_path) as w:
        w.service.truth = behaviour
        outcome = w.run()
        assert (outcome.state, outcome.complete_up_to) == ("postponed", date(2026, 10, 31))
        assert reason in (outcome.reason or "")
        assert len(w.service.requests) < 20


def test_slow_answers_stop_at_the_budget_and_those_received_are_used(tmp_path: Path) -> None:
    with world(tmp_path) as w:

        def slow(request: Request) -> Reply:
            w.clock.sleep(50)
            return w.insee(request)

        w.service.truth = slow
        outcome = w.run(budget_s=140)
        assert (outcome.state, outcome.complete_up_to) == ("postponed", date(2026, 11, 1))
        assert outcome.reason == "from 2026-11-02 on: the time for it is used up"
        assert (outcome.requests, outcome.rows) == (3, 1)
        assert w.states() == {OLD: "A", CHANGED: "F"}


def test_a_day_too_large_for_a_run_is_left_to_the_next_stock(tmp_path: Path) -> None:
    with world(tmp_path) as w:

        def massive(request: Request) -> Reply:
            reply = w.insee(request)
            if request.body and b"2026-11-02" in request.body:
                content = json.loads(reply.body)
                content["header"]["total"] = 16_000_000
                return Reply(200, json.dumps(content).encode())
            return reply

        w.service.truth = massive
        outcome = w.run()
        assert (outcome.state, outcome.complete_up_to) == ("complete", UP_TO)
        assert outcome.left_to_stock == (date(2026, 11, 2),)
        summary = json.loads(json.dumps(outcome.summary()))
        assert (summary["complete_up_to"], summary["left_to_stock"]) == ("2026-11-05", ["2026-11-02"])
        assert w.states() == {OLD: "A", CHANGED: "F", NEW: "A"}


def test_an_unreadable_row_is_left_out_and_counted(tmp_path: Path) -> None:
    wrong = establishment(NEW, "2026-11-04T00:00:00")
    wrong["periodesEtablissement"][0]["etatAdministratifEtablissement"] = None
    closed_period_only = establishment(LATER, "2026-11-04T00:00:00")
    closed_period_only["periodesEtablissement"].pop(0)
    with world(tmp_path, Insee(establishments=[wrong, closed_period_only, *changes()[:2]])) as w:
        outcome = w.run()
        assert (outcome.state, outcome.rows, outcome.unreadable, outcome.kept) == ("complete", 3, 2, 1)
        assert w.states() == {OLD: "A", CHANGED: "F"}


def test_without_a_stock_no_query_is_sent(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        assert w.run(stock_day=None) == SireneApiResult("no_stock", None)
        assert w.service.requests == []


def test_the_fields_in_use_are_requested_and_no_others(tmp_path: Path) -> None:
    """Persons' sex and other first names, for example, are not."""
    with world(tmp_path) as w:
        w.run()
        [requested] = {parse_qs(request.body.decode())["champs"][0] for request in w.service.requests if request.body}
    sql = files("quiforme").joinpath("enrichment/received_sirene.sql").read_text(encoding="utf-8")
    assert set(requested.split(",")) == set(re.findall(r'"(\w+)": "VARCHAR"', sql))


def test_the_identity_of_the_establishment_and_of_its_unit_is_kept(tmp_path: Path) -> None:
    head, masked = "81841109200013", "35600000000002"
    register = [
        establishment(head, "2026-11-02T08:00:00"),
        establishment(masked, "2026-11-02T08:00:00", diffusion="P"),
    ]
    register[1]["dateCreationEtablissement"] = "inconnue"
    with world(tmp_path, Insee(establishments=register)) as w:
        w.run()
        stored = {
            siret: rest for siret, *rest in all_of(w.database, "SELECT siret, identite, unite FROM sirene_recente")
        }
    identite, unite = stored[head]
    assert _filled(identite) == {
        "siege": True,
        "date_creation": date(2000, 1, 1),
        "activite_principale": "85.59A",
        "enseigne": "ECOLE",
        "numero_voie": "12",
        "type_voie": "RUE",
        "libelle_voie": "DES ECOLES",
        "code_postal": "75011",
        "libelle_commune": "PARIS",
    }
    assert _filled(unite) == {
        "etat": "A",
        "diffusion": "O",
        "denomination": "ORGANISME DE FORMATION",
        "sigle": "ODF",
        "categorie_juridique": "5710",
        "activite_principale": "85.59A",
        "nic_siege": "00013",
        "date_creation": date(2000, 1, 1),
    }
    identite, unite = stored[masked]
    assert _filled(identite) == {
        "siege": False,
        "activite_principale": "85.59A",
        "code_postal": "75011",
        "libelle_commune": "PARIS",
    }
    assert "denomination" not in _filled(unite)
    assert unite["diffusion"] == "P"


def _filled(structure: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in structure.items() if value is not None}


@pytest.mark.parametrize("missing", [{}, None, "absent"])
def test_an_answer_without_the_identity_leaves_it_null(tmp_path: Path, missing: Any) -> None:
    row = establishment(CHANGED, "2026-11-02T08:00:00", etat="F")
    for name in ("dateCreationEtablissement", "etablissementSiege"):
        del row[name]
    row["periodesEtablissement"] = [{"dateFin": None, "dateDebut": "2026-11-01", "etatAdministratifEtablissement": "F"}]
    row |= {
        "uniteLegale": missing,
        "adresseEtablissement": {"codeCommuneEtablissement": "75111", "libelleVoieEtablissement": " "},
    }
    if missing == "absent":
        del row["uniteLegale"]
    with world(tmp_path, Insee(establishments=[row])) as w:
        w.run()
        assert all_of(w.database, "SELECT siret, code_commune, identite, unite FROM sirene_recente") == [
            (CHANGED, "75111", None, None)
        ]


def test_what_an_earlier_version_stored_may_lack_the_identity(tmp_path: Path) -> None:
    with world(tmp_path, before_sirene_recente=[kept(OLD, datetime(2026, 11, 2, 9))]) as w:
        w.database.execute(
            """CREATE OR REPLACE TABLE previous.sirene_recente AS
            SELECT siret, etat, date_debut, code_commune, diffusion, traite_le FROM previous.sirene_recente"""
        )
        w.run()
        assert all_of(w.database, "SELECT siret, identite IS NULL FROM sirene_recente ORDER BY siret") == [
            (CHANGED, False),
            (NEW, False),
            (OLD, True),
        ]


@pytest.mark.parametrize(
    ("expected", "periods"),
    [
        # A correction of a closed establishment begins a period.
        ("2026-05-31", "F 2026-11-03 - / F 2026-05-31 2026-11-02 / A 2000-01-01 2026-05-30"),
        ("2026-05-31", "A 2000-01-01 2026-05-30 / F 2026-05-31 2026-11-02 / F 2026-11-03 -"),
        ("2026-05-31", "F 2026-05-31 2026-11-02 / F 2026-11-03 - / A 2000-01-01 2026-05-30"),
        # It opened again in between.
        ("2026-11-03", "F 2026-11-03 - / A 2026-06-01 2026-11-02 / F 2026-05-31 2026-05-31 / A 2000-01-01 2026-05-30"),
        ("2020-01-01", "F 2020-01-01 -"),
        ("2019-01-01", "F 2020-01-01 - / F 2019-01-01 2019-12-31"),
        # No period tells of some days.
        ("2026-11-03", "F 2026-11-03 - / F 2026-05-31 2026-10-01 / A 2000-01-01 2026-05-30"),
        # Periods overlap.
        ("2026-05-31", "F 2026-11-03 - / F 2026-05-31 2026-11-10 / A 2000-01-01 2026-06-15"),
        # Several periods have no end: the last that began is the current one.
        ("2026-05-31", "A 2000-01-01 - / F 2026-05-31 -"),
        ("2026-05-31", "F 2026-05-31 - / F 2026-11-03 - / A 2000-01-01 2026-05-30"),
        # The first day of the run is not known.
        ("", "F - - / A 2000-01-01 2026-05-30"),
        ("", "F 1900-01-01 -"),
        ("", "F 2026-11-03 - / F - 2026-11-02 / A 2000-01-01 2026-05-30"),
        ("", "F 2026-11-03 - / F 1900-01-01 2026-11-02"),
        ("2026-05-31", "F 2026-11-03 - / F 2026-05-31 2026-11-02 / A - 2026-05-30"),
        # A malformed end says nothing, and is no current period.
        ("2026-11-03", "F 2026-11-03 - / F 2026-05-31 02/11/2026"),
        # An open establishment: as its current period says.
        ("2021-01-01", "A 2021-01-01 - / A 2000-01-01 2020-12-31"),
        ("1900-01-01", "A 1900-01-01 -"),
        ("", "A - -"),
    ],
)
def test_the_closing_date_is_the_first_day_of_the_last_unbroken_closed_run(
    tmp_path: Path, expected: str, periods: str
) -> None:
    row = establishment(NEW, "2026-11-02T08:00:00")
    told = [one.split() for one in periods.split(" / ")]
    row["periodesEtablissement"] = [
        period(None if fin == "-" else fin, None if debut == "-" else debut, etat) for etat, debut, fin in told
    ]
    with tables(tmp_path, {}) as database:
        run_script(database, "enrichment/received_sirene.sql")
        [(found, current)] = database.execute(
            "SELECT date_debut, debut_periode FROM page_establishments(?)", [json.dumps({"etablissements": [row]})]
        ).fetchall()
    assert (found.isoformat() if found else "") == expected
    latest = max((debut for etat, debut, fin in told if fin == "-" and etat == "F"), default="-")
    assert (current.isoformat() if current else "-") == latest.replace("1900-01-01", "-")


def without(*names: str) -> list[dict[str, Any]]:
    """Twelve establishments without some of their fields, at any depth, and one that has them all."""

    def left(value: Any) -> Any:
        if isinstance(value, list):
            return [left(one) for one in value]
        return (
            {name: left(one) for name, one in value.items() if name not in names} if isinstance(value, dict) else value
        )

    damaged = [left(establishment(f"{siren}00001", "2026-11-02T12:00:00")) for siren in range(100000000, 100000012)]
    return [*damaged, establishment(CHANGED, "2026-11-02T12:00:00", etat="F")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("periodesEtablissement", "12 of the 13 rows of a page lack periodesEtablissement"),
        ("etatAdministratifEtablissement", "12 of the 13 rows of a page are unusable"),
    ],
)
def test_a_page_of_which_most_rows_lost_a_field_is_not_believed(tmp_path: Path, name: str, reason: str) -> None:
    with world(tmp_path, Insee(establishments=without(name))) as w:
        outcome = w.run()
        assert (outcome.state, outcome.complete_up_to) == ("postponed", date(2026, 11, 1))
        assert (outcome.rows, outcome.unreadable, outcome.kept) == (0, 0, 0)
        assert reason in (outcome.reason or "")
        assert w.states() == {OLD: "A", CHANGED: "A"}

"""Origins at addresses of every kind: files, redirects, datasets of data.gouv.fr."""

import hashlib
import json
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from quiforme.fetching.connections import checked
from quiforme.fetching.data_gouv import Dataset
from quiforme.fetching.http import Http
from quiforme.fetching.producers import HttpOrigin
from quiforme.snapshot.ports import Offer, Unfetchable, Version
from quiforme.sources.catalogue import BY_NAME, SOURCES

from tests.integration.fetching.conftest import Time
from tests.integration.fetching.server import Act, Request, Server, Wire, redirect, reply, unless_known
from tools.local_stack.template import template

RNCP, LISTE_OF, SIRENE, ANNUAIRE = (BY_NAME[name] for name in ("rncp", "liste_of", "sirene", "annuaire_education"))
TODAY = date(2026, 8, 26)
BODY = b"siren;siret\n"
LATE_AT_NIGHT = "Mon, 03 Aug 2026 22:30:00 GMT"  # the 4th in Paris


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "source.file"


def named(title: str, url: str = "https://static.data.gouv.fr/x", **rest: Any) -> dict[str, Any]:
    """A resource of the API, with some fields that are not read."""
    return {"id": "5b7f", "title": title, "url": url, "type": "update", "extras": {"check:status": 200}} | rest


def dataset(server: Server, resources: list[dict[str, Any]], dataset_id: str = "5eeb") -> str:
    """Serve a dataset through the platform's API, which filters by title and paginates; returns its address."""

    def page(request: Request, wire: Wire) -> None:
        number, size = int(request.query["page"]), int(request.query["page_size"])
        asked = request.query.get("q", "").lower()
        found = [resource for resource in resources if asked in resource["title"].lower()]
        more = number * size < len(found)
        body = {
            "data": found[(number - 1) * size : number * size],
            "next_page": f"{server.url}/api/2/…?page={number + 1}" if more else None,
            "page": number,
            "page_size": size,
            "previous_page": None,
            "total": len(found),
        }
        reply(200, json.dumps(body).encode(), Content_Type="application/json")(request, wire)

    server.on(f"/api/2/datasets/{dataset_id}/resources/", page)
    return f"{server.url}/api/1/datasets/{dataset_id}/"


def daily(server: Server, *days: str, register: str = "rncp") -> list[dict[str, Any]]:
    """The resources of the exports of some days, each served."""
    names = [f"export-fiches-{register}-v4-1-{day}.zip" for day in days]
    return [named(name, server.on(f"/resources/{name}", reply(200, name.encode()))) for name in names]


def take(http: Http, address: str, target: Path, known: Version | None = None, source: Any = RNCP) -> Offer:
    return HttpOrigin(http, address).take(source, known, target)


def refused(http: Http, address: str, target: Path, source: Any = RNCP) -> str:
    with pytest.raises(Unfetchable) as refusal:
        take(http, address, target, source=source)
    assert not target.exists()
    return str(refusal.value)


# Datasets


def test_the_newest_of_thousands_is_found_in_a_few_pages(server: Server, http: Http, target: Path) -> None:
    days = [f"{year}-{month:02}-{day:02}" for year in (2025, 2026) for month in range(1, 9) for day in range(1, 27)]
    resources = [
        *daily(server, *days),
        *daily(server, *days, register="rs"),
        *(named(f"export-fiches-csv-{day}.zip") for day in days),
        *(named(f"export-fiches-rncp-v3-0-{day}.zip") for day in days),
        *(named(f"export-fiches-rncp-v4-0-{day}.zip") for day in days),
        named("Dictionnaire de données 2026-08-26.pdf"),
    ]
    random.Random(7).shuffle(resources)
    offer = take(http, dataset(server, resources), target)
    assert (offer.version.file, offer.day, offer.fetched) == ("export-fiches-rncp-v4-1-2026-08-26.zip", TODAY, True)
    assert target.read_bytes() == b"export-fiches-rncp-v4-1-2026-08-26.zip"
    listed = [request for request in server.requests if "/api/2/" in request.path]
    assert [request.query["page"] for request in listed] == ["1", "2"]  # 131 titles of this month
    assert {request.query["q"] for request in listed} == {"2026-08"}
    assert all("title,url" in request.headers["x-fields"] for request in listed)


@pytest.mark.parametrize(
    ("now", "days", "newest"),
    [
        (datetime(2026, 9, 1, 4, tzinfo=UTC), ["2026-08-30", "2026-08-31"], "2026-08-31"),
        (datetime(2027, 1, 1, 4, tzinfo=UTC), ["2026-11-02"], "2026-11-02"),
        (datetime(2026, 8, 31, 22, 30, tzinfo=UTC), ["2026-08-31", "2026-09-01"], "2026-09-01"),
        (datetime(2026, 8, 26, 4, tzinfo=UTC), ["2026-08-25", "2026-08-28", "2062-08-26", "2026-08-32"], "2026-08-25"),
    ],
)
def test_the_newest_day_is_taken_and_future_days_are_ignored(
    server: Server, target: Path, now: datetime, days: list[str], newest: str
) -> None:
    offer = take(Time(now).client(), dataset(server, daily(server, *days)), target)
    assert offer.day == date.fromisoformat(newest)


def test_of_two_files_of_a_day_the_last_modified_is_taken(server: Server, http: Http, target: Path) -> None:
    name = "export-fiches-rncp-v4-1-2026-08-26.zip"
    resources = [
        named(name, server.on(f"/{hour}/{name}", reply(200, hour.encode())), last_modified=f"2026-08-26T{hour}:00:00Z")
        for hour in ("03", "09", "07")
    ]
    take(http, dataset(server, resources), target)
    assert target.read_bytes() == b"09"


def test_the_file_name_may_be_in_the_title_or_in_the_address(server: Server, http: Http, target: Path) -> None:
    resources = [
        named(" Export_fiches_RNCP_v4_1_2026-08-25.ZIP ", server.on("/a", reply(200, BODY))),
        named("Export du 2026-08-26", server.on("/b/export-fiches-rncp-v4-1-2026-08-26.zip", reply(200, BODY))),
    ]
    assert take(http, dataset(server, resources[:1]), target).version.file == "Export_fiches_RNCP_v4_1_2026-08-25.ZIP"
    assert take(http, dataset(server, resources), target).day == TODAY


def test_a_known_file_is_not_fetched_again_and_a_newer_one_is(server: Server, http: Http, target: Path) -> None:
    resources = daily(server, "2026-08-25")
    server.on("/resources/export-fiches-rncp-v4-1-2026-08-25.zip", unless_known(BODY, ETag='"1"'))
    address = dataset(server, resources)
    first = take(http, address, target)
    target.unlink()
    again = take(http, address, target, first.version)
    assert (again.version, again.day, again.fetched) == (first.version, date(2026, 8, 25), False)
    assert not target.exists()
    resources += daily(server, "2026-08-26")
    server.on("/resources/export-fiches-rncp-v4-1-2026-08-26.zip", unless_known(BODY, ETag='"1"'))
    assert take(http, address, target, first.version).fetched


def test_a_dataset_without_the_file_is_an_error(server: Server, http: Http, target: Path) -> None:
    assert "no file of the last 12 months" in refused(http, dataset(server, daily(server, "2024-01-01")), target)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (reply(404), "the API answers 404"),
        (reply(200, b"{", Content_Type="application/json"), "not the API's JSON"),
        (reply(200, b'{"data": [{"title": 1}], "next_page": null}'), "not the API's JSON"),
        (reply(200, b"<!doctype html>"), "HTML page"),
        (reply(500), "it answers 500, 5 times over"),
    ],
)
def test_a_failing_api_is_an_error(server: Server, http: Http, target: Path, act: Act, said: str) -> None:
    address = dataset(server, [])
    server.on("/api/2/datasets/5eeb/resources/", act)
    assert said in refused(http, address, target)


def test_endless_pages_are_an_error(server: Server, http: Http, target: Path) -> None:
    address = dataset(server, [named(f"export {number} 2026-08") for number in range(2_001)])
    assert "more than 2000 resources" in refused(http, address, target)


def test_a_resource_out_of_https_is_refused(server: Server, http: Http, target: Path) -> None:
    resource = named("export-fiches-rncp-v4-1-2026-08-26.zip", "http://example.org/a.zip")
    assert "not https" in refused(http, dataset(server, [resource]), target)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_the_checksum_of_a_file_of_the_platform_is_verified(
    server: Server, http: Http, target: Path, algorithm: str
) -> None:
    [resource] = daily(server, "2026-08-26")
    right = hashlib.new(algorithm, resource["title"].encode()).hexdigest()
    address = dataset(server, [resource])
    resource |= {"filetype": "file", "checksum": {"type": algorithm, "value": right.upper()}}
    assert take(http, address, target).fetched
    resource["checksum"]["value"] = right[:-1] + ("0" if right[-1] != "0" else "1")
    target.unlink()
    assert "checksum" in refused(http, address, target)
    resource["filetype"] = "remote"  # computed some other day
    assert take(http, address, target).fetched


def test_an_undated_file_is_found_by_its_name_or_its_format(server: Server, http: Http, target: Path) -> None:
    csv = named(
        "Export au format CSV",
        server.on("/exports/csv", reply(200, BODY, Last_Modified=LATE_AT_NIGHT)),
        format="CSV",
    )
    address = dataset(server, [named("Export JSON", format="json"), csv])
    offer = take(http, address, target, source=ANNUAIRE)
    assert (offer.version.file, offer.day) == ("csv", date(2026, 8, 4))
    two = dataset(server, [csv, csv])
    assert "2 of its 2 resources are csv, one is expected" in refused_after(target, http, two)
    also_named = named("x", server.on("/r/fr-en-annuaire-education.csv", reply(200, BODY)), format="csv")
    three = dataset(server, [csv, also_named, csv])
    assert take(http, three, target, source=ANNUAIRE).version.file == "fr-en-annuaire-education.csv"


def refused_after(target: Path, http: Http, address: str) -> str:
    target.unlink()
    return refused(http, address, target, source=ANNUAIRE)


def test_the_stock_is_found_in_its_dataset(server: Server, http: Http, target: Path) -> None:
    resources = [
        named(
            f"Sirene : Fichier {stock} du 01 Août 2026",
            server.on(f"/stock/{stock}_utf8.{extension}", reply(200, stock.encode())),
            last_modified=f"2026-08-01T0{hour}:00:00+00:00",
        )
        for hour, (stock, extension) in enumerate(
            [("StockUniteLegale", "zip"), ("StockEtablissement", "zip"), ("StockEtablissement", "parquet")]
        )
    ]
    offer = take(http, dataset(server, resources), target, source=SIRENE)
    assert offer.version.file == "StockEtablissement_utf8.parquet"


# Files


def test_a_stable_address_redirects_to_the_file_of_the_month(server: Server, http: Http, target: Path) -> None:
    address = server.on("/api/1/datasets/r/a29c1297", redirect(server.url + "/stock/StockEtablissement_utf8.parquet"))
    server.on("/stock/StockEtablissement_utf8.parquet", unless_known(BODY, ETag='"8"', Last_Modified=LATE_AT_NIGHT))
    offer = take(http, address, target, source=SIRENE)
    digest = hashlib.sha256(BODY).hexdigest()
    version = Version("StockEtablissement_utf8.parquet", '"8"')
    assert offer == Offer(version, date(2026, 8, 4), fetched=True, sha256=digest)
    again = take(http, address, target, offer.version, source=SIRENE)
    assert again == Offer(offer.version, date(2026, 8, 4), fetched=False)


@pytest.mark.parametrize(
    ("disposition", "file"),
    [
        ("", "listePubliqueOF"),
        ('attachment; filename="listePubliqueOF.csv"', "listePubliqueOF.csv"),
        ('attachment; filename="../../x\\listePubliqueOF.csv"', "listePubliqueOF.csv"),
        ("attachment; filename*=UTF-8''liste%20%C3%A9t%C3%A9.csv", "liste été.csv"),
        ("attachment", "listePubliqueOF"),
    ],
)
def test_the_file_of_a_plain_address_may_have_any_name(
    server: Server, http: Http, target: Path, disposition: str, file: str
) -> None:
    address = server.on("/public/listePubliqueOF", reply(200, BODY, Content_Disposition=disposition)) + "?format=csv"
    assert take(http, address, target, source=LISTE_OF).version.file == file
    assert server.requests[0].query == {"format": "csv"}


def test_without_a_file_name_the_source_s_name_is_used(server: Server, http: Http, target: Path) -> None:
    assert take(http, server.on("/", reply(200, BODY)), target, source=LISTE_OF).version.file == "liste_of"


def test_a_name_that_matches_the_source_is_preferred(server: Server, http: Http, target: Path) -> None:
    server.on("/StockEtablissement_utf8.zip", reply(200, BODY, Content_Disposition='attachment; filename="x.bin"'))
    offer = take(http, server.on("/a", redirect("/StockEtablissement_utf8.zip")), target, source=SIRENE)
    assert offer.version.file == "StockEtablissement_utf8.zip"


def test_the_day_of_the_data(server: Server, time: Time, http: Http, target: Path) -> None:
    name = "export-fiches-rncp-v4-1-2026-08-20.zip"
    dated = server.on(f"/{name}", reply(200, BODY, Last_Modified=LATE_AT_NIGHT))
    assert take(http, dated, target).day == date(2026, 8, 20)
    modified = server.on("/a.csv", reply(200, BODY, Last_Modified=LATE_AT_NIGHT))
    assert take(http, modified, target, source=LISTE_OF).day == date(2026, 8, 4)
    assert take(http, server.on("/b.csv", reply(200, BODY)), target, source=LISTE_OF).day == TODAY
    time.start = datetime(2026, 8, 26, 22, 30, tzinfo=UTC)
    assert take(http, server.on("/c.csv", reply(200, BODY)), target, source=LISTE_OF).day == date(2026, 8, 27)


def test_a_304_does_not_change_the_day_of_the_data(server: Server, http: Http, target: Path) -> None:
    def short_304(request: Request, wire: Wire) -> None:
        if "if-none-match" in request.headers:
            reply(304, Content_Length="")(request, wire)
        else:
            reply(200, BODY, ETag='"1"', Last_Modified=LATE_AT_NIGHT)(request, wire)

    address = server.on("/a.csv", short_304)
    first = take(http, address, target, source=LISTE_OF)
    again = take(http, address, target, first.version, source=LISTE_OF)
    assert (again.day, again.fetched) == (date(2026, 8, 4), False)
    assert [request.method for request in server.requests] == ["GET", "GET", "HEAD"]


def test_the_same_content_generated_again_is_known_and_of_today(
    server: Server, time: Time, http: Http, target: Path
) -> None:
    address = server.on("/a.csv", reply(200, BODY))
    first = take(http, address, target, source=LISTE_OF)
    time.start = datetime(2026, 8, 27, 5, tzinfo=UTC)
    again = take(http, address, target, first.version, source=LISTE_OF)
    assert again == Offer(first.version, date(2026, 8, 27), fetched=False)
    server.on("/a.csv", reply(200, BODY + b"1;2\n"))
    assert take(http, address, target, first.version, source=LISTE_OF).fetched


def test_an_address_without_its_file_is_an_error(server: Server, http: Http, target: Path) -> None:
    assert "it answers 404" in refused(http, server.url + "/gone.csv", target, source=LISTE_OF)


@pytest.mark.parametrize("address", ["s3://bucket/drop/", "http://www.data.gouv.fr/f.csv", "", "listePubliqueOF.csv"])
def test_an_origin_must_be_https(http: Http, address: str) -> None:
    with pytest.raises(ValueError, match="not"):
        HttpOrigin(http, address)


# The defaults


def test_every_default_address_is_https() -> None:
    for source in SOURCES:
        assert checked(source.address).scheme == "https"


def test_the_default_addresses_are_those_of_the_template() -> None:
    parameters = template()["Parameters"]
    offered = {
        name: parameters["".join(word.capitalize() for word in name.split("_")) + "Address"]["Default"]
        for name in BY_NAME
    }
    assert offered == {source.name: source.address for source in SOURCES}


def test_the_default_addresses_that_are_datasets_are_recognised() -> None:
    datasets = {source.name: Dataset.at(source.address) for source in SOURCES}
    france_competences = Dataset("https://www.data.gouv.fr", "5eebbc067a14b6fecc9c9976")
    assert {name: at for name, at in datasets.items() if at} == dict.fromkeys(("rncp", "rs"), france_competences)

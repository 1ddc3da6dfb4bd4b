"""A deployed stack that fetches from the producers over HTTP, on a good day and on a bad one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from quiforme.sources.catalogue import SOURCES

from tests.e2e.producers import Producers, producing
from tests.integration.fetching.server import reply
from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.drop import stage_of, write_stage
from tools.in_process.insee import KEY
from tools.local_stack import drive
from tools.local_stack.deploy import Stack, deploy
from tools.local_stack.emulator import LOCAL
from tools.oracle import Oracle

# It needs a deployment of its own, whose parameters lead to producers.
pytestmark = pytest.mark.prove


@dataclass(frozen=True)
class Fetching:
    """A stack of its own, which fetches from the producers themselves, and what it should make of it."""

    stack: Stack
    producers: Producers
    folder: Path
    oracle: Oracle

    def run(self, day: date) -> dict[str, dict[str, Any]]:
        """One run; its documents are those of the files in the folder. What became of the sources and services."""
        self.oracle.ingest(self.folder, day)
        summary = drive.invoke(self.stack, self.stack.ingest_function, day)
        for siret in sorted(self.oracle.documents)[::10]:
            status, _, body = drive.get(self.stack, siret)
            assert (status, json.loads(body).get("data")) == (200, self.oracle.documents[siret]), siret
        return {**summary["sources"], **summary["services"]}

    def reconcile(self, day: date) -> dict[tuple[str, str], dict[str, Any]]:
        """The messages about sources that a reconciliation sends, by code and source."""
        drive.invoke(self.stack, self.stack.reconcile_function, day)
        about = [event["data"] for event in drive.drain(self.stack) if "source" in event["data"]["cle"]]
        return {(data["code"], data["cle"]["source"]): data["constats"] for data in about}


@pytest.fixture(scope="module")
def fetching(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fetching]:
    folder = tmp_path_factory.mktemp("published")
    write_day(folder, FIRST_DAY, size=60)
    with producing() as producers:
        producers.publish(folder, FIRST_DAY, [source.name for source in SOURCES])
        # One day only since the stock, which is that of the month's first: two seconds lie between two questions.
        producers.insee.updated = f"{FIRST_DAY.replace(day=3)}T04:00:00"
        fetching = deploy(stack.endpoint_url, LOCAL / "build", name="quiforme-http", parameters=producers.addresses)
        secrets = fetching.client("secretsmanager")
        secrets.put_secret_value(SecretId=fetching.output("SireneApiKey"), SecretString=KEY)
        yield Fetching(fetching, producers, folder, Oracle())


def test_a_day_fetched_from_the_producers(fetching: Fetching) -> None:
    told = fetching.run(FIRST_DAY)
    assert {name: told[name]["state"] for name in told} == {
        **dict.fromkeys((source.name for source in SOURCES), "accepted"),
        **dict.fromkeys(("sirene_api", "geocoder"), "complete"),
    }
    assert not [code for code, _ in fetching.reconcile(FIRST_DAY) if code == "source_refusee"]


def test_a_day_on_which_producers_stumble(fetching: Fetching) -> None:
    """The list fails once, the référentiel asks to wait, the RNCP is a web page; the others have nothing new."""
    day, producers = FIRST_DAY + timedelta(days=1), fetching.producers
    changed = ("liste_of", "referentiel_onisep")
    write_stage(fetching.folder, stage_of(day, size=60), only=changed)
    producers.publish(fetching.folder, day, ["liste_of"], after=[reply(500)])
    producers.publish(fetching.folder, day, ["referentiel_onisep"], after=[reply(429, Retry_After="1")])
    producers.publish_page("rncp")
    producers.server.requests.clear()

    told = fetching.run(day)
    assert {source.name: told[source.name]["state"] for source in SOURCES} == {
        **dict.fromkeys((source.name for source in SOURCES), "unchanged"),
        **dict.fromkeys(changed, "accepted"),
        "rncp": "refused",
    }
    assert "HTML" in told["rncp"]["reason"]
    assert [len(producers.asked(source)) for source in (*changed, "sirene")] == [2, 2, 1]
    assert all("if-none-match" in request.headers for request in producers.asked("sirene"))
    assert ("source_refusee", "rncp") in fetching.reconcile(day)

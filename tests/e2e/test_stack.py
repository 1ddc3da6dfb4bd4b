"""The real template on the emulator: files in, documents and anomalies out, day after day."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from quiforme.sources.catalogue import SOURCES

from tests.e2e.producers import Producers, producing
from tests.enrichment.insee import KEY
from tests.fetching.server import reply
from tests.france import FIRST_DAY, write_day
from tests.france.cast import CERTIFIED, UNKNOWN
from tests.france.drop import stage_of, write_stage
from tests.integration.play import told_by_messages, told_by_oracle
from tests.oracle import Oracle
from tests.stack import drive
from tests.stack.deploy import Stack, deploy
from tests.stack.emulator import LOCAL, Failed

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-3",
    "DOCUMENTS_TABLE": "d",
    "STATE_TABLE": "s",
    "ACCESS_TABLE": "a",
    "BUCKET": "b",
    "TOKEN_KEYS": '{"keys":[]}',
}


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture(scope="module")
def still_open() -> set[str]:
    """The anomalies that the messages so far have opened and not resolved."""
    return set()


def test_nothing_published_is_maintenance(stack: Stack) -> None:
    status, _, body = drive.get(stack, CERTIFIED)
    assert (status, json.loads(body)["errors"][0]["code"]) == (503, "33020")
    with pytest.raises(Failed):
        drive.invoke(stack, stack.reconcile_function, FIRST_DAY)
    with pytest.raises(Failed):
        drive.invoke(stack, stack.ingest_function, FIRST_DAY)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_days(stack: Stack, oracle: Oracle, still_open: set[str], tmp_path: Path, number: int) -> None:
    day = FIRST_DAY + timedelta(days=number)
    write_day(tmp_path, day, ministry_fiches=12_000 if number == 2 else None)
    drive.fill(stack, tmp_path)
    oracle.ingest(tmp_path, day)
    summary = drive.invoke(stack, stack.ingest_function, day)
    assert summary["generation"] == number + 1

    with ThreadPoolExecutor(4) as pool:
        sirets = sorted(oracle.documents)
        answers = dict(zip(sirets, pool.map(lambda siret: drive.get(stack, siret), sirets), strict=True))
    for siret, (status, _, body) in answers.items():
        assert status == 200, siret
        answer = json.loads(body)
        assert answer["data"] == oracle.documents[siret]
        assert answer["links"] == {}
        assert answer["meta"]["generation"] == number + 1
        assert answer["meta"]["sources"]["liste_of"] == day.isoformat()
    for siret in oracle.excluded:
        status, _, body = drive.get(stack, siret)
        assert (status, json.loads(body)["errors"][0]["meta"]["raison"]) == (404, "hors_perimetre")

    # Several at once: each waits for the one before, and finds nothing more.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: drive.invoke(stack, stack.reconcile_function, day), range(2)))
    events = drive.drain(stack)
    assert told_by_messages(events) == told_by_oracle(oracle.reconcile(day))
    still_open |= {event["data"]["id"] for event in events if ".ouverte." in event["type"]}
    still_open -= {event["data"]["id"] for event in events if ".resolue." in event["type"]}
    again = drive.invoke(stack, stack.reconcile_function, day)
    assert (again["opened"], again["modified"], again["resolved"]) == (0, 0, 0)
    assert again["still_open"] == len(still_open)
    assert drive.drain(stack) == []


def test_a_ministry_of_several_megabytes(stack: Stack, oracle: Oracle) -> None:
    siret = max(oracle.documents, key=lambda one: len(str(oracle.documents[one])))
    status, headers, body = drive.get(stack, siret)
    assert status == 200
    assert len(body) > 3_000_000
    assert json.loads(body)["data"] == oracle.documents[siret]
    packed = {"Authorization": f"Bearer {stack.token}", "Accept-Encoding": "gzip", "Accept": "*/*"}
    _, headers, body = drive.get(stack, siret, headers=packed)
    assert headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["data"] == oracle.documents[siret]


def test_the_same_input_again_publishes_nothing(stack: Stack) -> None:
    summary = drive.invoke(stack, stack.ingest_function, FIRST_DAY + timedelta(days=2))
    assert summary["generation"] == 3
    assert (summary["documents"]["new"], summary["documents"]["changed"], summary["documents"]["retired"]) == (0, 0, 0)


def test_ops_go_back_and_forward(stack: Stack, oracle: Oracle) -> None:
    def operate(**command: Any) -> dict[str, Any]:
        return drive.call(stack, stack.output("OperateFunction"), command)

    listed = operate(command="generations")
    assert (listed["current"], [one["generation"] for one in listed["generations"]]) == (3, [3, 2, 1])
    inspected = operate(command="inspect", generation=2)["outcomes"]["liste_of"]["in_use"]
    assert len(inspected["sha256"]) == 64
    assert operate(command="replay", generation=3)["different"] == 0
    ministry = max(oracle.documents, key=lambda one: len(str(oracle.documents[one])))
    for number in (1, 3):
        assert operate(command="publish", generation=number)["generation"] == number
        deadline = time.monotonic() + 10
        while json.loads(drive.get(stack, ministry)[2])["meta"]["generation"] != number:
            assert time.monotonic() < deadline, "a publication is visible within ten seconds"
            time.sleep(0.2)
    with pytest.raises(Failed, match="never published"):
        operate(command="publish", generation=4)
    runs = operate(command="runs", limit=3)["runs"]
    assert runs[0]["generation"] == 3
    assert runs[0]["documents"]["unchanged"] == len(oracle.documents)


def test_a_duplicate_of_a_run_at_work_says_so(stack: Stack) -> None:
    day = FIRST_DAY + timedelta(days=2)
    with ThreadPoolExecutor(2) as pool:
        states = [one["state"] for one in pool.map(lambda _: drive.invoke(stack, stack.ingest_function, day), range(2))]
    assert set(states) <= {"unchanged", "duplicate"}


def test_errors_at_the_gateway(stack: Stack) -> None:
    def answer(**call: dict[str, str]) -> tuple[int, list[str]]:
        status, _, body = drive.get(stack, CERTIFIED, **call)
        return status, [error["code"] for error in json.loads(body)["errors"]]

    assert answer(headers={}) == (401, ["00101"])
    assert answer(headers={"Authorization": "Bearer x.y.z"}) == (401, ["00101"])
    assert answer(headers={}, query={**drive.QUERY, "token": stack.token}) == (401, ["00101"])
    assert answer(query={**drive.QUERY, "token": stack.token}) == (401, ["00101"])
    assert answer(query={"context": " ", "recipient": "1"}) == (422, ["00201", "00202", "00210"])
    status, headers, _ = drive.get(stack, UNKNOWN)
    assert status == 404
    assert headers["ratelimit-limit"] == "1000000"


def test_etag(stack: Stack) -> None:
    _, headers, _ = drive.get(stack, CERTIFIED)
    known = {"Authorization": f"Bearer {stack.token}", "If-None-Match": headers["etag"]}
    status, _, body = drive.get(stack, CERTIFIED, headers=known)
    assert (status, body) == (304, b"")


def test_a_drop_without_its_list_keeps_the_last_one(stack: Stack, tmp_path: Path) -> None:
    bucket, _, prefix = stack.drop.removeprefix("s3://").partition("/")
    stack.client("s3").delete_object(Bucket=bucket, Key=prefix + "listePubliqueOF.csv")
    summary = drive.invoke(stack, stack.ingest_function, FIRST_DAY + timedelta(days=2))
    assert summary["sources"]["liste_of"]["state"] == "absent"
    assert summary["documents"]["unchanged"] == summary["documents"]["total"]
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("name", ["Ingest", "Lookup", "Authorize", "Reconcile"])
def test_every_function_imports_with_its_own_artifacts_alone(stack: Stack, name: str) -> None:
    assert stack.api_url
    built = LOCAL / "build"
    resources: dict[str, Any] = yaml.safe_load((built / "template.yaml").read_text())["Resources"]
    function = resources[name]["Properties"]
    paths = [built / function["CodeUri"]]
    paths += [built / resources[layer["Ref"]]["Properties"]["ContentUri"] / "python" for layer in function["Layers"]]
    assert all(path.is_dir() for path in paths)
    code = (
        f"import sys; sys.path[:0] = {[str(Path(os.path.normpath(path))) for path in paths]!r}; import app; app.handler"
    )
    # -I and -S: no environment, no site-packages, no working folder.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=_ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- the producers over HTTP --------------------------------------------------------------------------------


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
        producers.insee.disposed = f"{FIRST_DAY.replace(day=3)}T04:00:00"
        fetching = deploy(stack.endpoint_url, LOCAL / "build", name="quiforme-http", addresses=producers.addresses)
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

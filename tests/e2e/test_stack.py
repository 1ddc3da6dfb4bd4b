"""The real template on the emulator: files in, documents and anomalies out, day after day."""

import gzip
import json
import operator
import os
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compiled import faults
from tests.e2e.days import NUMBER, Days
from tests.e2e.examples import examples, run
from tests.e2e.waiting import eventually
from tools.fictitious_france import FIRST_DAY
from tools.fictitious_france.cast import CERTIFIED, UNKNOWN
from tools.in_process.system import told_by_messages
from tools.local_stack import drive
from tools.local_stack.deploy import Stack
from tools.local_stack.emulator import LOCAL, ROOT, Failed
from tools.local_stack.template import of_type
from tools.oracle import Oracle

pytestmark = pytest.mark.usefixtures("days")


@pytest.fixture(scope="module")
def oracle(days: Days) -> Oracle:
    """After the last day."""
    return days.oracle


def test_nothing_published_is_maintenance(stack: Stack, days: Days) -> None:
    status, _, body = days.early_answer
    assert (status, json.loads(body)["errors"][0]["code"]) == (503, "33020")
    assert days.early_failures == [stack.reconcile_function, stack.ingest_function]


@pytest.mark.parametrize("number", range(NUMBER))
def test_documents_of_a_day(days: Days, number: int) -> None:
    day = days.played[number]
    assert day.ingested["generation"] == number + 1
    looked_up = [siret for siret in day.documents if siret in day.answers]
    assert len(looked_up) >= len(day.documents) / (1 if number == NUMBER - 1 else 10)
    for siret in looked_up:
        status, _, body = day.answers[siret]
        assert status == 200, siret
        answer = json.loads(body)
        assert answer["data"] == day.documents[siret]
        assert answer["links"] == {}
        assert answer["meta"]["generation"] == number + 1
        assert answer["meta"]["sources"]["liste_of"] == day.day.isoformat()
    for siret in day.excluded:
        status, _, body = day.answers[siret]
        assert (status, json.loads(body)["errors"][0]["meta"]["raison"]) == (404, "hors_perimetre")


@pytest.mark.parametrize("number", range(NUMBER))
def test_anomalies_of_a_day(days: Days, number: int) -> None:
    day = days.played[number]
    assert told_by_messages(day.events) == day.expected_events
    *_, again = day.reconciled
    assert (again["opened"], again["modified"], again["resolved"]) == (0, 0, 0)
    until_then = Days(days.drop, days.oracle, days.early_answer, [], days.played[: number + 1])
    assert again["still_open"] == len(until_then.open_anomalies)
    assert day.events_again == []


@pytest.mark.prove
@pytest.mark.parametrize("number", range(NUMBER - 1))
def test_every_document_of_a_past_day(stack: Stack, days: Days, number: int) -> None:
    day = days.played[number]
    bearer = {"Authorization": f"Bearer {stack.token}"}

    def ask(siret: str) -> tuple[int, dict[str, str], bytes]:
        query = {"date": day.day.isoformat()}
        return drive.http(stack, "GET", f"/v1/etablissements/{siret}", query=query, headers=bearer)

    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(day.documents, pool.map(ask, day.documents), strict=True))
    for siret, (status, _, body) in answers.items():
        assert status == 200, siret
        assert json.loads(body)["data"] == day.documents[siret]


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
        seen = eventually(
            lambda: json.loads(drive.get(stack, ministry)[2])["meta"]["generation"], partial(operator.eq, number)
        )
        assert seen == number
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


def test_every_route(stack: Stack, oracle: Oracle) -> None:
    document = oracle.documents[CERTIFIED]
    bearer = {"Authorization": f"Bearer {stack.token}"}
    index = oracle.index()
    nda = next(name for name, entries in index.items() if name.startswith("nda/") and entries[0][:14] == CERTIFIED)
    code, trained = next((name, entries) for name, entries in index.items() if name.startswith("certification/"))
    uai = next(name for name in index if name.startswith("uai/"))

    def ask(path: str, headers: dict[str, str] = bearer, **call: Any) -> Any:
        status, _, body = drive.http(stack, call.pop("method", "GET"), path, headers=headers, **call)
        assert status == 200, (path, body)
        return json.loads(body)

    assert ask(f"/v1/etablissements/{CERTIFIED}")["data"] == document
    first = ask(f"/v1/etablissements/{CERTIFIED}", query={"date": FIRST_DAY.isoformat()})
    assert first["meta"]["generation"] == 1
    assert ask(f"/v1/etablissements/{CERTIFIED}/historique")["data"][-1]["jour"] == FIRST_DAY.isoformat()
    batch = json.dumps({"sirets": [CERTIFIED, UNKNOWN]}).encode()
    many = ask("/v1/etablissements/recherche", bearer | {"Content-Type": "application/json"}, method="POST", body=batch)
    assert [entry["status"] for entry in many["data"]] == [200, 404]
    siren = ask(f"/v1/unites-legales/{CERTIFIED[:9]}/etablissements")["data"]
    assert [one["siret"] for one in siren] == index[f"siren/{CERTIFIED[:9]}"]
    assert CERTIFIED in str(ask(f"/v1/declarations/{nda[4:]}/etablissements"))
    assert ask(f"/v1/uai/{uai[4:]}/etablissements")["data"]
    able = ask(f"/v1/certifications/{code.removeprefix('certification/')}/etablissements", query={"role": "former"})
    assert [one["siret"] for one in able["data"]] == [entry[:14] for entry in trained if "F" in entry[14:]][:100]
    raw = ask(f"/organisme/{CERTIFIED}", {"token-connexion": stack.connector_secret})
    assert raw["siret_actif"] == CERTIFIED
    assert ask(f"/organisme/{UNKNOWN}", {"token-connexion": stack.connector_secret})["siret_actif"] is None
    assert {one["etat"] for one in ask("/v1/etat", {})["data"]["sources"]} <= {"acceptee", "inchangee"}
    assert ask("/ping/carif_oref/qualiopi", {})["status"] == "ok"
    for export in ask("/v1/exports")["data"]:
        with urllib.request.urlopen(export["url"], timeout=30) as file:
            assert len(file.read()) == export["octets"]
    for path in ("/docs", "/docs/page.js", "/docs/swagger-ui.js", "/docs/swagger-ui.css", "/openapi.json"):
        assert drive.http(stack, "GET", path)[0] == 200, path


def test_agents_follow_anomalies_up(stack: Stack, days: Days) -> None:
    json_type = {"Content-Type": "application/json"}

    def ask(path: str, token: str = stack.token, method: str = "GET", **call: Any) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {token}"} | (json_type if method == "POST" else {})
        status, _, body = drive.http(stack, method, path, headers=sent, **call)
        return status, json.loads(body)

    listed: dict[str, Any] = {}
    query = {"etat": "ouverte", "limite": "100"}
    while True:
        status, page = ask("/v1/anomalies", query=query)
        assert status == 200
        listed |= {one["id"]: one for one in page["data"]}
        if page["meta"]["curseur"] is None:
            break
        query["curseur"] = page["meta"]["curseur"]
    assert listed.keys() == days.open_anomalies
    _, statistics = ask("/v1/anomalies/statistiques")
    assert sum(line["ouvertes"] for line in statistics["data"] if line["toutes_regions"]) == len(listed)

    anomaly = next(one for one in listed.values() if one["code"] == "etablissement_ferme" and one["region"])
    elsewhere = "94" if anomaly["region"] != "94" else "11"
    order = {"command": "issue", "titulaire": "Carif-Oref", "siret": UNKNOWN, "scopes": ["anomalies"], "months": 1}
    tokens = {
        region: drive.call(stack, stack.output("TokensFunction"), {**order, "regions": [region]})["token"]
        for region in (anomaly["region"], elsewhere)
    }
    step = json.dumps({"statut": "confirmee", "commentaire": "Déménagé.", "auteur": "C. Martin", "version": 0}).encode()
    address = f"/v1/anomalies/{anomaly['id']}"
    assert ask(f"{address}/suivi", tokens[elsewhere], "POST", body=step)[0] == 404
    status, followed = ask(f"{address}/suivi", tokens[anomaly["region"]], "POST", body=step)
    assert (status, followed["data"]["suivi"]["version"]) == (200, 1)
    assert ask(f"{address}/suivi", method="POST", body=step.replace(b"Martin", b"Petit"))[0] == 409
    status, one = ask(address, tokens[anomaly["region"]])
    assert (status, [step["statut"] for step in one["data"]["suivis"]]) == (200, ["confirmee"])
    assert {region["region"] for region in ask("/v1/anomalies", tokens[elsewhere])[1]["data"]} <= {elsewhere}


def test_nothing_is_held(stack: Stack) -> None:
    assert drive.call(stack, stack.reconcile_function, {"command": "held"}) == {"held": {}}
    with pytest.raises(Failed, match="no opening"):
        drive.call(stack, stack.reconcile_function, {"command": "release", "code": "nda_partage"})


@pytest.mark.parametrize(("language", "text"), examples(ROOT / "docs" / "api.md"))
def test_the_examples_of_the_guide(stack: Stack, language: str, text: str, tmp_path: Path) -> None:
    told = run(language, text, tmp_path, {"API": stack.api_url, "JETON": stack.token, "SIRET": CERTIFIED})
    if told is None:
        pytest.skip(f"nothing here runs {language}")
    assert told.strip()


def test_what_is_no_route_or_no_method_says_so(stack: Stack) -> None:
    for path in (f"/v1/etablissements/{CERTIFIED}", f"/organisme/{CERTIFIED}", "/v1/etat"):
        status, headers, body = drive.http(stack, "DELETE", path)
        assert (status, headers["allow"]) == (405, "GET")
        assert json.loads(body)["errors"][0]["code"] == "00405"
    for path in ("/v1", "/v2/x/y", "/v1/etablissements/1/2/3"):
        status, _, body = drive.http(stack, "GET", path)
        assert (status, json.loads(body)["errors"][0]["code"]) == (404, "00404"), path


def test_etag(stack: Stack) -> None:
    _, headers, _ = drive.get(stack, CERTIFIED)
    known = {"Authorization": f"Bearer {stack.token}", "If-None-Match": headers["etag"]}
    status, _, body = drive.get(stack, CERTIFIED, headers=known)
    assert (status, body) == (304, b"")


def test_a_drop_without_its_list_keeps_the_last_one(stack: Stack) -> None:
    bucket, _, prefix = stack.drop.removeprefix("s3://").partition("/")
    stack.client("s3").delete_object(Bucket=bucket, Key=prefix + "listePubliqueOF.csv")
    summary = drive.invoke(stack, stack.ingest_function, FIRST_DAY + timedelta(days=2))
    assert summary["sources"]["liste_of"]["state"] == "absent"
    assert summary["documents"]["unchanged"] == summary["documents"]["total"]


@pytest.mark.parametrize("name", ["Ingest", "Lookup", "Authorize", "Tokens", "Reconcile", "Operate", "Consume"])
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
    variables = of_type("AWS::Serverless::Function")[name].get("Environment", {}).get("Variables", {})
    # -I and -S: no environment of Python's, no site-packages, no working folder.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env={**dict.fromkeys(variables, "1"), "AWS_DEFAULT_REGION": "eu-west-3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_module_is_shipped_with_its_bytecode(artifacts: Path) -> None:
    """Those of the packages included: Lambda cannot write any."""
    assert list(artifacts.rglob("botocore/session.py"))
    assert not list(faults(artifacts))


def test_the_look_up_is_light(stack: Stack) -> None:
    """Everything that its process may load, unzipped."""
    assert stack.api_url
    built = LOCAL / "build"
    resources: dict[str, Any] = yaml.safe_load((built / "template.yaml").read_text())["Resources"]
    function = resources["Lookup"]["Properties"]
    places = [
        function["CodeUri"],
        *(resources[layer["Ref"]]["Properties"]["ContentUri"] for layer in function["Layers"]),
    ]
    files = [path for place in places for path in (built / place).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.suffix != ".pyc") < 20_000_000

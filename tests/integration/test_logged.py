"""Everything that the functions log in a whole run holds no token, no secret, and no name that its bearer wants hidden.

The run has a process of its own: what its standard output and error receive is what CloudWatch would, libraries included.
"""

import base64
import csv
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from quiforme.api.routes import ROUTES
from quiforme.jobs.ingestion import NoListeOf

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED
from tools.in_process.cloud import Cloud, authorize_event, deployed, lookup_event, sample
from tools.local_stack.emulator import ROOT
from tools.local_stack.template import of_type

_HIDDEN = "MADAME IMAGINAIRE FELICITE"
"""A person in partial diffusion, of the fictitious France's cast: the OF list gives her name, Sirene masks it."""


def play(folder: Path) -> None:
    """Play the run; what must not be logged goes to `forbidden.json`."""
    with deployed() as cloud:
        forbidden = _publish(cloud, folder / "drop")
        forbidden |= _call(cloud)
        for command in ("runs", "generations"):
            cloud.invoke("Operate", {"command": command})
        cloud.invoke("Operate", {"command": "inspect", "generation": 1})
        secrets = boto3.client("secretsmanager")
        forbidden |= {
            secrets.get_secret_value(SecretId=cloud.names[name])["SecretString"]
            for name in of_type("AWS::SecretsManager::Secret")
        }
    (folder / "forbidden.json").write_text(json.dumps(sorted(forbidden)), encoding="utf-8")


def _publish(cloud: Cloud, drop: Path) -> set[str]:
    """Two days, the second with unreadable rows, a third with a refused list; gives the names that are hidden."""
    secrets = boto3.client("secretsmanager")
    for name in of_type("AWS::SecretsManager::Secret"):
        if name != "SigningKeys":
            secrets.put_secret_value(SecretId=cloud.names[name], SecretString=f"the-shared-secret-of-{name}")
    try:
        cloud.invoke("Ingest", sample("ingest"))
    except NoListeOf:
        print("ended as expected: nothing to ingest")
    hidden: set[str] = set()
    for rank in range(3):
        day = FIRST_DAY + timedelta(days=rank)
        write_day(drop, day, size=60)
        hidden |= _hidden_names(drop)
        path = drop / "listePubliqueOF.csv"
        text = path.read_text(encoding="utf-8")
        if rank == 1:  # a row that cannot be read is set aside
            row = next(line for line in text.splitlines() if _HIDDEN in line)
            text += row.rpartition(";")[0] + "\n"
        if rank == 2:  # a column that is destroyed has the list refused
            text = text.replace(";true", ";oui")
        path.write_text(text, encoding="utf-8")
        cloud.fill(drop)
        trigger = {"scheduled_time": sample("ingest")["scheduled_time"].replace(str(FIRST_DAY), str(day))}
        cloud.invoke("Ingest", trigger)
        cloud.invoke("Reconcile", trigger)
        cloud.pump("DossiersQueue", "Consume")
    return hidden


def _hidden_names(drop: Path) -> set[str]:
    """The OF list's names of establishments that Sirene gives in partial diffusion, unless another bears it as well."""
    stock = duckdb.read_parquet(str(drop / "StockEtablissement_utf8.parquet"))
    rows = stock.filter("statutDiffusionEtablissement = 'P'").project("siret").fetchall()
    masked = {str(siret) for (siret,) in rows}
    names: dict[str, set[bool]] = {}
    with (drop / "listePubliqueOF.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            siret = (row["siren"] or "") + (row["siretEtablissementDeclarant"] or "")
            names.setdefault(row["denomination"], set()).add(siret in masked or row["denomination"] == _HIDDEN)
    return {name for name, whose in names.items() if len(name) > 8 and whose == {True}}


def _call(cloud: Cloud) -> set[str]:
    """Every route, with good tokens and wrong ones, in every place where a caller may put them; gives the tokens."""
    good, region, revoked = cloud.token(), cloud.token(regions=["11"]), cloud.token()
    for listed in cloud.invoke("Tokens", {"command": "list"})["tokens"][-1:]:
        cloud.invoke("Tokens", {"command": "revoke", "jti": listed["jti"]})
    head, payload, _ = good.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + f".{payload}."
    wrong = [f"{head}.{payload}.{'A' * 86}", unsigned, "not-a-token-but-somebodys-password"]
    tokens = [good, region, revoked, *wrong]
    path = {
        "siret": CERTIFIED,
        "siren": CERTIFIED[:9],
        "nda": "11000000001",
        "uai": "0010001A",
        "code": "RNCP1",
        "id": "x",
    }
    path["fichier"] = "page.js"
    lookup, authorize = cloud.function("Lookup"), cloud.function("Authorize")
    for token in tokens:
        allowed = authorize(authorize_event(f"Bearer {token}"))["context"]
        authorize(authorize_event(token))
        for resource, route in ROUTES.items():
            event = lookup_event(CERTIFIED, allowed) | {"resource": resource, "httpMethod": route.method}
            event["headers"] = {"Authorization": f"Bearer {token}", "token-connexion": token}
            event["pathParameters"] = {name: value for name, value in path.items() if f"{{{name}}}" in resource}
            lookup(event)
        if "." not in token:
            continue  # nothing tells it from a reason that a caller gives in the query, which is logged
        # A token in the wrong place: the query, the path, a body.
        event = lookup_event(CERTIFIED, allowed)
        event["queryStringParameters"] = dict.fromkeys(("context", "object", "recipient", "token"), token)
        lookup(event)
        lookup(lookup_event(token, allowed))
        event = lookup_event(CERTIFIED, allowed) | {"resource": "/v1/etablissements/recherche", "httpMethod": "POST"}
        lookup(event | {"body": json.dumps({"sirets": [token]})})
    event = lookup_event(CERTIFIED) | {"resource": "/organisme/{siret}", "httpMethod": "GET"}
    event["headers"] = {"token-connexion": "the-shared-secret-of-ConnectorSecret"}
    assert lookup(event)["statusCode"] == 200
    for order in ({"command": "keys"}, {"command": "rotate"}):
        _try(cloud, order)
    # The first parts say what the token is about; whoever has the last one can use it.
    return {one for token in tokens for one in (token, token.rpartition(".")[2]) if len(one) > 20}


def _try(cloud: Cloud, order: dict[str, Any]) -> None:
    try:
        cloud.invoke("Tokens", order)
    except Exception as refused:
        print(f"ended as expected: {type(refused).__name__}")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """What the run logged, and what it must not have."""
    folder = tmp_path_factory.mktemp("logged")
    program = f"from pathlib import Path; from tests.integration.test_logged import play; play(Path({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    return done.stdout, json.loads((folder / "forbidden.json").read_text(encoding="utf-8"))


def test_the_whole_run_was_heard(run: tuple[str, list[str]]) -> None:
    """The test of the test: each function that logs is heard, and what is looked for is what was used."""
    logged, forbidden = run
    services = {"ingest", "reconcile", "operate", "authorize", "tokens", "lookup"}
    assert services <= {json.loads(line).get("service") for line in logged.splitlines() if line.startswith("{")}
    assert logged.count('"message":"appel"') > 50
    assert '"state":"refused"' in logged
    assert _HIDDEN in forbidden
    assert any("PRIVATE KEY" in one for one in forbidden)
    assert sum(one.count(".") == 2 for one in forbidden) >= 5
    assert len(forbidden) > 12


def test_no_token_no_secret_and_no_hidden_name_is_logged(run: tuple[str, list[str]]) -> None:
    logged, forbidden = run
    found = [one for one in forbidden if one in logged or json.dumps(one)[1:-1] in logged]
    assert not found

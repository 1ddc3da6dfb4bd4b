"""Each function's own handler on the template's own stores, fed the sample events; then the rights they use.

One story, told once: a first publication and a second one, each with the failures that befall it.
"""

import base64
import gzip
import json
import re
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import jsonschema
import jwt
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import EndpointConnectionError
from quiforme.access.tokens import SCOPES
from quiforme.api.routes import ROUTES
from quiforme.aws.documents import LARGEST_INLINE
from quiforme.aws.events import NotAnnounced
from quiforme.jobs.ingestion import NoListeOf
from quiforme.jobs.reconciliation import NothingPublished
from quiforme_anomalies import schema

from tools.fictitious_france import FIRST_DAY, write_day
from tools.fictitious_france.cast import CERTIFIED, UNKNOWN
from tools.in_process.cloud import Cloud, Fault, authorize_event, deployed, lookup_event, sample
from tools.in_process.iam import Call, Grant, grants
from tools.in_process.resource_policies import Asked, allowed, attached, decisions
from tools.in_process.system import told_by_messages, told_by_oracle
from tools.local_stack.template import of_type, resolve
from tools.oracle import Oracle

_FRANCE: dict[str, Any] = {"size": 60, "ministry_fiches": 1_500}
"""Small, but for one document that no DynamoDB item can hold."""


def through_the_rule(event: dict[str, Any]) -> Any:
    """What the rule of the template hands over of an event; it has to match the rule's pattern."""
    (rule,) = [
        event["Properties"]
        for event in of_type("AWS::Serverless::Function")["Reconcile"]["Events"].values()
        if event["Type"] == "EventBridgeRule"
    ]
    assert all(event[field] in wanted for field, wanted in rule["Pattern"].items())
    assert rule["InputPath"].startswith("$.")
    handed = event
    for step in rule["InputPath"].removeprefix("$.").split("."):
        handed = handed[step]
    return handed


def once(operation: str, answer: dict[str, Any] | None = None, *, after: int = 0) -> Fault:
    """A fault at one call of an operation, the first unless `after` others: this answer, or else no answer at all."""
    seen = 0

    def fault(called: str, _: dict[str, Any]) -> dict[str, Any] | None:
        nonlocal seen
        seen += called == operation
        if called != operation or seen != after + 1:
            return None
        if answer is None:
            raise EndpointConnectionError(endpoint_url=f"https://{operation}.invalid")
        return answer

    return fault


def _trigger(day: date) -> dict[str, str]:
    """The sample trigger, of another day."""
    return {"scheduled_time": sample("ingest")["scheduled_time"].replace(str(FIRST_DAY), str(day))}


@dataclass
class Reconciled:
    """A reconciliation that died at a batch of messages, and the one that came after it."""

    summary: dict[str, Any]
    messages: list[dict[str, Any]]
    expected: Any


@dataclass
class Story:
    """What happened, in order."""

    cloud: Cloud
    oracle: Oracle
    folder: Path
    announced: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    reconciled: list[Reconciled] = field(default_factory=list)
    looked_up: dict[str, dict[str, Any]] = field(default_factory=dict)
    operated: dict[str, dict[str, Any]] = field(default_factory=dict)
    measured: list[dict[str, Any]] = field(default_factory=list)

    def tell(self) -> None:
        """Play it."""
        self._look_up("early")
        with pytest.raises(NothingPublished):
            self.cloud.invoke("Reconcile", sample("reconcile"))
        with pytest.raises(NoListeOf):
            self.cloud.invoke("Ingest", sample("ingest"))

        self._lay(FIRST_DAY)
        self._ingest_and_fail_to_say_so(sample("ingest"))
        self._reconcile(FIRST_DAY, through_the_rule(sample("publication")), batches=0)
        self._look_up("sample")
        self._look_up("unknown", UNKNOWN)
        self._look_up("big", max(self.documents[0], key=lambda siret: len(json.dumps(self.documents[0][siret]))))

        # Files of their real size are moved in parts.
        with patch("boto3.s3.transfer.TransferConfig", partial(TransferConfig, multipart_threshold=1)):
            day = FIRST_DAY + timedelta(days=1)
            self._lay(day)
            self._ingest_and_die_half_way(_trigger(day))
            self._reconcile(day, _trigger(day), batches=1)
            self._look_up("second")
            self._call_every_route(day)
            self._operate()
            self._hold(FIRST_DAY + timedelta(days=2))
            self._forget(FIRST_DAY + timedelta(days=40), FIRST_DAY + timedelta(days=80))

    def _lay(self, day: date) -> None:
        write_day(self.folder, day, **_FRANCE)
        self.cloud.fill(self.folder)
        self.oracle.ingest(self.folder, day)
        self.documents.append(dict(self.oracle.documents))

    def _look_up(self, what: str, siret: str = CERTIFIED) -> None:
        self.looked_up[what] = self.cloud.invoke("Lookup", lookup_event(siret))

    def _call_every_route(self, day: date) -> None:
        """As the bearer of a token with every scope, as the connector, and as nobody in particular."""
        lookup = self.cloud.function("Lookup")
        documents = self.documents[1]
        path = {
            "siret": CERTIFIED,
            "siren": CERTIFIED[:9],
            "nda": documents[CERTIFIED]["declarations_activites_etablissement"][0]["numero_de_declaration"],
            "uai": next(one["code_uai"] for one in documents.values() if one["code_uai"]),
            "code": next(
                entry["code"]
                for one in documents.values()
                for entry in one["habilitations_france_competence"]
                if entry["actif"]
            ),
            "fichier": "page.js",
            "id": json.loads(self.reconciled[0].messages[0]["Body"])["data"]["id"],
        }
        step = {"statut": "contactee", "auteur": "C. Martin", "version": 0}
        # The connector's secret was never changed before: then it is, and both values open.
        boto3.client("secretsmanager").put_secret_value(
            SecretId=self.cloud.names["ConnectorSecret"], SecretString="the new one"
        )
        for resource, route in ROUTES.items():
            event = lookup_event(CERTIFIED) | {"resource": resource, "httpMethod": route.method}
            event["requestContext"]["authorizer"]["scopes"] = " ".join(SCOPES)
            event["pathParameters"] = {name: value for name, value in path.items() if f"{{{name}}}" in resource}
            if resource == "/v1/etablissements/{siret}":
                event["queryStringParameters"]["date"] = day.isoformat()
            event["headers"] = {"token-connexion": "the new one", "Content-Type": "application/json"}
            sent = step if resource.endswith("/suivi") else {"sirets": [CERTIFIED, UNKNOWN]}
            event["body"] = json.dumps(sent) if route.method == "POST" else None
            self.looked_up[resource] = lookup(event)
        for link in body(self.looked_up["/v1/exports"])["data"]:
            # Whoever opens it does so as the function that signed it.
            bucket, key = self.cloud.names["Bucket"], f"exports/00000002/{link['fichier']}"
            assert f"/{key}?" in link["url"]
            self.cloud.calls.append(Call("Lookup", "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"))

    def _ingest_and_fail_to_say_so(self, trigger: Any) -> None:
        def note(operation: str, params: dict[str, Any]) -> None:
            if operation == "PutEvents":
                self.announced += params["Entries"]

        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "x", "ErrorMessage": "refused"}]}
        with self.cloud.fault(once("PutEvents", refused)), pytest.raises(NotAnnounced):
            self.cloud.invoke("Ingest", trigger)
        with self.cloud.fault(note):
            self.runs.append(self.cloud.invoke("Ingest", trigger))

    def _ingest_and_die_half_way(self, trigger: Any) -> None:
        """The next run erases what the dead one wrote, is short of time, and meets a busy table when it goes on."""
        with self.cloud.fault(once("BatchWriteItem", after=1)), pytest.raises(EndpointConnectionError):
            self.cloud.invoke("Ingest", trigger)
        self._look_up("while writing")
        asked: list[dict[str, Any]] = []

        def ask_lambda(operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
            if operation == "GetSecretValue":
                return {"SecretString": "the key"}
            if operation != "Invoke":
                return None
            asked.append(params)
            return {"StatusCode": 202}

        self.cloud.remaining_ms = 60_000
        self.cloud.names["SireneApiAddress"] = "https://sirene.invalid"  # its key is read, and no time is left to ask
        with self.cloud.fault(ask_lambda):
            self.runs.append(self.cloud.invoke("Ingest", trigger))
        self.cloud.names["SireneApiAddress"] = "off"
        self.cloud.remaining_ms = 900_000
        (call,) = asked
        assert (call["FunctionName"], call["InvocationType"]) == (self.cloud.names["Ingest"], "Event")
        met: list[dict[str, Any]] = []

        def busy(operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
            if operation != "BatchWriteItem" or met:
                return None
            met.append(params["RequestItems"])
            return {"UnprocessedItems": params["RequestItems"]}

        with self.cloud.fault(busy):
            self.runs.append(self.cloud.invoke("Ingest", json.loads(call["Payload"])))

    def _operate(self) -> None:
        def operate(command: str, **options: Any) -> None:
            self.operated[command] = self.cloud.invoke("Operate", {"command": command, **options})

        operate("runs", limit=3)
        operate("generations")
        operate("inspect", generation=2)
        operate("replay", generation=2)
        operate("publish", generation=1)
        self._look_up("gone back")
        operate("publish", generation=2)

    def _hold(self, day: date) -> None:
        """A list in which nobody is certified is held, and dropped."""
        write_day(self.folder, day, **_FRANCE)
        path = self.folder / "listePubliqueOF.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(";true", ";false"), encoding="utf-8")
        self.cloud.fill(self.folder)
        with redirect_stdout(StringIO()) as log, patch("quiforme.pipeline.losses.LEAST", 10):
            self.runs.append(self.cloud.invoke("Ingest", _trigger(day)))
        self.measured += [json.loads(line) for line in log.getvalue().splitlines() if "CloudWatchMetrics" in line]
        self._look_up_state("held")
        self.operated["drop"] = self.cloud.invoke("Operate", {"command": "drop"})
        self._look_up_state("dropped")

    def _look_up_state(self, when: str) -> None:
        event = lookup_event(CERTIFIED) | {"resource": "/v1/etat", "httpMethod": "GET", "pathParameters": {}}
        event["queryStringParameters"] = event["multiValueQueryStringParameters"] = {}
        self.looked_up[when] = self.cloud.invoke("Lookup", event)

    def _forget(self, third: date, last: date) -> None:
        """What was replaced a month ago goes, and what nothing refers to then, with a file refused on the way."""
        self.cloud.names["HistoryDays"] = "30"
        boto3.client("s3").put_object(Bucket=self.cloud.names["Bucket"], Key="exports/00000000/old.csv")
        with patch("quiforme.clock.today", lambda: last), patch("quiforme.pipeline.exports._KEPT", 1):
            self._lay(third)
            self.runs.append(self.cloud.invoke("Ingest", _trigger(third)))
            self.cloud.invoke("Reconcile", _trigger(third))
            self.cloud.invoke("Reconcile", _trigger(last))
            (self.folder / "listePubliqueOF.csv").write_text("<!DOCTYPE html>")
            self.cloud.fill(self.folder)
            self.runs.append(self.cloud.invoke("Ingest", _trigger(last)))
        self._look_up("after all")
        self._look_up("big after all", body(self.looked_up["big"])["data"]["siret"])

    def _reconcile(self, day: date, trigger: Any, *, batches: int) -> None:
        with self.cloud.fault(once("PublishBatch", after=batches)), pytest.raises(EndpointConnectionError):
            self.cloud.invoke("Reconcile", trigger)
        summary = self.cloud.invoke("Reconcile", trigger)
        expected = told_by_oracle(self.oracle.reconcile(day))
        self.reconciled.append(Reconciled(summary, self.cloud.drain("Anomalies"), expected))
        with self.cloud.fault(once("UpdateItem")):
            self.cloud.pump("DossiersQueue", "Consume")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, played to its end."""
    with deployed() as cloud:
        story = Story(cloud, Oracle(), tmp_path_factory.mktemp("drop"))
        story.tell()
        yield story


def body(answer: dict[str, Any]) -> Any:
    """The JSON of an answer."""
    return json.loads(answer["body"])


def code(answer: dict[str, Any]) -> tuple[int, str]:
    """Status and code of an error."""
    return answer["statusCode"], body(answer)["errors"][0]["code"]


def test_before_anything_is_published(story: Story) -> None:
    assert code(story.looked_up["early"]) == (503, "33020")


def test_a_day_is_published(story: Story) -> None:
    run = story.runs[0]
    assert (run["generation"], run["day"]) == (1, FIRST_DAY.isoformat())
    # The documents were published by the run that could not announce them.
    assert run["documents"]["unchanged"] == run["documents"]["total"] == len(story.documents[0])


def test_the_announcement_is_the_sample_publication(story: Story) -> None:
    """What the ingestion puts is what the sample says, and the rule hands it to the reconciliation."""
    (entry,) = story.announced
    event = sample("publication")
    assert (entry["Source"], entry["DetailType"]) == (event["source"], event["detail-type"])
    assert json.loads(entry["Detail"]) == event["detail"] == through_the_rule(event)


def test_the_schedule_hands_over_what_the_sample_says() -> None:
    (schedule,) = [
        event["Properties"]
        for event in of_type("AWS::Serverless::Function")["Ingest"]["Events"].values()
        if event["Type"] == "ScheduleV2"
    ]
    event = sample("ingest")
    handed = schedule["Input"].replace("<aws.scheduler.scheduled-time>", event["scheduled_time"])
    assert json.loads(handed) == event


def test_the_sample_look_up(story: Story) -> None:
    assert lookup_event(CERTIFIED) == sample("lookup")
    answer = story.looked_up["sample"]
    assert answer["statusCode"] == 200
    assert body(answer)["data"] == story.documents[0][CERTIFIED]
    assert body(answer)["meta"]["generation"] == 1
    assert code(story.looked_up["unknown"]) == (404, "33003")


def test_a_document_that_no_item_can_hold(story: Story) -> None:
    answer = story.looked_up["big"]
    assert len(answer["body"].encode()) > LARGEST_INLINE
    assert body(answer)["data"] == story.documents[0][body(answer)["data"]["siret"]]


def test_a_large_body_goes_packed_to_those_who_accept_it(story: Story) -> None:
    biggest = body(story.looked_up["big"])["data"]["siret"]
    event = lookup_event(biggest) | {"headers": {"Accept": "*/*", "Accept-Encoding": "br, gzip"}}
    lookup = story.cloud.function("Lookup")
    with patch("quiforme.api.gateway.LARGEST_PLAIN", 1_000):
        packed, plain = lookup(event), lookup(lookup_event(biggest))
    assert packed["isBase64Encoded"]
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]


@pytest.mark.parametrize("day", [0, 1])
def test_anomalies_reach_the_queue(story: Story, day: int) -> None:
    promised = schema("anomalie")
    reconciled = story.reconciled[day]
    events = [json.loads(message["Body"]) for message in reconciled.messages]
    assert told_by_messages(events) == reconciled.expected
    for event, message in zip(events, reconciled.messages, strict=True):
        jsonschema.validate(event["data"], promised)
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
        told = {name: event["data"][name] for name in ("code", "severite", "region")}
        told["evenement"] = event["type"].split(".")[3]
        assert attributes == {name: value for name, value in told.items() if value}


def test_what_a_dead_reconciliation_found_is_sent_once_more(story: Story) -> None:
    """It had recorded everything: the next one finds nothing more, and sends all of it with the same ids."""
    second = story.reconciled[1]
    assert (second.summary["opened"], second.summary["modified"], second.summary["resolved"]) == (0, 0, 0)
    sent = [json.loads(message["Body"]) for message in second.messages]
    once_each = {event["id"]: event for event in sent}
    assert len(once_each) < len(sent) < 2 * len(once_each)  # those batches that had gone through
    assert all(event == once_each[event["id"]] for event in sent)


def test_a_run_that_dies_is_made_good_by_the_next(story: Story) -> None:
    assert body(story.looked_up["while writing"])["data"] == story.documents[0][CERTIFIED]
    _, short, rest, *_ = story.runs
    assert (short["state"], rest["state"], rest["invocations"]) == ("continues", "published", 2)
    assert body(story.looked_up["second"])["meta"]["generation"] == rest["generation"] == 2
    first, second, _ = story.documents
    counts = {name: rest["documents"][name] for name in ("total", "new", "changed", "retired")}
    assert counts == {
        "total": len(second),
        "new": len(second.keys() - first.keys()),
        "changed": sum(first[siret] != second[siret] for siret in first.keys() & second.keys()),
        "retired": len(first.keys() - second.keys()),
    }


def test_every_route_answers(story: Story) -> None:
    for resource in ROUTES:
        assert story.looked_up[resource]["statusCode"] == 200, resource
    as_of = body(story.looked_up["/v1/etablissements/{siret}"])
    assert as_of["meta"]["generation"] == 2
    assert body(story.looked_up["/organisme/{siret}"])["siret_actif"] == CERTIFIED
    many = body(story.looked_up["/v1/etablissements/recherche"])["data"]
    assert [entry["status"] for entry in many] == [200, 404]
    assert {one["fichier"] for one in body(story.looked_up["/v1/exports"])["data"]} == {
        "quiforme.ndjson.gz",
        "quiforme.csv",
        "quiforme.parquet",
    }


def test_ops_see_what_was_done_and_go_back(story: Story) -> None:
    published, continues, died = story.operated["runs"]["runs"]
    assert (published["state"], continues["state"]) == ("published", "continues")
    assert died["error"].startswith("EndpointConnectionError")
    assert [one["generation"] for one in story.operated["generations"]["generations"]] == [2, 1]
    assert story.operated["inspect"]["outcomes"]["liste_of"]["state"] == "accepted"
    assert story.operated["replay"]["different"] == 0
    assert body(story.looked_up["gone back"])["meta"]["generation"] == 1
    assert body(story.looked_up["gone back"])["data"] == story.documents[0][CERTIFIED]


def test_a_held_run_waits_for_ops(story: Story) -> None:
    (run,) = [one for one in story.runs if one["state"] == "held"]
    assert story.operated["drop"] == {"state": "dropped", "generation": 3, "day": run["day"]}
    held, dropped = (body(story.looked_up[when])["data"] for when in ("held", "dropped"))
    assert (held["generation"], dropped["generation"]) == (2, 2)
    assert held["publication_retenue"]["documents_touches"] == run["held"]["documents"]
    assert dropped["publication_retenue"] is None


def test_the_alarm_watches_what_a_held_run_measures(story: Story) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")["RunHeld"]
    (line,) = story.measured
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    (dimension,) = alarm["Dimensions"]
    assert (metrics["Namespace"], metrics["Dimensions"]) == (alarm["Namespace"], [[dimension["Name"]]])
    assert [metric["Name"] for metric in metrics["Metrics"]] == [alarm["MetricName"]]
    assert line[dimension["Name"]] == resolve(dimension["Value"], story.cloud.names)
    assert line[alarm["MetricName"]] == [1.0]


def test_what_history_no_longer_promises_is_erased(story: Story) -> None:
    items = boto3.client("dynamodb").scan(TableName=story.cloud.names["Documents"])["Items"]
    assert story.runs[-1]["forgotten"] > 0
    listed = boto3.client("s3").list_objects_v2(Bucket=story.cloud.names["Bucket"], Prefix="exports/")["Contents"]
    assert {entry["Key"].split("/")[1] for entry in listed}.isdisjoint({"00000000", "00000001"})
    assert len({item["id"]["S"] for item in items}) == len(items)
    assert story.runs[-1]["sources"]["liste_of"]["state"] == "refused"
    assert body(story.looked_up["after all"])["data"] == story.documents[2][CERTIFIED]


def test_what_nothing_refers_to_is_deleted(story: Story) -> None:
    bucket = story.cloud.names["Bucket"]
    keys = {entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    items = boto3.client("dynamodb").scan(TableName=story.cloud.names["Documents"])["Items"]
    assert story.runs[-1]["deleted"] > 0
    assert {key for key in keys if key.startswith("documents/")} == {
        item["objet"]["S"] for item in items if "objet" in item
    }
    big = body(story.looked_up["big after all"])["data"]
    assert big == story.documents[2][big["siret"]]
    # The ledger in force, which nothing has changed since.
    assert len({key.split("/")[1] for key in keys if key.startswith("ledger/")}) == 1
    # The last run's, that of the generation published, and the one it was built on.
    assert sum(key.endswith("/manifest.json") for key in keys) == 3


# --- the authorizer -----------------------------------------------------------------------------------------


def test_the_sample_call_is_let_in(story: Story) -> None:
    token = story.cloud.token(rate_limit_per_minute=7)
    policy = story.cloud.invoke("Authorize", authorize_event(f"Bearer {token}"))
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:eu-west-3:000000000000:abc123/api/*",
    }
    answer = story.cloud.invoke("Lookup", lookup_event(CERTIFIED, policy["context"]))
    assert answer["statusCode"] == 200
    assert answer["headers"]["RateLimit-Limit"] == "7"


def test_expired_and_revoked_tokens_are_told_so(story: Story) -> None:
    revoked = story.cloud.token()
    jti = jwt.decode(revoked, options={"verify_signature": False})["jti"]
    story.cloud.invoke("Tokens", {"command": "revoke", "jti": jti})
    yesterday = int(time.time()) - 24 * 3600
    expired = story.cloud.forged(iat=yesterday, exp=yesterday + 60)
    for token, expected in ((expired, "00103"), (revoked, "00105")):
        policy = story.cloud.invoke("Authorize", authorize_event(f"Bearer {token}"))
        answer = story.cloud.invoke("Lookup", lookup_event(CERTIFIED, policy["context"]))
        assert code(answer) == (401, expected)


# --- least privilege ----------------------------------------------------------------------------------------

_UNUSED: dict[tuple[str, str], str] = {}
"""Granted, though nothing in these tests asks for it: (function, action), and why."""


@pytest.fixture(scope="module")
def asked(story: Story) -> list[Call]:
    """Every permission the story's functions asked for, those of the authorizer and of the tokens too."""
    story.cloud.invoke("Authorize", authorize_event(f"Bearer {story.cloud.token()}"))
    story.cloud.invoke("Tokens", {"command": "list"})
    story.cloud.invoke("Tokens", {"command": "keys"})
    return story.cloud.calls


def test_every_call_is_allowed(story: Story, asked: list[Call]) -> None:
    granted = grants(story.cloud.names)
    denied = {call for call in asked if not any(grant.allows(call) for grant in granted)}
    assert not denied


def test_no_resource_refuses_a_call(story: Story, asked: list[Call]) -> None:
    """Every call once more, against the policies of buckets, queues and topic; without TLS each of theirs is refused."""
    names, granted = story.cloud.names, grants(story.cloud.names)
    guarded = {arn(names, name) for name in attached()}
    seen = set()
    for call in set(asked):
        identity = any(grant.allows(call) for grant in granted)
        values = {key: value[0] for key, value in call.conditions.items() if value}
        as_asked = Asked(names["AWS::AccountId"], call.action, call.resource, values)
        assert allowed(as_asked, names, identity=identity), call
        if call.resource.split("/")[0] in guarded:
            seen.add(call.action.split(":")[0])
            in_clear = Asked(as_asked.principal, call.action, call.resource, {**values, "aws:SecureTransport": "false"})
            assert not allowed(in_clear, names, identity=True), call
    assert seen == {"s3", "sqs", "sns"}


def arn(names: dict[str, str], name: str) -> str:
    """Of a bucket, a queue or a topic, whose name is its ARN."""
    return names.get(f"{name}.Arn", names[name])


def test_services_deliver_where_they_should_and_nowhere_else(story: Story) -> None:
    names = story.cloud.names
    topic, account = names["AnomalyTopic"], names["AWS::AccountId"]
    rule = f"arn:aws:events:{names['AWS::Region']}:{account}:rule/x"
    elsewhere = topic.replace(account, "999999999999")
    for queue in ("Anomalies", "AnomaliesUnread", "DossiersQueue", "DossiersUnread"):
        for source, good in ((topic, True), (elsewhere, False), (rule, False)):
            sent = Asked("sns.amazonaws.com", "sqs:SendMessage", arn(names, queue), {"aws:SourceArn": source})
            assert allowed(sent, names, identity=False) is good, (queue, source)
    for queue in ("FailedRuns", "Anomalies"):
        sent = Asked("events.amazonaws.com", "sqs:SendMessage", arn(names, queue), {"aws:SourceArn": rule})
        assert not allowed(sent, names, identity=False), queue
    for queue in ("Anomalies", "FailedRuns", "DossiersQueue"):
        for action in ("sqs:ReceiveMessage", "sqs:SendMessage", "sqs:PurgeQueue"):
            assert not allowed(Asked("999999999999", action, arn(names, queue)), names, identity=True)


def test_another_account_subscribes_a_queue_and_only_if_named(story: Story) -> None:
    """Nobody by default; one that ops named may subscribe a queue over TLS, and neither publish nor read."""
    default, named = story.cloud.names, {**story.cloud.names, "SubscriberAccounts": "111111111111,222222222222"}
    topic, over_sqs = default["AnomalyTopic"], {"sns:Protocol": "sqs"}
    for account in ("111111111111", "222222222222"):
        subscribe = Asked(account, "sns:Subscribe", topic, over_sqs)
        assert not allowed(subscribe, default, identity=True)
        assert allowed(subscribe, named, identity=True)
        assert not allowed(subscribe, named, identity=False), "its own account has to allow it too"
        assert not allowed(Asked(account, "sns:Subscribe", topic, {"sns:Protocol": "https"}), named, identity=True)
        in_clear = Asked(account, "sns:Subscribe", topic, {**over_sqs, "aws:SecureTransport": "false"})
        assert decisions(in_clear, named) == {"Allow", "Deny"}
        assert not allowed(in_clear, named, identity=True)
        for action, resource in (
            ("sns:Publish", topic),
            ("sqs:ReceiveMessage", arn(named, "Anomalies")),
            ("s3:GetObject", arn(named, "Bucket") + "/exports/1"),
        ):
            assert not allowed(Asked(account, action, resource), named, identity=True), action
    assert not allowed(Asked("333333333333", "sns:Subscribe", topic, over_sqs), named, identity=True)


def test_nothing_more_is_allowed(story: Story, asked: list[Call]) -> None:
    """Every action, on every resource it is granted on, is asked for by someone."""
    assert {call.function for call in asked} == set(of_type("AWS::Serverless::Function"))
    unused = {grant for grant in grants(story.cloud.names) if not any(grant.allows(call) for call in asked)}
    assert {grant for grant in unused if (grant.function, grant.action) not in _UNUSED} == set()
    assert _UNUSED.keys() <= {(grant.function, grant.action) for grant in unused}


def test_grants_are_explicit(story: Story) -> None:
    """No star in an action, nor in a resource but for what lies under a prefix of a bucket.

    A function cannot refer to itself in the template: it may name itself but for what CloudFormation adds.
    """
    starred = r"arn:aws:s3:::[^*/]+/[^*]+/\*|arn:aws:lambda:[^*]+:function:quiforme-Ingest-\*"
    for grant in grants(story.cloud.names):
        assert "*" not in grant.action, grant
        assert "*" not in grant.resource or re.fullmatch(starred, grant.resource), grant


def test_the_comparison_sees_what_it_should() -> None:
    """The test of the tests: another key, another table or another function is not let through."""
    grant = Grant("Ingest", "s3:GetObject", "arn:aws:s3:::b/accepted/*")
    assert grant.allows(Call("Ingest", "s3:GetObject", "arn:aws:s3:::b/accepted/x/y"))
    assert not grant.allows(Call("Ingest", "s3:GetObject", "arn:aws:s3:::b/ledger/x"))
    assert not grant.allows(Call("Ingest", "s3:PutObject", "arn:aws:s3:::b/accepted/x"))
    assert not grant.allows(Call("Reconcile", "s3:GetObject", "arn:aws:s3:::b/accepted/x"))
    only = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["publication"]}}
    grant = Grant("Lookup", "dynamodb:GetItem", "t", only)
    assert grant.allows(Call("Lookup", "dynamodb:GetItem", "t", {"dynamodb:LeadingKeys": ("publication",)}))
    assert not grant.allows(Call("Lookup", "dynamodb:GetItem", "t", {"dynamodb:LeadingKeys": ("ledger",)}))

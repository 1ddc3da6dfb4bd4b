"""The reference consumer: a file for each anomaly, whatever the order, however often, whatever fails on the way."""

import json
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from quiforme_anomalies import exemples

from tools.in_process.cloud import Cloud, Fault, deployed, sample

STORY = exemples()["etablissement_ferme"]
ID = STORY[0]["data"]["id"]


class Killed(BaseException):
    """The process ended here: nothing of it is left to catch this."""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with deployed() as cloud:
        yield cloud


def publish(cloud: Cloud, *bodies: dict[str, Any] | str) -> None:
    for body in bodies:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        boto3.client("sns").publish(TopicArn=cloud.names["AnomalyTopic"], Message=text)


def consume(cloud: Cloud, *bodies: dict[str, Any] | str) -> None:
    publish(cloud, *bodies)
    cloud.pump("DossiersQueue", "Consume")


def file_of(cloud: Cloud, anomaly: str = ID) -> dict[str, dict[str, Any]]:
    """An anomaly's file: its items, by what they are."""
    table = boto3.resource("dynamodb").Table(cloud.names["Dossiers"])
    items = table.query(
        KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": anomaly}, ConsistentRead=True
    )["Items"]
    return {str(item["element"]): dict(item) for item in items}


def at(operation: str, table: str, error: BaseException, *, after: int = 0) -> Fault:
    """A failure at one call on a table."""
    seen = 0

    def fault(called: str, params: dict[str, Any]) -> None:
        nonlocal seen
        if called == operation and params["TableName"].endswith(f"-{table}"):
            seen += 1
            if seen == after + 1:
                raise error

    return fault


def no_answer() -> EndpointConnectionError:
    return EndpointConnectionError(endpoint_url="https://dynamodb.invalid")


def test_the_sample_batch_is_taken(cloud: Cloud) -> None:
    batch = sample("consume")
    assert cloud.invoke("Consume", batch) == {"batchItemFailures": []}
    (record,) = batch["Records"]
    told = json.loads(record["body"])
    assert file_of(cloud, told["data"]["id"])["dossier"]["message"] == told["data"]["message"]


@pytest.mark.parametrize("code", sorted(exemples().keys() - {"alerte"}))
def test_each_rule_s_story_makes_a_file(cloud: Cloud, code: str) -> None:
    story = exemples()[code]
    for number, event in enumerate(story, 1):
        consume(cloud, event)
        data, items = event["data"], file_of(cloud, event["data"]["id"])
        assert list(items) == ["dossier", *(f"evenement#{rank:06}" for rank in range(1, number + 1))]
        dossier = items["dossier"]
        assert dossier["etat"] == ("clos" if ".resolue." in event["type"] else "ouvert")
        same = ("code", "severite", "region", "siret", "message", "occurrence", "liens")
        assert {name: dossier[name] for name in same} == {name: data[name] for name in same}
        assert json.loads(dossier["constats"]) == data["constats"]
        assert dossier["ouverte_le"] == data["premiere_detection"]
        assert json.loads(items[f"evenement#{number:06}"]["texte"]) == event


@pytest.mark.prove
def test_the_file_is_the_same_whatever_the_order_and_however_often(cloud: Cloud) -> None:
    consume(cloud, *STORY)
    expected = file_of(cloud)
    assert expected["dossier"]["etat"] == "ouvert"
    assert len(expected) == 1 + len(STORY) == 5
    for order in permutations(STORY):
        for table in ("Dossiers", "DossiersSeen"):
            empty(cloud, table)
        consume(cloud, *order, order[0], order[-1])
        assert file_of(cloud) == expected


def empty(cloud: Cloud, table: str) -> None:
    of = boto3.resource("dynamodb").Table(cloud.names[table])
    keys = [key["AttributeName"] for key in of.key_schema]
    for item in of.scan()["Items"]:
        of.delete_item(Key={name: item[name] for name in keys})


def test_an_event_dealt_with_is_not_written_again(cloud: Cloud) -> None:
    consume(cloud, STORY[0])
    written = len(cloud.calls)
    consume(cloud, STORY[0], {**STORY[0], "traceparent": "00-1"})
    assert not [call for call in cloud.calls[written:] if call.resource.endswith("-Dossiers")]


def test_a_message_that_cannot_be_read_fails_alone_and_is_set_aside(cloud: Cloud) -> None:
    bad = [
        "ceci n'est pas du JSON",
        json.dumps({**STORY[0], "type": "fr.quiforme.anomalie.ouverte.v2"}),
        json.dumps({**STORY[0], "data": {"id": ID}}),
    ]
    consume(cloud, STORY[0], bad[0], STORY[1], *bad[1:], STORY[2])
    assert file_of(cloud)["dossier"]["rang"] == 3
    assert sorted(message["Body"] for message in cloud.drain("DossiersUnread")) == sorted(bad)
    assert not cloud.drain("DossiersQueue")


def test_a_batch_of_nothing_but_failures_is_set_aside_too(cloud: Cloud) -> None:
    consume(cloud, "a", "b")
    assert len(cloud.drain("DossiersUnread")) == 2


def test_the_log_says_what_is_wrong_and_nothing_of_the_text(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    consume(cloud, json.dumps({**STORY[0], "data": {**STORY[0]["data"], "occurrence": "NE PAS ÉCRIRE"}}))
    assert "occurrence: int_parsing" in caplog.text
    assert "NE PAS" not in caplog.text


@pytest.mark.parametrize(
    ("operation", "table"),
    [("PutItem", "DossiersSeen"), ("PutItem", "Dossiers"), ("UpdateItem", "Dossiers"), ("UpdateItem", "DossiersSeen")],
)
@pytest.mark.parametrize("number", [0, 1])
def test_what_could_not_be_written_comes_again(cloud: Cloud, operation: str, table: str, number: int) -> None:
    """Its record included: the time that was to be left of the dead attempt is over by then."""
    cloud.remaining_ms = 0
    with cloud.fault(at(operation, table, no_answer(), after=number)):
        consume(cloud, *STORY[:3])
    items = file_of(cloud)
    assert (items["dossier"]["etat"], items["dossier"]["rang"], len(items)) == ("clos", 3, 4)
    assert not cloud.drain("DossiersUnread")


@pytest.mark.parametrize(
    ("operation", "table"),
    [("PutItem", "Dossiers"), ("UpdateItem", "Dossiers"), ("UpdateItem", "DossiersSeen")],
)
def test_a_consumer_that_dies_half_way_leaves_nothing_undone(cloud: Cloud, operation: str, table: str) -> None:
    """Between the file and its record, or between the two items of the file."""
    cloud.remaining_ms = 0
    queue = {"QueueUrl": cloud.names["DossiersQueue"]}
    with cloud.fault(at(operation, table, Killed())), pytest.raises(Killed):
        consume(cloud, STORY[0])
    boto3.client("sqs").set_queue_attributes(**queue, Attributes={"VisibilityTimeout": "0"})
    publish(cloud, STORY[0])  # as if the time were over for which the dead one kept it
    cloud.pump("DossiersQueue", "Consume")
    assert list(file_of(cloud)) == ["dossier", "evenement#000001"]
    assert file_of(cloud)["dossier"]["etat"] == "ouvert"


def test_an_event_under_way_elsewhere_waits(cloud: Cloud) -> None:
    """Another process has it, and time left: taken twice at once, it would be dealt with twice."""
    with cloud.fault(at("UpdateItem", "DossiersSeen", Killed())), pytest.raises(Killed):
        consume(cloud, STORY[0])
    before = len(cloud.calls)
    consume(cloud, STORY[0])
    assert not [call for call in cloud.calls[before:] if call.resource.endswith("-Dossiers")]
    assert [json.loads(message["Body"]) for message in cloud.drain("DossiersUnread")] == [STORY[0]]


def test_what_the_team_writes_in_a_file_stays(cloud: Cloud) -> None:
    consume(cloud, STORY[0])
    boto3.client("dynamodb").update_item(
        TableName=cloud.names["Dossiers"],
        Key={"id": {"S": ID}, "element": {"S": "dossier"}},
        UpdateExpression="SET suivi_par = :who",
        ExpressionAttributeValues={":who": {"S": "Camille"}},
    )
    consume(cloud, *STORY[1:])
    assert file_of(cloud)["dossier"]["suivi_par"] == "Camille"
    assert file_of(cloud)["dossier"]["rang"] == 4


def test_an_alert_opens_no_file(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    (alert,) = exemples()["alerte"]
    consume(cloud, alert)
    assert not file_of(cloud, alert["data"]["id"])
    assert [(record.levelname, record.message) for record in caplog.records] == [("WARNING", alert["data"]["message"])]
    assert not cloud.drain("DossiersUnread")

"""From the producers' files to those who follow up: queues that teams subscribe, and the reference consumer's files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import REGION
from tests.e2e.days import Days
from tests.e2e.examples import examples, run
from tests.e2e.waiting import eventually
from tools.local_stack import drive
from tools.local_stack.deploy import Stack
from tools.local_stack.emulator import ROOT

Files = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def events(days: Days) -> list[dict[str, Any]]:
    """What the three days sent to the network's own queue."""
    return days.events


def files(stack: Stack) -> Files:
    """The consumer's files: the items of each anomaly, by what they are."""
    found: Files = {}
    pages: Iterator[dict[str, Any]] = (
        stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.output("DossiersTable"))
    )
    for item in (item for page in pages for item in page["Items"]):
        found.setdefault(item["id"]["S"], {})[item["element"]["S"]] = item
    return found


def send(stack: Stack, body: str) -> None:
    stack.client("sns").publish(TopicArn=stack.output("AnomalyTopic"), Message=body)


def test_each_subscriber_gets_what_its_filter_lets_through(
    stack: Stack, events: list[dict[str, Any]], regional: dict[str, str], severe: str
) -> None:
    mine = [event for event in events if event["data"]["region"] == REGION]
    grave = [event for event in events if event["data"]["severite"] in ("critique", "majeure")]
    assert 0 < len(mine) < len(events)
    assert 0 < len(grave) < len(events)
    by_id = {event["id"]: event for event in events}
    for queue, expected in ((regional["Recues"], mine), (severe, grave)):
        got = drive.drain(stack, queue)
        assert sorted(event["id"] for event in got) == sorted(event["id"] for event in expected)
        assert all(event == by_id[event["id"]] for event in got)
    assert not drive.drain(stack, regional["Illisibles"])
    attributes = stack.client("sqs").get_queue_attributes(QueueUrl=severe, AttributeNames=["Policy"])["Attributes"]
    (statement,) = json.loads(attributes["Policy"])["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": stack.output("AnomalyTopic")}}


def test_the_consumer_opens_and_closes_a_file_for_each_anomaly(stack: Stack, events: list[dict[str, Any]]) -> None:
    last = {event["data"]["id"]: event for event in sorted(events, key=lambda event: int(event["id"].split(":")[1]))}
    assert {event["type"].split(".")[3] for event in events} >= {"ouverte", "modifiee"}
    expected = len(last) + len(events)
    found: Files = eventually(lambda: files(stack), lambda found: sum(map(len, found.values())) == expected)
    assert found.keys() == last.keys()
    for anomaly, event in last.items():
        dossier = found[anomaly]["dossier"]
        assert dossier["etat"]["S"] == ("clos" if ".resolue." in event["type"] else "ouvert")
        assert (dossier["rang"]["N"], dossier["message"]["S"]) == (event["id"].split(":")[1], event["data"]["message"])
    kept = [json.loads(item["texte"]["S"]) for items in found.values() for item in items.values() if "texte" in item]
    assert sorted(kept, key=lambda event: event["id"]) == sorted(events, key=lambda event: event["id"])
    assert not drive.drain(stack, stack.output("DossiersUnread"))


def waiting(stack: Stack, queue: str) -> list[dict[str, Any]]:
    """The messages of a queue, which stay there."""
    messages: list[dict[str, Any]] = (
        stack.client("sqs")
        .receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        .get("Messages", [])
    )
    return messages


@pytest.fixture(scope="module")
def unread(stack: Stack) -> str:
    """The dead-letter queue of the consumer, whose queue retries every five seconds instead of every three minutes."""
    queue = stack.output("DossiersQueue")
    stack.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    return stack.output("DossiersUnread")


@pytest.mark.prove
def test_what_it_cannot_deal_with_is_set_aside_and_sent_back(
    stack: Stack, events: list[dict[str, Any]], unread: str, command_line: dict[str, str], tmp_path: Path
) -> None:
    """Its table is out of reach, so an event fails five times; then ops mend it, and follow their guide."""
    functions, name = stack.client("lambda"), stack.output("ConsumeFunction")
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    unheard_of = "f" * 32
    event = {**events[0], "id": f"{unheard_of}:1", "data": {**events[0]["data"], "id": unheard_of}}

    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "FILES_TABLE": "no-such-table"}}
    )
    send(stack, json.dumps(event))
    (set_aside,) = eventually(lambda: waiting(stack, unread), bool)
    assert json.loads(set_aside["Body"]) == event
    assert unheard_of not in files(stack)

    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    (redrive,) = (text for _, text in examples(ROOT / "docs" / "exploitation.md") if "move-task" in text)
    run(
        "sh",
        redrive,
        tmp_path,
        {**command_line, "STACK": stack.name, "FROM": "DossiersUnread", "TO": "DossiersQueue"},
    )
    # The event is written before the file's state: one may be seen without the other for a moment.
    found: Files = eventually(lambda: files(stack), lambda found: "dossier" in found.get(unheard_of, {}))
    assert found[unheard_of].keys() == {"dossier", "evenement#000001"}
    assert not waiting(stack, unread)


def test_what_is_no_event_is_set_aside_alone(stack: Stack, events: list[dict[str, Any]], unread: str) -> None:
    other = "e" * 32
    send(stack, "illisible")
    send(stack, json.dumps({**events[0], "id": f"{other}:1", "data": {**events[0]["data"], "id": other}}))
    assert other in eventually(lambda: files(stack), lambda found: other in found)
    (set_aside,) = eventually(lambda: waiting(stack, unread), bool)
    assert set_aside["Body"] == "illisible"

"""A team subscribes a queue of its own, as the guide says, and gets what its filter lets through."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.e2e.examples import examples, run
from tests.france import FIRST_DAY, write_day
from tests.stack import drive
from tests.stack.deploy import Stack
from tests.stack.emulator import ROOT

_GUIDE = ROOT / "docs" / "anomalies.md"
_REGION = "11"


def in_the_guide(language: str) -> list[str]:
    """Its examples in a language."""
    return [text for written_in, text in examples(_GUIDE) if written_in == language]


@pytest.fixture
def command_line(stack: Stack, tmp_path: Path) -> dict[str, str]:
    """An environment in which `aws` talks to the emulator."""
    command = tmp_path / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("aws.py")}" "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(command.parent), os.environ["PATH"]]),
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def test_each_subscriber_gets_what_its_filter_lets_through(
    stack: Stack, command_line: dict[str, str], tmp_path: Path
) -> None:
    topic = stack.output("AnomalyTopic")
    cloudformation, sqs = stack.client("cloudformation"), stack.client("sqs")
    (template,) = in_the_guide("yaml")
    cloudformation.create_stack(
        StackName="equipe",
        TemplateBody=template,
        Parameters=[
            {"ParameterKey": "AnomalyTopic", "ParameterValue": topic},
            {"ParameterKey": "Regions", "ParameterValue": _REGION},
        ],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="equipe", WaiterConfig={"Delay": 1})
    (team,) = cloudformation.describe_stacks(StackName="equipe")["Stacks"]
    regional = {output["OutputKey"]: output["OutputValue"] for output in team["Outputs"]}
    severe = sqs.create_queue(QueueName="les-plus-graves")["QueueUrl"]
    subscribe = in_the_guide("sh")[0]
    run("sh", subscribe, tmp_path, {**command_line, "FILE": severe, "TOPIC": topic})

    (tmp_path / "drop").mkdir()
    write_day(tmp_path / "drop", FIRST_DAY)
    drive.fill(stack, tmp_path / "drop")
    drive.invoke(stack, stack.ingest_function, FIRST_DAY)
    drive.invoke(stack, stack.reconcile_function, FIRST_DAY)

    everything = drive.drain(stack)
    mine = [event for event in everything if event["data"]["region"] == _REGION]
    grave = [event for event in everything if event["data"]["severite"] in ("critique", "majeure")]
    assert 0 < len(mine) < len(everything)
    assert 0 < len(grave) < len(everything)
    by_id = {event["id"]: event for event in everything}
    for queue, expected in ((regional["Recues"], mine), (severe, grave)):
        got = drive.drain(stack, queue)
        assert sorted(event["id"] for event in got) == sorted(event["id"] for event in expected)
        assert all(event == by_id[event["id"]] for event in got)
    assert not drive.drain(stack, regional["Illisibles"])
    policy = sqs.get_queue_attributes(QueueUrl=severe, AttributeNames=["Policy"])["Attributes"]["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}

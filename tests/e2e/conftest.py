"""One deployed stack, shared by all end-to-end tests, and the three days published there.

Tests that use the stack run one after the other in one process (tests/conftest.py).
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.days import Days, play
from tests.e2e.examples import in_the_guide, run
from tools.local_stack.deploy import Stack, build, deploy
from tools.local_stack.emulator import LOCAL, start, stop

REGION = "11"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run last the tests that write whatever the API lets them write."""
    items.sort(key=lambda item: item.path.name == "test_schemathesis.py")


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """The folder of what `sam build` makes of the real template for this machine."""
    return _built()


@pytest.fixture(scope="session")
def stack(artifacts: Path) -> Iterator[Stack]:
    """The real template, built and deployed to an emulator that stops after the tests; its reference consumer is on."""
    home = LOCAL / "test" / os.environ.get("PYTEST_XDIST_WORKER", "alone")
    endpoint = start(home)
    try:
        yield deploy(endpoint, artifacts, parameters={"ReferenceConsumer": "on"})
    finally:
        stop(home)


def _built() -> Path:
    """The artifacts, built once even where two processes of one run ask for them."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "test-build").open("a+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        mark.seek(0)
        test_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        if mark.read() == test_run:
            return LOCAL / "build"
        built = build()
        mark.truncate(0)
        mark.write(test_run)
        return built


@pytest.fixture(scope="session")
def command_line(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `aws` talks to the emulator."""
    command = tmp_path_factory.mktemp("bin") / "aws"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("aws.py")}" "$@"\n')
    command.chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(command.parent), os.environ["PATH"]]),
        "AWS_ENDPOINT_URL": stack.endpoint_url,
        "AWS_DEFAULT_REGION": stack.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@pytest.fixture(scope="session")
def regional(stack: Stack) -> dict[str, str]:
    """The stack that a regional team deploys after the consumers' guide: its outputs, queues by their names there."""
    cloudformation = stack.client("cloudformation")
    parameters = {"AnomalyTopic": stack.output("AnomalyTopic"), "Regions": REGION}
    cloudformation.create_stack(
        StackName="equipe",
        TemplateBody=in_the_guide("yaml")[0],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="equipe", WaiterConfig={"Delay": 1})
    (team,) = cloudformation.describe_stacks(StackName="equipe")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in team["Outputs"]}


@pytest.fixture(scope="session")
def severe(stack: Stack, command_line: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A queue subscribed by hand, with the guide's commands; its address."""
    queue: str = stack.client("sqs").create_queue(QueueName="les-plus-graves")["QueueUrl"]
    names = {"FILE": queue, "TOPIC": stack.output("AnomalyTopic")}
    run("sh", in_the_guide("sh")[0], tmp_path_factory.mktemp("commands"), {**command_line, **names})
    return queue


@pytest.fixture(scope="session")
def days(stack: Stack, regional: dict[str, str], severe: str, tmp_path_factory: pytest.TempPathFactory) -> Days:
    """The three days, ingested and reconciled once the subscribers' queues are there; only tests change the stack after."""
    return play(stack, tmp_path_factory.mktemp("drop"))

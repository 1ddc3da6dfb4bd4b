"""The template's functions in process, on the template's own stores in moto, every AWS call of theirs on record."""

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
import jwt
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from quiforme.access.tokens import SCOPES
from quiforme.aws import clients

from tools.in_process.iam import Call, as_calls
from tools.local_stack.emulator import REGION, ROOT
from tools.local_stack.template import all_from_the_drop, defaults, of_type, resolve, template

ACCOUNT = "123456789012"
_TABLE_PROPERTIES = (
    "BillingMode",
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)

Fault = Callable[[str, dict[str, Any]], dict[str, Any] | None]
"""Given an operation and its parameters: raises, or gives the answer in AWS's place, or lets the call through."""


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about one invocation."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str
    remaining_ms: int
    log_stream_name: str = "log"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass
class Cloud:
    """One deployment of the template.

    Attributes:
        names: What the template's names stand for (tools.local_stack.template.resolve).
        calls: Every AWS call made by a function so far.
        faults: What befalls the functions' calls, in turn.
        remaining_ms: How much time Lambda says is left, whenever it is asked.

    """

    names: dict[str, str]
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remaining_ms: int = 900_000
    _running: str = ""
    _requests: int = 0

    def function(self, name: str) -> "Function":
        """A fresh process of a function: its module is loaded anew, with the environment that the template gives it."""
        return Function(self, name)

    def invoke(self, name: str, event: Any) -> Any:
        """One event through a fresh process of a function."""
        return self.function(name)(event)

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        """A fault while the block runs."""
        self.faults.append(fault)
        try:
            yield
        finally:
            self.faults.remove(fault)

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Whatever AWS is asked for in the block is asked for by this function."""
        self._running = name
        try:
            yield
        finally:
            self._running = ""

    def context(self, name: str, memory: int) -> Context:
        """A new invocation."""
        self._requests += 1
        return Context(self.names[name], memory, f"request-{self._requests}", self.remaining_ms)

    def before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Of every call: put it on record, then let the faults have it."""
        if not self._running:
            return
        service = str(model.service_model.service_id.hyphenize())
        self.calls += as_calls(self._running, service, model.name, params, self.names)
        for fault in list(self.faults):
            answer = fault(model.name, params)
            if answer is not None:
                context["faked"] = answer
                return

    def answer(self, context: dict[str, Any], **_: Any) -> Any:
        """The answer that a fault gave, if it did."""
        return (AWSResponse("", 200, HTTPHeaders(), None), context["faked"]) if "faked" in context else None

    def fill(self, folder: Path) -> None:
        """Lay a folder's files in the drop as ops do."""
        bucket, _, prefix = resolve(template()["Outputs"]["Drop"]["Value"], self.names)[5:].partition("/")
        s3 = boto3.client("s3")
        for path in sorted(folder.iterdir()):
            day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
            s3.put_object(
                Bucket=bucket,
                Key=prefix + path.name,
                Body=path.read_bytes(),
                Metadata={"date-donnees": day.isoformat()},
            )

    def drain(self, queue: str) -> list[dict[str, Any]]:
        """Take every message off a queue, its attributes with it."""
        sqs = boto3.client("sqs")
        messages: list[dict[str, Any]] = []
        while received := sqs.receive_message(
            QueueUrl=self.names[queue], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            messages += [dict(message) for message in received]
            sqs.delete_message_batch(
                QueueUrl=self.names[queue],
                Entries=[
                    {"Id": str(rank), "ReceiptHandle": message["ReceiptHandle"]}
                    for rank, message in enumerate(received)
                ],
            )
        return messages

    def pump(self, queue: str, function: str) -> None:
        """Feed a function with its queue as Lambda does, and with its rights, until nothing is left.

        What it says that it could not take comes again, at once, until the queue sets it aside.
        """
        sqs, url = boto3.client("sqs"), self.names[queue]
        take = self.function(function)
        while True:
            with self.running(function):
                told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
                messages = sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
                ).get("Messages", [])
            if not messages:
                return
            answer = take({"Records": [record_of(dict(message), told["QueueArn"]) for message in messages]})
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for message in messages:
                handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
                if message["MessageId"] in failed:
                    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
                else:
                    with self.running(function):
                        sqs.delete_message(**handle)

    def token(self, **changes: Any) -> str:
        """A token that ops issue; any field of their command may be another."""
        order: dict[str, Any] = {"titulaire": "essai", "siret": "00000000000000", "scopes": SCOPES, "months": 1}
        return str(self.invoke("Tokens", {"command": "issue", **order, **changes})["token"])

    def forged(self, **claims: Any) -> str:
        """A registered token that the deployment's own key signs once more, with claims that ops are never given."""
        token = self.token()
        pem = boto3.client("secretsmanager").get_secret_value(SecretId=self.names["SigningKeys"])["SecretString"]
        payload = jwt.decode(token, options={"verify_signature": False}) | claims
        kid = jwt.get_unverified_header(token)["kid"]
        return jwt.encode(payload, pem, algorithm="ES256", headers={"kid": kid})


class Function:
    """One process of a function."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        """Load it as Lambda does at a cold start."""
        properties = of_type("AWS::Serverless::Function")[name]
        shared = template()["Globals"]["Function"]
        variables = {
            **shared.get("Environment", {}).get("Variables", {}),
            **properties.get("Environment", {}).get("Variables", {}),
        }
        self._environment = resolve(variables, cloud.names)
        self._memory = int(properties.get("MemorySize", shared.get("MemorySize")))
        self._cloud, self._name = cloud, name
        module_name, _, handler = properties.get("Handler", shared.get("Handler")).partition(".")
        with self._as_deployed():
            module = _load(ROOT / properties["CodeUri"], module_name)
        self._handler = getattr(module, handler)
        self.globals = vars(module)

    def __call__(self, event: Any) -> Any:
        """One invocation; event and answer pass through JSON, as through Lambda."""
        with self._as_deployed():
            context = self._cloud.context(self._name, self._memory)
            return json.loads(json.dumps(self._handler(json.loads(json.dumps(event)), context)))

    @contextmanager
    def _as_deployed(self) -> Iterator[None]:
        with patch.dict(os.environ, self._environment), self._cloud.running(self._name):
            yield


def _load(folder: Path, name: str) -> ModuleType:
    """A new copy of a function's module; those that it imports from its own folder are new too, as in a new process."""
    known = set(sys.modules)
    with patch.object(sys, "path", [str(folder), *sys.path]):
        spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    for other in sys.modules.keys() - known:
        if Path(getattr(sys.modules[other], "__file__", None) or "/").parent == folder:
            del sys.modules[other]
    return module


@contextmanager
def deployed() -> Iterator[Cloud]:
    """The template's tables, buckets and queues in moto, made with its own properties, and nothing in them."""
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
    with patch.dict(os.environ, credentials), mock_aws():
        boto3.setup_default_session()
        clients.session.cache_clear()
        cloud = Cloud(_names())
        for name, properties in of_type("AWS::DynamoDB::Table").items():
            wanted = {key: value for key, value in properties.items() if key in _TABLE_PROPERTIES}
            boto3.client("dynamodb").create_table(TableName=cloud.names[name], **wanted)
        for name in of_type("AWS::S3::Bucket"):
            boto3.client("s3", "us-east-1").create_bucket(Bucket=cloud.names[name])
        for name in of_type("AWS::SQS::Queue"):
            url = boto3.client("sqs").create_queue(QueueName=cloud.names[f"{name}.QueueName"])["QueueUrl"]
            cloud.names[name] = url
        for name, properties in of_type("AWS::SQS::Queue").items():
            if redrive := properties.get("RedrivePolicy"):
                boto3.client("sqs").set_queue_attributes(
                    QueueUrl=cloud.names[name],
                    Attributes={"RedrivePolicy": json.dumps(resolve(redrive, cloud.names))},
                )
        for name in of_type("AWS::SNS::Topic"):
            cloud.names[name] = boto3.client("sns").create_topic(Name=f"quiforme-{name}")["TopicArn"]
        for subscription in of_type("AWS::SNS::Subscription").values():
            subscribe(cloud, subscription)
        for name in of_type("AWS::SecretsManager::Secret"):
            created = boto3.client("secretsmanager").create_secret(Name=f"quiforme-{name}", SecretString=f"{name} 1")
            cloud.names[name] = created["ARN"]
        assert boto3.DEFAULT_SESSION
        for events in (boto3.DEFAULT_SESSION.events, clients.session().get_component("event_emitter")):
            events.register("before-parameter-build", cloud.before)
            events.register("before-call", cloud.answer)
        yield cloud


def record_of(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    attributes = {
        name: {"dataType": value["DataType"], "stringValue": value["StringValue"]}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue,
        "awsRegion": REGION,
    }


def subscribe(cloud: Cloud, properties: dict[str, Any]) -> None:
    """Make one of the template's subscriptions."""
    wanted = resolve({name: properties[name] for name in ("TopicArn", "Protocol", "Endpoint")}, cloud.names)
    boto3.client("sns").subscribe(
        **wanted, Attributes={"RawMessageDelivery": json.dumps(properties["RawMessageDelivery"])}
    )


def sample(name: str) -> Any:
    """A sample event, as it stands in events/."""
    return json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))


def lookup_event(siret: str, authorizer: dict[str, str] | None = None) -> dict[str, Any]:
    """The sample call, for another SIRET or another caller."""
    event: dict[str, Any] = sample("lookup")
    event["pathParameters"]["siret"] = siret
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    return event


def authorize_event(header: str) -> dict[str, Any]:
    """The sample call of the authorizer, with that Authorization header."""
    event: dict[str, Any] = sample("authorize")
    event["headers"]["Authorization"] = header
    event["multiValueHeaders"]["Authorization"] = [header]
    return event


def _names() -> dict[str, str]:
    names = (
        defaults()
        | all_from_the_drop()
        | {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "quiforme",
        }
    )
    for logical, resource in template()["Resources"].items():
        name = f"quiforme-{logical}"
        match resource["Type"]:
            case "AWS::DynamoDB::Table":
                names |= {logical: name, f"{logical}.Arn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"}
            case "AWS::S3::Bucket":
                names |= {logical: name.lower(), f"{logical}.Arn": f"arn:aws:s3:::{name.lower()}"}
            case "AWS::SQS::Queue":
                arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
                names |= {f"{logical}.QueueName": name, f"{logical}.Arn": arn}  # its address comes from SQS
            case "AWS::Serverless::Function":
                name = f"quiforme-{logical}-1A2B3C4D5E6F"  # as CloudFormation names what has no name
                names |= {logical: name, f"{logical}.Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}
            case _:
                names[logical] = name
    return names

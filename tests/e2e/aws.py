#!/usr/bin/env python3
"""`aws SERVICE OPERATION --param value … [--query …]`: as much of AWS's command line as the guides' examples use.

Parameters are checked against the SDK's own model, so an example that names one wrongly fails. The endpoint and the
credentials are those of the environment.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import Shape

_UNKNOWN = ("InvalidAction", "AWS.SimpleQueueService.UnsupportedOperation")
"""What the emulator says to an operation that it does not know."""


def value_of(text: str, shape: Shape) -> Any:
    """A parameter's value: JSON for what has parts, names with commas between for a list of texts."""
    text = Path(text.removeprefix("file://")).read_text(encoding="utf-8") if text.startswith("file://") else text
    if shape.type_name in ("structure", "map") or (shape.type_name == "list" and text.startswith("[")):
        return json.loads(text)
    if shape.type_name == "list":
        return text.split(",")
    return int(text) if shape.type_name in ("integer", "long") else text


def move(source: str, destination: str) -> None:
    """What StartMessageMoveTask does, which the emulator does not know: by hand, message by message.

    Like it, of the dead letters of a queue only.
    """
    sqs = boto3.client("sqs")
    queues = sqs.list_queues()["QueueUrls"]
    redrives = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes", {}) for url in queues
    ]
    if not any(source in redrive.get("RedrivePolicy", "") for redrive in redrives):
        sys.exit(f"{source} is the dead-letter queue of no queue")
    here, there = (sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"] for arn in (source, destination))
    while messages := sqs.receive_message(QueueUrl=here, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        for message in messages:
            attributes: Any = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=there, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=here, ReceiptHandle=message["ReceiptHandle"])


def main() -> None:
    """Run one command and print its answer as text or JSON."""
    service, operation, *rest = sys.argv[1:]
    given = dict(zip(rest[::2], rest[1::2], strict=True))
    query, as_text = given.pop("--query", None), given.pop("--output", "json") == "text"
    client: Any = boto3.client(service)  # type: ignore[call-overload]  # any service's name
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    # The command line says --notification-endpoint where the API says Endpoint, which is the server's address.
    names = {f"--{xform_name(name, '-')}": name for name in model.input_shape.members}
    names |= {"--notification-endpoint": "Endpoint"} if (service, operation) == ("sns", "subscribe") else {}
    params = {names[name]: value_of(text, model.input_shape.members[names[name]]) for name, text in given.items()}
    try:
        answer = getattr(client, method)(**params)
    except ClientError as error:
        if method != "start_message_move_task" or error.response["Error"]["Code"] not in _UNKNOWN:
            raise
        move(params["SourceArn"], params["DestinationArn"])
        answer = {}
    answer.pop("ResponseMetadata", None)
    found = jmespath.search(query, answer) if query else answer
    print(found if as_text else json.dumps(found, default=str))


if __name__ == "__main__":
    main()

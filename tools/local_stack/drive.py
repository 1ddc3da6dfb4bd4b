"""Drives the stack as its users do: fills the drop, invokes functions, reads answers, drains the queue."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from tools.local_stack.deploy import Stack

PATH = "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences"
QUERY = {"context": "essai local", "object": "make run", "recipient": "00000000000000"}


def fill(stack: Stack, folder: Path) -> int:
    """Upload a folder's files to the drop, dated by their modification time; returns their number."""
    bucket, _, prefix = stack.drop.removeprefix("s3://").partition("/")
    s3 = stack.client("s3")
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    for path in files:
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        s3.upload_file(str(path), bucket, prefix + path.name, ExtraArgs={"Metadata": {"date-donnees": day.isoformat()}})
    return len(files)


def invoke(stack: Stack, function: str, day: date) -> dict[str, Any]:
    """Invoke ingest or reconcile for a day and wait for its summary."""
    scheduled = datetime.combine(day, time(4), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return call(stack, function, {"scheduled_time": scheduled})


def call(stack: Stack, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke a function and wait for its answer; raises Failed with what it raised."""
    return stack.call(function, event)


def get(
    stack: Stack,
    siret: str,
    *,
    query: Mapping[str, str] = QUERY,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Look a SIRET up over HTTP: status, headers (lower-cased), body."""
    sent = {"Authorization": f"Bearer {stack.token}"} if headers is None else headers
    return http(stack, "GET", PATH.format(siret=urllib.parse.quote(siret, safe="")), query=query, headers=sent)


def http(
    stack: Stack,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Any call of the API: status, headers (lower-cased), body."""
    url = f"{stack.api_url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
    request = urllib.request.Request(url, headers=dict(headers or {}), method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def drain(stack: Stack, queue: str | None = None) -> list[dict[str, Any]]:
    """Receive and delete every message of a queue, by default the network's."""
    sqs, url = stack.client("sqs"), queue or stack.anomaly_queue_url
    events: list[dict[str, Any]] = []
    while True:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
            "Messages", []
        )
        if not messages:
            return events
        events += [json.loads(message["Body"]) for message in messages]
        sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(rank), "ReceiptHandle": message["ReceiptHandle"]} for rank, message in enumerate(messages)
            ],
        )

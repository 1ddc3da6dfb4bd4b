"""One process of a form: `python -m tools.bench.lookup.process FORM CALLS` answers once, then CALLS times more.

It prints a line after the first answer, then the seconds per later answer. A stub answers in DynamoDB's place.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SIRET = "99000010100016"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "eu-west-3",
    "AWS_EC2_METADATA_DISABLED": "true",
    "DOCUMENTS_TABLE": "documents",
    "DAYS_TABLE": "days",
    "STATE_TABLE": "state",
    "ACCESS_TABLE": "access",
    "FOLLOW_UP_TABLE": "follow-up",
    "BUCKET": "bucket",
    "CONNECTOR_SECRET": "secret",
    "HISTORY_DAYS": "3650",
}


def main() -> None:
    """Answer, and report the times."""
    form, calls, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    os.environ.update(ENVIRONMENT)
    text = (folder / f"{form}.py").read_text()
    stored = json.loads((folder / "stored.json").read_text())
    event = json.loads((folder / "event.json").read_text())
    module: dict[str, Any] = {"__name__": form}
    exec(compile(text, form, "exec"), module)
    _stub(stored)
    handler: Callable[[Any, Any], dict[str, Any]] = module["handler"]
    context = SimpleNamespace(
        function_name="f", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="r"
    )
    answer = handler(event, context)
    assert answer["statusCode"] == 200, answer
    assert SIRET in answer["body"]
    sys.stderr.write("answered\n")
    sys.stderr.flush()
    if calls:
        through = _seconds(lambda: handler(event, context), calls)
        _do_without_the_sdk(stored, plain=form == "stock")
        sys.stderr.write(json.dumps([through, _seconds(lambda: handler(event, context), calls)]))


def _seconds(call: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def _stub(stored: dict[str, Any]) -> None:
    """Answer in DynamoDB's place, where the SDK opens a connection."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders
    from botocore.httpsession import URLLib3Session

    bodies = {f"DynamoDB_20120810.{name}": json.dumps(content).encode() for name, content in stored.items()}

    def send(_: Any, request: Any) -> Any:
        target = request.headers["X-Amz-Target"]
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
        response._content = bodies[target.decode() if isinstance(target, bytes) else target]
        return response

    URLLib3Session.send = send  # type: ignore[assignment,method-assign]  # no network here


def _do_without_the_sdk(stored: dict[str, Any], *, plain: bool) -> None:
    """Answer where a handler calls its client, without the SDK; a resource's client answers plain values."""
    from boto3.dynamodb.types import TypeDeserializer
    from botocore.client import BaseClient

    def read(content: Any) -> Any:
        if isinstance(content, list):
            return [read(one) for one in content]
        if not isinstance(content, dict):
            return content
        if all(isinstance(one, dict) and next(iter(one)) in ("S", "N") for one in content.values()):
            return {name: TypeDeserializer().deserialize(one) for name, one in content.items()}
        return {name: read(one) for name, one in content.items()}

    answers = read(stored) if plain else stored
    setattr(BaseClient, "_make_api_call", lambda _, operation, __: answers[operation])  # noqa: B010  # not in the stubs


if __name__ == "__main__":
    main()

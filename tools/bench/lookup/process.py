"""One process of a form: `python process.py CALL CALLS` answers once, then CALLS times more.

CALL is a JSON file: the event, what DynamoDB answers by operation (GetItem by operation and key), and a text of the answer.
It prints the seconds of processor time from the process's start to its first answer, then the seconds per later answer.
It runs in a function's environment, without this project's packages; a stub answers in DynamoDB's place.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any


def main() -> None:
    """Answer, and report the times."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  # importing pathlib would add to the floor
        call = json.load(file)
    calls, event, stored = int(sys.argv[2]), call["event"], call["stored"]
    handler = import_module("app").handler  # the function's own

    _stub(stored)
    context = SimpleNamespace(
        function_name="f", memory_limit_in_mb=1024, invoked_function_arn="arn", aws_request_id="r"
    )
    answer = handler(event, context)
    seconds = time.process_time()
    assert call["expected"] in json.dumps(answer), answer
    sys.stderr.write(f"answered {seconds}\n")
    if calls:
        through = _seconds(lambda: handler(event, context), calls)
        _do_without_the_sdk(stored, plain="stock" in sys.argv[1])
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

    bodies = {name: json.dumps(content).encode() for name, content in stored.items()}

    def send(_: Any, request: Any) -> Any:
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).partition(".")[2]
        response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
        response._content = bodies[_place(operation, json.loads(request.body))]
        return response

    URLLib3Session.send = send  # type: ignore[assignment,method-assign]  # no network here


def _place(operation: str, parameters: dict[str, Any]) -> str:
    """Where the answer to an operation is in what is stored."""
    if operation != "GetItem":
        return operation
    key = parameters["Key"]["id"]
    return f"GetItem {key['S'] if isinstance(key, dict) else key}"


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
    setattr(BaseClient, "_make_api_call", lambda _, name, given: answers[_place(name, given)])  # noqa: B010  # not in the stubs


if __name__ == "__main__":
    main()

"""Lambda: a function that invokes itself."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class AsyncInvoker:
    """Invokes one function without waiting for its answer."""

    def __init__(self, client: "LambdaClient", function_name: str) -> None:
        """Take the client and the function's name."""
        self._client = client
        self._function_name = function_name

    def __call__(self, event: dict[str, Any]) -> None:
        """Invoke the function with an event."""
        self._client.invoke(
            FunctionName=self._function_name, InvocationType="Event", Payload=json.dumps(event).encode()
        )

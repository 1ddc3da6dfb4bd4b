"""The one line of JSON that a function which a caller waits for writes to its log.

It has the names of Powertools' logger, whose import would take a good part of a cold start (docs/lookup-speed.md).
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from quiforme.json_text import compact


def write_line(level: str, message: str, fields: Mapping[str, object], *, service: str, request_id: str) -> None:
    """Write the line on standard output, which the runtime sends to the log.

    Args:
        level: `INFO` or `ERROR`.
        message: What happened.
        fields: What else the line says.
        service: The function.
        request_id: Of the invocation.

    """
    line = {
        "level": level,
        "message": message,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "service": service,
        "function_request_id": request_id,
        "xray_trace_id": os.environ.get("_X_AMZN_TRACE_ID"),
        **fields,
    }
    sys.stdout.write(compact(line) + "\n")

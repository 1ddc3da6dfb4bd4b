"""Request bodies: JSON in UTF-8, with its media type, of a limited size."""

import json
from typing import Any

from quiforme.api.http import Request
from quiforme.errors import TOO_LARGE, UNREADABLE_BODY, WRONG_MEDIA_TYPE, ApiError


def read_object(request: Request, largest: int) -> dict[str, Any] | None:
    """The JSON object in a request's body; None when the body is another JSON value.

    Args:
        request: The call.
        largest: The largest size accepted, in bytes.

    Raises:
        ApiError: 415, 413 or 400.

    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(415, WRONG_MEDIA_TYPE)
    if len(request.body) > largest:
        raise ApiError(413, TOO_LARGE)
    try:
        content = json.loads(request.body.decode())
    except (ValueError, RecursionError) as error:
        raise ApiError(400, UNREADABLE_BODY) from error
    return content if isinstance(content, dict) else None

"""JSON as a text: of answers and of lines of a log."""

import json

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(content: object) -> str:
    """Compact JSON text. A lone surrogate, which JSON can hold and UTF-8 cannot, becomes `?`."""
    text = _ENCODER.encode(content)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()

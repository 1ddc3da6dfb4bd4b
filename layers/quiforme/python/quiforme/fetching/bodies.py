"""The body of a response: complete, decoded, within its limit, and not an HTML page.

gzip is decoded here and not by urllib3, which takes a truncated gzip for a complete one.
"""

import re
import zlib
from collections.abc import Iterator

from urllib3 import BaseHTTPResponse

from quiforme.snapshot.ports import Unfetchable

_PIECE = 1 << 18
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.I | re.S)
_HTML_TYPES = ("text/html", "application/xhtml+xml")


class Broken(Exception):
    """The body is incomplete or damaged; another attempt may help."""


def pieces(answer: BaseHTTPResponse, *, limit_bytes: int) -> Iterator[bytes]:
    """The body in pieces, decoded when it is gzip.

    Args:
        answer: A response whose body is unread.
        limit_bytes: The most bytes accepted, decoded.

    Raises:
        Broken: The gzip is truncated or damaged.
        HTTPError: The connection broke off, or fewer bytes came than were announced.
        Unfetchable: Too long, or in an encoding that was not requested.

    """
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise Unfetchable("fetch_failed", detail=f"it comes encoded as {encoding[:40]!r}, which was not asked for")
    raw = _raw(answer, limit_bytes=limit_bytes)
    total = 0
    for piece in raw if encoding == "identity" else _gunzipped(raw):
        total += len(piece)
        if total > limit_bytes:
            raise _too_long(limit_bytes)
        yield piece


def refuse_html(content_type: str, start: bytes) -> None:
    """Refuse an HTML page: portals answer 200 with one when something is wrong.

    Args:
        content_type: The Content-Type header.
        start: The first bytes of the body.

    """
    if content_type.partition(";")[0].strip().lower() in _HTML_TYPES or _HTML.match(start[:1024]):
        raise Unfetchable("html_page")


def _raw(answer: BaseHTTPResponse, *, limit_bytes: int) -> Iterator[bytes]:
    """The undecoded bytes; urllib3 raises when fewer come than were announced."""
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise _too_long(limit_bytes)
    while piece := answer.read(_PIECE):
        yield piece


def _gunzipped(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Decoded in bounded pieces, so that a bomb reaches the limit before it fills the memory."""
    unpacker = zlib.decompressobj(wbits=31)
    started = False
    try:
        for piece in raw:
            started = True
            packed = piece
            while packed:
                if unpacker.eof:  # several gzip members may follow each other
                    unpacker = zlib.decompressobj(wbits=31)
                if unpacked := unpacker.decompress(packed, _PIECE):
                    yield unpacked
                packed = unpacker.unconsumed_tail or unpacker.unused_data
        while unpacked := unpacker.decompress(unpacker.unconsumed_tail, _PIECE):
            yield unpacked
    except zlib.error as error:
        raise Broken("its gzip is damaged") from error
    if started and not unpacker.eof:
        raise Broken("its gzip breaks off")


def _too_long(limit_bytes: int) -> Unfetchable:
    return Unfetchable("fetch_failed", detail=f"it is longer than {limit_bytes:,} bytes, the most this file may be")

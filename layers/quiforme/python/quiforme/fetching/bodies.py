"""The body of an answer: whole, unpacked, no longer than allowed, and not a page for humans."""

import re
import zlib
from collections.abc import Iterator

from urllib3 import BaseHTTPResponse

from quiforme.snapshot.ports import Unfetchable

_PIECE = 1 << 18
_HTML = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html)\b", re.I | re.S)
_HTML_TYPES = ("text/html", "application/xhtml+xml")


class Broken(Exception):
    """The body did not come whole; asking again may help."""


def pieces(answer: BaseHTTPResponse, *, limit_bytes: int) -> Iterator[bytes]:
    """The body, piece by piece, unpacked when it travelled as gzip.

    Args:
        answer: An answer whose body was not read yet.
        limit_bytes: The most that may come, once unpacked.

    Raises:
        Broken: The gzip is cut or damaged.
        HTTPError: The connection broke off, or fewer bytes came than were announced.
        Unfetchable: Too long, or packed in a way that was not asked for.

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
    """Refuse a page for humans given as a file, which is how portals say that something is wrong.

    Args:
        content_type: The header.
        start: The first bytes of the body.

    """
    if content_type.partition(";")[0].strip().lower() in _HTML_TYPES or _HTML.match(start[:1024]):
        raise Unfetchable("html_page")


def _raw(answer: BaseHTTPResponse, *, limit_bytes: int) -> Iterator[bytes]:
    """The bytes as they travel; the library raises when fewer come than were announced."""
    announced = answer.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise _too_long(limit_bytes)
    while piece := answer.read(_PIECE):
        yield piece


def _gunzipped(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Unpacked in bounded pieces, so that a bomb meets the limit before it fills the memory."""
    unpacker = zlib.decompressobj(wbits=31)
    begun = False
    try:
        for piece in raw:
            begun = True
            packed = piece
            while packed:
                if unpacker.eof:  # a gzip may be several, one after the other
                    unpacker = zlib.decompressobj(wbits=31)
                if unpacked := unpacker.decompress(packed, _PIECE):
                    yield unpacked
                packed = unpacker.unconsumed_tail or unpacker.unused_data
        while unpacked := unpacker.decompress(unpacker.unconsumed_tail, _PIECE):
            yield unpacked
    except zlib.error as error:
        raise Broken("its gzip is damaged") from error
    if begun and not unpacker.eof:
        raise Broken("its gzip breaks off")


def _too_long(limit_bytes: int) -> Unfetchable:
    return Unfetchable("fetch_failed", detail=f"it is longer than {limit_bytes:,} bytes, the most this file may be")

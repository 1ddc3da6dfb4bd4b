"""A polite HTTP client: https, patient with failures, obedient to Retry-After, and always done in time."""

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin

from urllib3 import BaseHTTPResponse, encode_multipart_formdata
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from quiforme.fetching.bodies import Broken, pieces, refuse_html
from quiforme.fetching.connections import Lifeline, checked, exchange, origin, shown
from quiforme.snapshot.ports import Unfetchable

USER_AGENT = "Quiforme (reads the open data on training bodies, once a day)"
_ATTEMPTS = 5
_REDIRECTS = 5
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_PASSING = frozenset({429, 500, 502, 503, 504})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_AS_IT_IS = frozenset({307, 308})
_IN_WORDS: tuple[tuple[type[HTTPError], str], ...] = (  # the first that fits
    (NameResolutionError, "its host has no address"),
    (NewConnectionError, "its host takes no connection"),
    (ConnectTimeoutError, "its host cannot be reached"),
    (ReadTimeoutError, "it stays silent"),
    (SSLError, "no secure connection can be made"),
)

T = TypeVar("T")
Field = str | tuple[str, bytes, str]
"""A form's field: its text, or a file as (name, content, media type)."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A small answer, whole.

    Attributes:
        status: Final: neither a redirect nor a failure that passes. A 4xx is for the caller to judge.
        headers: By name, whatever its case.
        body: Unpacked.

    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Download:
    """A file that now stands where it was wanted.

    Attributes:
        url: Where it came from in the end, redirects followed.
        headers: By name, whatever its case.
        tag: Its ETag, else its Last-Modified, else ``sha256:`` and the digest of its content.
        fetched: Whether the target holds it; not when it is the one known.
        sha256: The digest of its content, if it came.

    """

    url: str
    headers: Mapping[str, str]
    tag: str
    fetched: bool
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class _Passing(Exception):
    """It failed in a way that often passes; `after` is how long the server asks to wait, in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Http:
    """Fetches over https, for one run.

    A request that failed in passing is sent again: GETs, and POSTs that only ask.

    Args:
        budget_s: Seconds for everything this client does, counted from its making.
        request_budget_s: Seconds for one answer, redirects, pauses and new attempts included.
        clock: Seconds that only grow.
        now: The time of day, for a Retry-After that is a date.
        sleep: Pauses for some seconds.
        chance: A number from 0 to 1, which spreads the pauses.

    """

    def __init__(
        self,
        *,
        budget_s: float,
        request_budget_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self.now = now
        self._end = clock() + budget_s
        self._request_budget_s = request_budget_s

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit_bytes: int) -> HttpAnswer:
        """A small answer.

        Args:
            url: The address; keys belong in headers.
            headers: Sent to this host only, not to where it redirects.
            limit_bytes: The most that may come.

        Raises:
            Unfetchable: There is no whole answer in time.

        """
        return self._persist(_Request("GET", url, headers or {}), lambda answer, _: _whole(answer, limit_bytes))

    def head(self, url: str) -> HttpAnswer:
        """What a GET would say of a file, without the file.

        Raises:
            Unfetchable: There is no answer in time.

        """
        return self._persist(
            _Request("HEAD", url, {}), lambda answer, _: HttpAnswer(answer.status, answer.headers, b"")
        )

    def post(
        self, url: str, *, fields: Mapping[str, Field], headers: Mapping[str, str] | None = None, limit_bytes: int
    ) -> HttpAnswer:
        """A small answer to a form: multipart when a field is a file, else urlencoded.

        Raises:
            Unfetchable: There is no whole answer in time.

        """
        if any(isinstance(field, tuple) for field in fields.values()):
            body, content_type = encode_multipart_formdata(fields)
        else:
            body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        request = _Request("POST", url, {**(headers or {}), "Content-Type": content_type}, body)
        return self._persist(request, lambda answer, _: _whole(answer, limit_bytes))

    def download(self, url: str, target: Path, *, known: str | None = None, limit_bytes: int) -> Download:
        """Copy a file to `target`, unless it is the one known by its tag; on failure nothing stands there.

        Raises:
            Unfetchable: It cannot be had whole, in time.

        """
        request = _Request("GET", url, _conditions(known))
        try:
            download = self._persist(request, lambda answer, at: _copy(answer, at, target, known, limit_bytes))
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if not download.fetched:
            target.unlink(missing_ok=True)
        return download

    def _persist(self, request: _Request, receive: Callable[[BaseHTTPResponse, str], T]) -> T:
        """Try a few times, within the budgets."""
        end = min(self._end, self._clock() + self._request_budget_s)
        for attempt in range(1, _ATTEMPTS + 1):
            left = end - self._clock()
            if left <= 0:
                raise _failed(request.url, "the time for it is used up")
            try:
                return self._follow(request, receive, left)
            except _Passing as failure:
                if attempt == _ATTEMPTS:
                    raise _failed(request.url, f"{failure}, {attempt} times over") from failure
                self._pause(request, failure, attempt, end)
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, request: _Request, failure: _Passing, attempt: int, end: float) -> None:
        """Back off: twice as long each time, any part of it, so that clients do not come back together."""
        pause = self._chance() * min(_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S) + (failure.after or 0.0)
        if self._clock() + pause >= end:
            asked = f", and it asks to come back in {failure.after:.0f} s" if failure.after else ""
            raise _failed(
                request.url, f"{failure}{asked}: no time is left to, it is put off to the next run"
            ) from failure
        self._sleep(pause)

    def _follow(self, request: _Request, receive: Callable[[BaseHTTPResponse, str], T], seconds: float) -> T:
        """One attempt: from redirect to redirect, each one checked, to the answer."""
        address, body = request.url, request.body
        start = checked(address)
        with Lifeline(seconds) as lifeline:
            for _ in range(_REDIRECTS + 1):
                url = checked(address)
                if (start.scheme, url.scheme) == ("https", "http"):  # this machine's own services, say
                    raise _failed(request.url, "it redirects out of https")
                headers = dict(request.headers) if origin(url) == origin(start) else _without_keys(request.headers)
                headers |= {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
                try:
                    with exchange(url, request.method, headers, body, lifeline) as answer:
                        moved = self._moved(answer, request)
                        if moved is None:
                            received = receive(answer, address)
                            if lifeline.cut:  # a body without a length ends like a whole one
                                raise Broken("it was cut")
                            return received
                except (Unfetchable, HTTPError, Broken) as error:
                    if lifeline.cut:
                        raise _failed(address, "too slow, the time for it is used up") from error
                    if isinstance(error, Unfetchable):
                        facts = {**error.refusal.facts, "address": shown(address)}
                        raise Unfetchable(error.refusal.code, **facts) from error
                    raise _Passing(_in_words(error)) from error
                address = urljoin(address, moved)
            raise _failed(request.url, f"more than {_REDIRECTS} redirects")

    def _moved(self, answer: BaseHTTPResponse, request: _Request) -> str | None:
        """Where the answer sends us, if it does."""
        if answer.status in _PASSING:
            raise _Passing(f"it answers {answer.status}", self._after(answer.headers.get("Retry-After")))
        if answer.status not in _MOVED:
            return None
        target = answer.headers.get("Location")
        if not target:
            raise Unfetchable("fetch_failed", detail="it redirects to nowhere")
        if request.method == "POST" and answer.status not in _MOVED_AS_IT_IS:
            raise Unfetchable("fetch_failed", detail=f"it redirects a form with {answer.status}")
        return target

    def _after(self, header: str | None) -> float | None:
        """The seconds of a Retry-After; a value that says nothing counts as none."""
        text = (header or "").strip()
        if text.isdigit():
            return float(text)
        date = as_date(text)
        return max((date - self.now()).total_seconds(), 0.0) if date else None


def _failed(address: str, detail: str) -> Unfetchable:
    return Unfetchable("fetch_failed", address=shown(address), detail=detail)


def as_date(header: str | None) -> datetime | None:
    """The instant of an HTTP date; None when there is none."""
    try:
        date = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _whole(answer: BaseHTTPResponse, limit_bytes: int) -> HttpAnswer:
    body = b"".join(pieces(answer, limit_bytes=limit_bytes))
    if 200 <= answer.status < 300:
        refuse_html(answer.headers.get("Content-Type", ""), body)
    return HttpAnswer(answer.status, answer.headers, body)


def _copy(answer: BaseHTTPResponse, address: str, target: Path, known: str | None, limit_bytes: int) -> Download:
    if answer.status == 304 and known:
        return Download(address, answer.headers, known, fetched=False)
    if answer.status != 200:
        raise Unfetchable("fetch_failed", detail=f"it answers {answer.status}")
    digest = hashlib.sha256()
    with target.open("wb") as copy:
        for piece in _not_html(answer, pieces(answer, limit_bytes=limit_bytes)):
            digest.update(piece)
            copy.write(piece)
    tag = _tag(answer.headers) or f"sha256:{digest.hexdigest()}"
    return Download(address, answer.headers, tag, fetched=tag != known, sha256=digest.hexdigest())


def _not_html(answer: BaseHTTPResponse, body: Iterator[bytes]) -> Iterator[bytes]:
    start = next(body, b"")
    refuse_html(answer.headers.get("Content-Type", ""), start)
    if not start:
        raise Unfetchable("fetch_failed", detail="the file is empty")
    yield start
    yield from body


def _tag(headers: Mapping[str, str]) -> str | None:
    """What the server tells versions apart by; an ETag without its quotes is none."""
    etag, modified = headers.get("ETag", "").strip(), headers.get("Last-Modified", "").strip()
    if etag.endswith('"') and etag.startswith(('"', 'W/"')):
        return etag
    return modified if as_date(modified) else None


def _conditions(known: str | None) -> dict[str, str]:
    if not known or known.startswith("sha256:"):
        return {}
    return {"If-None-Match" if known.endswith('"') else "If-Modified-Since": known}


def _without_keys(headers: Mapping[str, str]) -> dict[str, str]:
    """What may be sent to another host than the one asked."""
    harmless = ("accept", "content-type", "if-none-match", "if-modified-since", "x-fields")
    return {name: value for name, value in headers.items() if name.lower() in harmless}


def _in_words(error: Exception) -> str:
    """What went wrong on the way, without the address that the library's own messages hold."""
    if isinstance(error, Broken):
        return str(error)
    return next((words for kind, words in _IN_WORDS if isinstance(error, kind)), "the connection breaks off")

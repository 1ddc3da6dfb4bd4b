"""The HTTP client: https only, transient failures retried, Retry-After respected, a total deadline.

urllib3's `Retry` counts the attempts, computes the pauses and reads Retry-After. It cannot drive the requests itself:
it sleeps without knowing the deadline, and it never sees a body that breaks off, since bodies are streamed.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin

from urllib3 import BaseHTTPResponse, Retry, encode_multipart_formdata
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.retry import RequestHistory

from quiforme.fetching.bodies import Broken, pieces, refuse_html
from quiforme.fetching.connections import Lifeline, checked, exchange, origin, shown
from quiforme.snapshot.ports import Unfetchable

USER_AGENT = "Quiforme (reads the open data on training bodies, once a day)"
_ATTEMPTS = 5
_RETRIES = Retry(
    _ATTEMPTS - 1,
    allowed_methods=None,  # POST as well: the services' POSTs are queries
    status_forcelist=(429, 500, 502, 503, 504),
    backoff_factor=0.5,
    backoff_jitter=1.0,
    history=(RequestHistory(None, None, None, None, None),),
)
"""Pauses of 1, 2, 4 and 8 seconds, plus up to 1 of jitter.

By itself, Retry does not wait before the second attempt, not even after a 429: the failure in `history` makes it wait.
"""
_REDIRECTS = 5
_SAME_METHOD_REDIRECTS = frozenset({307, 308})
_DESCRIPTIONS: tuple[tuple[type[HTTPError], str], ...] = (  # the first that matches
    (NameResolutionError, "its host has no address"),
    (NewConnectionError, "its host takes no connection"),
    (ConnectTimeoutError, "its host cannot be reached"),
    (ReadTimeoutError, "it stays silent"),
    (SSLError, "no secure connection can be made"),
)
_NO_CONNECTION = (NameResolutionError, NewConnectionError, ConnectTimeoutError, SSLError)

T = TypeVar("T")
Field = str | tuple[str, bytes, str]
"""A form's field: its text, or a file as (name, content, media type)."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A response whose body is in memory.

    Attributes:
        status: Neither a redirect nor a transient failure. The caller handles a 4xx.
        headers: By name, case-insensitive.
        body: Decoded.

    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Download:
    """The outcome of a download.

    Attributes:
        url: The final URL, redirects followed.
        headers: By name, case-insensitive.
        tag: The ETag, else the Last-Modified, else ``sha256:`` and the digest of the content.
        fetched: Whether the target has the file; False when it is the known version.
        sha256: The digest of the content; None after a 304.

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


class Unavailable(Unfetchable):
    """The server asks to wait, or takes no connection: no other request would do better now."""


class _Transient(Exception):
    """A failure worth another attempt.

    Attributes:
        retry_after: The server's Retry-After, in seconds.
        kind: What it becomes when there is no other attempt.

    """

    def __init__(self, reason: str, retry_after: float | None = None, *, unavailable: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.kind = Unavailable if unavailable or retry_after else Unfetchable


class Http:
    """The client of one run.

    Args:
        budget_s: Seconds for all requests together, counted from now.
        request_budget_s: Seconds for one request, its redirects, pauses and new attempts included.
        clock: A monotonic clock, in seconds.
        now: The current time, for callers that date what they fetch.
        sleep: Waits for some seconds.

    """

    def __init__(
        self,
        *,
        budget_s: float,
        request_budget_s: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self.now = now
        self._end = clock() + budget_s
        self._request_budget_s = request_budget_s

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit_bytes: int) -> HttpAnswer:
        """GET a body that fits in memory.

        Args:
            url: The URL; keys belong in headers.
            headers: Keys among them are sent to this host only, not to another one it redirects to.
            limit_bytes: The largest body accepted, decoded.

        Raises:
            Unfetchable: No complete response in time.

        """
        return self._send(_Request("GET", url, headers or {}), lambda answer, _: _whole(answer, limit_bytes))

    def head(self, url: str) -> HttpAnswer:
        """HEAD: the status and headers only.

        Raises:
            Unfetchable: No response in time.

        """
        return self._send(_Request("HEAD", url, {}), lambda answer, _: HttpAnswer(answer.status, answer.headers, b""))

    def post(
        self, url: str, *, fields: Mapping[str, Field], headers: Mapping[str, str] | None = None, limit_bytes: int
    ) -> HttpAnswer:
        """POST a form, multipart when a field is a file, else urlencoded; the response fits in memory.

        The request must be safe to repeat. `headers` and `limit_bytes` are those of `get`.

        Raises:
            Unfetchable: No complete response in time.

        """
        if any(isinstance(field, tuple) for field in fields.values()):
            body, content_type = encode_multipart_formdata(fields)
        else:
            body, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
        request = _Request("POST", url, {**(headers or {}), "Content-Type": content_type}, body)
        return self._send(request, lambda answer, _: _whole(answer, limit_bytes))

    def download(self, url: str, target: Path, *, known: str | None = None, limit_bytes: int) -> Download:
        """Download a file to `target`, unless it is the known version; `target` exists only after a fetch.

        Args:
            url: The URL.
            target: The path to write to.
            known: The tag of the version that is known; the request is conditional on it.
            limit_bytes: The largest file accepted, decoded.

        Raises:
            Unfetchable: The file cannot be fetched completely in time.

        """
        request = _Request("GET", url, _conditions(known))
        try:
            download = self._send(request, lambda answer, at: _copy(answer, at, target, known, limit_bytes))
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if not download.fetched:
            target.unlink(missing_ok=True)
        return download

    def _send(self, request: _Request, receive: Callable[[BaseHTTPResponse, str], T]) -> T:
        """Send a request, again after transient failures, until the attempts or the budgets are used up."""
        end = min(self._end, self._clock() + self._request_budget_s)
        retries = _RETRIES
        while True:
            left = end - self._clock()
            if left <= 0:
                raise _failed(request.url, "the time for it is used up")
            try:
                return self._attempt(request, receive, left)
            except _Transient as failure:
                try:
                    retries = retries.increment(request.method, error=failure)
                except MaxRetryError:
                    raise _failed(request.url, f"{failure}, {_ATTEMPTS} times over", failure.kind) from failure
                self._pause(request, failure, retries, end)

    def _pause(self, request: _Request, failure: _Transient, retries: Retry, end: float) -> None:
        """Wait as long as the server asks, else for the back-off; give up at once when the deadline comes first."""
        pause = failure.retry_after or retries.get_backoff_time()
        if self._clock() + pause >= end:
            asked = f", and it asks to come back in {failure.retry_after:.0f} s" if failure.retry_after else ""
            raise _failed(
                request.url, f"{failure}{asked}: no time is left to, it is put off to the next run", failure.kind
            ) from failure
        self._sleep(pause)

    def _attempt(self, request: _Request, receive: Callable[[BaseHTTPResponse, str], T], seconds: float) -> T:
        """One attempt: follow the redirects to the response.

        urllib3's own redirects would not do: https is to be checked before each of them, a form must not be sent on
        after a 302, and they count against the attempts.
        """
        address, body = request.url, request.body
        start = checked(address)
        with Lifeline(seconds) as lifeline:
            for _ in range(_REDIRECTS + 1):
                url = checked(address)
                if (start.scheme, url.scheme) == ("https", "http"):  # checked() lets http to this machine through
                    raise _failed(request.url, "it redirects out of https")
                headers = dict(request.headers) if origin(url) == origin(start) else _without_keys(request.headers)
                headers |= {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
                try:
                    with exchange(url, request.method, headers, body, lifeline) as answer:
                        location = _redirect(answer, request)
                        if location is None:
                            received = receive(answer, address)
                            if lifeline.cut:  # a body without a length ends like a complete one
                                raise Broken("it was cut")
                            return received
                except (Unfetchable, HTTPError, Broken) as error:
                    if lifeline.cut:
                        raise _failed(address, "too slow, the time for it is used up") from error
                    if isinstance(error, Unfetchable):
                        facts = {**error.refusal.facts, "address": shown(address)}
                        raise Unfetchable(error.refusal.code, **facts) from error
                    raise _Transient(_description(error), unavailable=isinstance(error, _NO_CONNECTION)) from error
                address = urljoin(address, location)
            raise _failed(request.url, f"more than {_REDIRECTS} redirects")


def _redirect(answer: BaseHTTPResponse, request: _Request) -> str | None:
    """The location that the response redirects to, if it does."""
    if _RETRIES.is_retry(request.method, answer.status):
        throttled = answer.status == HTTPStatus.TOO_MANY_REQUESTS
        raise _Transient(f"it answers {answer.status}", _retry_after(answer), unavailable=throttled)
    location = answer.get_redirect_location()
    if location is False:
        return None
    if not location:
        raise Unfetchable("fetch_failed", detail="it redirects to nowhere")
    if request.method == "POST" and answer.status not in _SAME_METHOD_REDIRECTS:
        raise Unfetchable("fetch_failed", detail=f"it redirects a form with {answer.status}")
    return location


def _retry_after(answer: BaseHTTPResponse) -> float | None:
    """The seconds of a Retry-After; None when it is absent or malformed."""
    try:
        return _RETRIES.get_retry_after(answer)
    except (InvalidHeader, ValueError, OverflowError):  # a date out of range raises the latter two
        return None


def _failed(address: str, detail: str, kind: type[Unfetchable] = Unfetchable) -> Unfetchable:
    return kind("fetch_failed", address=shown(address), detail=detail)


def as_date(header: str | None) -> datetime | None:
    """The instant of an HTTP date; None when the header is absent or malformed."""
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
    """The validator of this version: the ETag, if it has its quotes, else the Last-Modified."""
    etag, modified = headers.get("ETag", "").strip(), headers.get("Last-Modified", "").strip()
    if etag.endswith('"') and etag.startswith(('"', 'W/"')):
        return etag
    return modified if as_date(modified) else None


def _conditions(known: str | None) -> dict[str, str]:
    if not known or known.startswith("sha256:"):
        return {}
    return {"If-None-Match" if known.endswith('"') else "If-Modified-Since": known}


def _without_keys(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may go to another host: a list of the harmless ones, since any other may be a key."""
    harmless = ("accept", "content-type", "if-none-match", "if-modified-since", "x-fields")
    return {name: value for name, value in headers.items() if name.lower() in harmless}


def _description(error: Exception) -> str:
    """What went wrong, without the URL that the library's own messages contain: keys may travel in it."""
    if isinstance(error, Broken):
        return str(error)
    return next((words for kind, words in _DESCRIPTIONS if isinstance(error, kind)), "the connection breaks off")

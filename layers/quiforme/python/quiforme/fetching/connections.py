"""One connection per request, over https only, that is cut at a deadline."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from quiforme.snapshot.ports import Unfetchable

_CONNECT_S = 10.0
_SILENCE_S = 60.0
"""The longest wait for the next bytes. The OF list is written on demand: its first byte takes a while."""


class Lifeline:
    """Cuts connections at a deadline.

    urllib3's time-outs start again with every byte, so a server that drips never exceeds them. This one shuts the
    socket down, the one beneath TLS: a handshake that drips ends as well.
    """

    def __init__(self, seconds: float) -> None:
        """Set the deadline, from now."""
        self.cut = False
        self._sockets: list[socket.socket] = []
        self._guard = threading.Lock()
        self._timer = threading.Timer(max(seconds, 0.0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Lifeline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._guard:
            while self._sockets:
                self._sockets.pop().close()

    def hold(self, connected: socket.socket) -> None:
        """Cut this socket as well."""
        with self._guard:
            self._sockets.append(connected.dup())
        if self.cut:
            self._cut()

    def _cut(self) -> None:
        self.cut = True
        with self._guard:
            for held in self._sockets:
                try:
                    held.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # closed by the other side already


class _Plain(HTTPConnection):
    def __init__(self, *args: Any, lifeline: Lifeline, **kwargs: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*args, **kwargs)
        self._lifeline = lifeline

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        self._lifeline.hold(connected)
        return connected


class _Secure(_Plain, HTTPSConnection):
    """The same with TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


def checked(address: str) -> Url:
    """Parse an address.

    Raises:
        Unfetchable: It is not https (nor http to this machine), or has no host, or contains credentials.

    """
    try:
        url = parse_url(address)
    except LocationParseError:
        raise Unfetchable("fetch_failed", detail="the address cannot be read") from None
    if not url.host or url.auth:
        raise Unfetchable("fetch_failed", detail=f"{shown(address)} is not an address that files are taken from")
    if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(url.host)):
        raise Unfetchable("fetch_failed", detail=f"{shown(address)} is not https")
    return url


def shown(address: str) -> str:
    """An address for messages: without its query and credentials, which may contain keys."""
    try:
        url = parse_url(address)
    except LocationParseError:
        return "an address that cannot be read"
    return Url(scheme=url.scheme, host=url.host, port=url.port, path=url.path).url


def origin(url: Url) -> tuple[str | None, str | None, int | None]:
    """Scheme, host and port: a key is sent to one origin only."""
    return url.scheme, url.host, url.port


@contextmanager
def exchange(
    url: Url, method: str, headers: dict[str, str], body: bytes | None, lifeline: Lifeline
) -> Iterator[BaseHTTPResponse]:
    """Send one request and stream its response; no redirect is followed, nothing is decoded."""
    pool_of = _SecurePool if url.scheme == "https" else _PlainPool
    timeout = Timeout(connect=_CONNECT_S, read=_SILENCE_S)
    host = (url.host or "").strip("[]")
    with closing(pool_of(host, url.port, timeout=timeout, maxsize=1, lifeline=lifeline)) as pool:
        answer = pool.urlopen(
            method,
            url.request_uri,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            yield answer
        finally:
            answer.close()


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False

"""An HTTP server on this machine whose responses, good or broken, are written by the tests."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Wire:
    """The connection that a response is written to."""

    def __init__(self, handler: BaseHTTPRequestHandler, ended: threading.Event) -> None:
        self._handler = handler
        self._ended = ended

    def head(self, status: int, headers: dict[str, str]) -> None:
        self._handler.send_response_only(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, content: bytes) -> None:
        self._handler.wfile.write(content)

    def drip(self, piece: bytes) -> None:
        """Write a piece every 20 ms until the client hangs up or the test ends."""
        while not self._ended.wait(0.02):
            self.write(piece)

    def wait(self) -> None:
        """Send nothing until the test ends."""
        self._ended.wait(30)


Act = Callable[[Request, Wire], None]


def reply(status: int = 200, body: bytes = b"", /, **headers: str) -> Act:
    """A complete response; underscores in header names stand for hyphens, empty headers are left out."""

    def act(request: Request, wire: Wire) -> None:
        named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
        wire.head(status, {name: value for name, value in named.items() if value})
        if request.method != "HEAD":
            wire.write(body)

    return act


def gzipped(body: bytes, **headers: str) -> Act:
    """A response with Content-Encoding gzip."""
    return reply(200, gzip.compress(body), Content_Encoding="gzip", **headers)


def redirect(location: str, status: int = 302) -> Act:
    return reply(status, b"", Location=location)


def unless_known(body: bytes, **validators: str) -> Act:
    """A 304 with all validators to a request that has one of them, else the body."""

    def act(request: Request, wire: Wire) -> None:
        asked = request.headers.get("if-none-match") or request.headers.get("if-modified-since")
        known = asked is not None and asked in validators.values()
        reply(304, Content_Length="", **validators)(request, wire) if known else reply(200, body, **validators)(
            request, wire
        )

    return act


@dataclass
class Server:
    """Responds by path: with the acts of a list in turn, then with the last one again and again.

    Attributes:
        url: The server's address.
        requests: The requests so far.

    """

    url: str
    acts: dict[str, Act | list[Act]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def on(self, path: str, *acts: Act) -> str:
        """Set how a path responds; returns its URL."""
        self.acts[path] = list(acts)
        return self.url + path

    def answer(self, request: Request) -> Act:
        self.requests.append(request)
        acts = self.acts.get(request.path, [reply(404)])
        if callable(acts):
            return acts
        return acts.pop(0) if len(acts) > 1 else acts[0]


@contextmanager
def serving() -> Iterator[Server]:
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _any(self) -> None:
            self.close_connection = True
            address = urlsplit(self.path)
            request = Request(
                self.command,
                address.path,
                {name: values[0] for name, values in parse_qs(address.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(int(self.headers.get("Content-Length", 0))),
            )
            with suppress(OSError):  # the client hung up
                server.answer(request)(request, Wire(self, ended))

        do_GET = do_HEAD = do_POST = _any  # noqa: N815 - http.server's names

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_port}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        listener.shutdown()
        listener.server_close()
        thread.join()

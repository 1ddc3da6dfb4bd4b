"""A web server on this machine that answers as it is told, well or badly."""

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
    """What an answer is written to, byte by byte if it likes."""

    def __init__(self, handler: BaseHTTPRequestHandler, hurry: threading.Event) -> None:
        self._handler = handler
        self._hurry = hurry

    def head(self, status: int, headers: dict[str, str]) -> None:
        self._handler.send_response_only(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, content: bytes) -> None:
        self._handler.wfile.write(content)

    def drip(self, piece: bytes) -> None:
        """Write a piece again and again until the client has had enough."""
        while not self._hurry.wait(0.02):
            self.write(piece)

    def wait(self) -> None:
        """Say nothing until the test is over."""
        self._hurry.wait(30)


Act = Callable[[Request, Wire], None]


def reply(status: int = 200, body: bytes = b"", /, **headers: str) -> Act:
    """A whole answer; a header's underscores stand for hyphens, and an empty one is left out."""

    def act(request: Request, wire: Wire) -> None:
        named = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
        wire.head(status, {name: value for name, value in named.items() if value})
        if request.method != "HEAD":
            wire.write(body)

    return act


def zipped(body: bytes, **headers: str) -> Act:
    """An answer that travels as gzip."""
    return reply(200, gzip.compress(body), Content_Encoding="gzip", **headers)


def moved(location: str, status: int = 302) -> Act:
    return reply(status, b"", Location=location)


def unless_known(body: bytes, **validators: str) -> Act:
    """304 to whoever knows the validators already; the 304 repeats them all."""

    def act(request: Request, wire: Wire) -> None:
        asked = request.headers.get("if-none-match") or request.headers.get("if-modified-since")
        known = asked is not None and asked in validators.values()
        reply(304, Content_Length="", **validators)(request, wire) if known else reply(200, body, **validators)(
            request, wire
        )

    return act


@dataclass
class Server:
    """Answers by path; a list is answered in turn, its last one for ever.

    Attributes:
        url: Where it is.
        requests: What was asked so far.

    """

    url: str
    acts: dict[str, Act | list[Act]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def on(self, path: str, *acts: Act) -> str:
        """Say how a path is answered; its address."""
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
    hurry = threading.Event()

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
                server.answer(request)(request, Wire(self, hurry))

        do_GET = do_HEAD = do_POST = _any  # noqa: N815 - http.server's names

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_port}")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        hurry.set()
        listener.shutdown()
        listener.server_close()
        thread.join()

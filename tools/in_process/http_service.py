"""A service on this machine that can be made to misbehave, and a clock that only moves when somebody waits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from quiforme.fetching.http import Http


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Behaviour = Callable[[Request], Reply]


class Clock:
    """Seconds; sleeping moves it, nothing else does."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def http(self, budget_s: float = 3600) -> Http:
        """A client that lives by this clock."""
        return Http(budget_s=budget_s, clock=self, sleep=self.sleep)


@dataclass
class Service:
    """Attributes:
    address: Where it listens.
    requests: What it was asked.
    at: When, by the clock.
    faults: What it answers to its n-th request, counted from 0, in place of the truth.

    """

    truth: Behaviour
    clock: Clock
    address: str = ""
    requests: list[Request] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    faults: dict[int, Reply | Behaviour] = field(default_factory=dict)

    def reply(self, request: Request) -> Reply:
        number = len(self.requests)
        self.requests.append(request)
        self.at.append(self.clock())
        fault = self.faults.get(number)
        if isinstance(fault, Reply):
            return fault
        return (fault or self.truth)(request)


@contextmanager
def serve(truth: Behaviour, clock: Clock) -> Iterator[Service]:
    service = Service(truth, clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = service.reply(Request(self.path, dict(self.headers), body))
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    service.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

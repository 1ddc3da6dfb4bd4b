"""The look-up over a registry in memory, called as the gateway calls it."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from quiforme.api.backend import Backend, Export
from quiforme.api.http import Request, Response, error_response
from quiforme.api.routes import respond
from quiforme.errors import ApiError
from quiforme.registry.ports import Held, Item, Publication

from tools.in_process.doubles import MemoryFollowUp

NOW = 1_795_500_000.0
"""2026-11-24T06:00:00Z."""
TODAY = date(2026, 11, 24)
SECRET = "le secret du connecteur"
SCOPES = "certifications_qualiopi_france_competences exports anomalies"


def publication(generation: int = 1, day: str = "2026-11-24", **changes: Any) -> Publication:
    fields: dict[str, Any] = {
        "generation": generation,
        "newest": generation,
        "day": day,
        "generation_day": day,
        "snapshot": "snapshots/1/manifest.json",
        "sources": {"liste_of": day},
        "states": {"liste_of": "accepted", "rncp": "missing"},
    }
    return Publication(**(fields | changes))


@dataclass
class Registry:
    """Items by (identifier, generation), the pointer, and where it stood at the end of each day."""

    pointer: Publication | None = field(default_factory=publication)
    items: dict[tuple[str, int], Item] = field(default_factory=dict)
    days: dict[str, Publication] = field(default_factory=dict)
    retained: Held | None = None
    reads: int = 0
    failing: bool = False

    def put(self, *items: Item) -> None:
        self.items |= {(item.id, item.generation): item for item in items}

    def current(self) -> Publication | None:
        return self.pointer

    def held(self) -> Held | None:
        return self.retained

    def check(self) -> Publication | None:
        if self.failing:
            raise TimeoutError
        return self.pointer

    def read(self, identifier: str, generation: int) -> Item | None:
        return next(iter(self.versions(identifier, generation, 1)), None)

    def versions(self, identifier: str, generation: int, limit: int) -> list[Item]:
        self.reads += 1
        known = [item for (name, number), item in self.items.items() if name == identifier and number <= generation]
        return sorted(known, key=lambda item: -item.generation)[:limit]

    def publication_on(self, day: date) -> Publication | None:
        before = [known for known in self.days if known <= day.isoformat()]
        return self.days[max(before)] if before else None


@dataclass
class Service:
    """One deployment."""

    registry: Registry = field(default_factory=Registry)
    calls: dict[tuple[str, int], int] = field(default_factory=dict)
    files: dict[int, list[Export]] = field(default_factory=dict)
    follow_up: MemoryFollowUp = field(default_factory=MemoryFollowUp)
    now: float = NOW

    def count(self, jti: str, window_end: int) -> int:
        self.calls[jti, window_end] = self.calls.get((jti, window_end), 0) + 1
        return self.calls[jti, window_end]

    def accepts(self, candidate: str) -> bool:
        return candidate == SECRET

    def of_generation(self, generation: int, *, seconds: int) -> list[Export]:
        assert seconds > 0
        return self.files.get(generation, [])

    @property
    def backend(self) -> Backend:
        return Backend(self.registry, self, self, self, self.follow_up, history_days=3650, now=lambda: self.now)

    def call(self, resource: str, method: str = "GET", **given: Any) -> Response:
        """One call, given as to `event`."""
        try:
            return respond(Request.from_event(event(resource, method, **given)), self.backend)
        except ApiError as error:
            return error_response(error)


def event(
    resource: str, method: str = "GET", *, scopes: str = SCOPES, body: str | None = None, **given: Any
) -> dict[str, Any]:
    """A call as the gateway hands it over; `given` holds path parameters, and `query`, `headers`, `authorizer` whole."""
    query = given.pop("query", {})
    authorizer = {"jti": "jti-1", "scopes": scopes, "exp": "4102444800", **given.pop("authorizer", {})}
    headers = given.pop("headers", {})
    return {
        "resource": resource,
        "path": given.pop("address", resource),
        "httpMethod": method,
        "pathParameters": given,
        "queryStringParameters": {name: many[-1] if isinstance(many, list) else many for name, many in query.items()},
        "multiValueQueryStringParameters": {
            name: many if isinstance(many, list) else [many] for name, many in query.items()
        },
        "headers": headers,
        "requestContext": {"authorizer": authorizer},
        "body": body,
    }


def codes(response: Response) -> tuple[int, list[str]]:
    """A refusal in short: its status, and the code of each of its entries."""
    return response.status, [entry["code"] for entry in json.loads(response.body)["errors"]]

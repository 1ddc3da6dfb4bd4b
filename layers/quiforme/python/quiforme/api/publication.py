"""What is published: the state of the service, and the publication that a call reads."""

from datetime import UTC, datetime

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, compact, json_response
from quiforme.api.parameters import Parameters
from quiforme.errors import NOTHING_PUBLISHED, ApiError
from quiforme.registry.ports import Publication

STATES = {
    "accepted": "acceptee",
    "unchanged": "inchangee",
    "refused": "refusee",
    "absent": "absente",
    "missing": "jamais_recue",
}
"""What callers read of a source's state."""


def published(backend: Backend) -> Publication:
    """The current publication.

    Raises:
        ApiError: 503, nothing was ever published.

    """
    publication = backend.reader.current()
    if publication is None:
        raise ApiError(503, NOTHING_PUBLISHED)
    return publication


def state(request: Request, backend: Backend, _: Caller | None) -> Response:
    """`/v1/etat`: the generation that is served, its day, and the day and state of each source."""
    Parameters(request).check()
    publication = published(backend)
    sources = [
        {"source": name, "etat": STATES[publication.states[name]], "jour": publication.sources.get(name)}
        for name in sorted(publication.states)
    ]
    data = {
        "generation": publication.generation,
        "jour": publication.day,
        "jour_de_la_generation": publication.generation_day,
        "sources": sources,
    }
    return json_response({"data": data, "links": {}, "meta": {}})


class Ping:
    """`/ping/carif_oref/qualiopi`: whether documents can be read now."""

    def __init__(self) -> None:
        """Start without ever having found the service well."""
        self._last_ok: str | None = None

    def __call__(self, _request: Request, backend: Backend, _caller: Caller | None) -> Response:
        """Read the store, whatever is remembered of it."""
        now = datetime.fromtimestamp(backend.now(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        well = self._reads(backend)
        if well:
            self._last_ok = now
        told = {"status": "ok" if well else "bad_gateway", "last_update": now, "last_ok_status": self._last_ok}
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Response(200 if well else 502, headers, compact(told))

    @staticmethod
    def _reads(backend: Backend) -> bool:
        try:
            publication = backend.reader.check()
            if publication:
                backend.reader.read("ping", publication.generation)  # there is no such item: its table answers, or not
        except Exception:  # whatever it is, it is what this route exists to tell
            return False
        return publication is not None


ping = Ping()

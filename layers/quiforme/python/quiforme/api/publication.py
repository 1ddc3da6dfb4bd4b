"""The current publication: for the other endpoints, for the state of the service, and for the monitoring ping."""

from datetime import UTC, datetime
from typing import Any

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters
from quiforme.errors import NOTHING_PUBLISHED, ApiError
from quiforme.json_text import compact
from quiforme.registry.ports import Held, Publication

STATES = {
    "accepted": "acceptee",
    "unchanged": "inchangee",
    "refused": "refusee",
    "absent": "absente",
    "missing": "jamais_recue",
}
"""The states of a source, as callers read them."""
LOSSES = {
    "retired": "document",
    "active_nda": "declaration_active",
    "action_formation": "action_formation",
    "bilan_competences": "bilan_competences",
    "validation_acquis_experience": "validation_acquis_experience",
    "apprentissage": "apprentissage",
    "habilitations": "habilitations",
    "uai": "code_uai",
}
"""What a document may lose (pipeline/documents/8_losses.sql), as callers read it."""


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
    """`/v1/etat`: the current generation, its day, the day and state of each source, and what ops must decide on."""
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
        "publication_retenue": _retained(backend.reader.held()),
    }
    return json_response({"data": data, "links": {}, "meta": {}})


def _retained(held: Held | None) -> dict[str, Any] | None:
    if held is None or held.decision:
        return None
    losses = held.losses
    return {
        "jour": held.publication.day,
        "motif": f"{losses.losing} des {losses.in_force} documents en vigueur perdraient quelque chose : au moins "
        f"{losses.least}, et plus de {losses.percent} %.",
        "documents_en_vigueur": losses.in_force,
        "documents_touches": losses.losing,
        "part": losses.share,
        "pertes": [{"nature": LOSSES[kind], "documents": number} for kind, number in sorted(losses.kinds.items())],
        "exemples": [
            {"siret": siret, "pertes": [LOSSES[kind] for kind in kinds]}
            for siret, kinds in sorted(losses.examples.items())
        ],
    }


class Ping:
    """`/ping/carif_oref/qualiopi`: whether documents can be read at this moment."""

    def __init__(self) -> None:
        """Start with no successful ping."""
        self._last_ok: str | None = None

    def __call__(self, _request: Request, backend: Backend, _caller: Caller | None) -> Response:
        """Read the store, bypassing every cache."""
        now = datetime.fromtimestamp(backend.now(), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        healthy = self._is_readable(backend)
        if healthy:
            self._last_ok = now
        status = {"status": "ok" if healthy else "bad_gateway", "last_update": now, "last_ok_status": self._last_ok}
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Response(200 if healthy else 502, headers, compact(status))

    @staticmethod
    def _is_readable(backend: Backend) -> bool:
        try:
            publication = backend.reader.check()
            if publication:
                backend.reader.read("ping", publication.generation)  # there is no such item; the table answers or fails
        except Exception:  # any failure is what this route reports
            return False
        return publication is not None


ping = Ping()

"""Links to the exports: the files that hold every document of the current publication."""

from datetime import UTC, datetime

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response
from quiforme.api.parameters import Parameters
from quiforme.api.publication import published
from quiforme.errors import EXPORTS_MISSING, ApiError
from quiforme.json_text import compact

LINK_LIFE_S = 600


def links(request: Request, backend: Backend, _: Caller) -> Response:
    """The exports of the current publication, with links that expire after ten minutes."""
    Parameters(request).check()
    publication = published(backend)
    exports = backend.exports.of_generation(publication.generation, seconds=LINK_LIFE_S)
    if not exports:
        raise ApiError(503, EXPORTS_MISSING)
    expiry = datetime.fromtimestamp(backend.now() + LINK_LIFE_S, UTC)
    expire_le = expiry.isoformat(timespec="seconds").replace("+00:00", "Z")
    data = [
        {"fichier": one.name, "octets": one.size, "url": one.url, "expire_le": expire_le}
        for one in sorted(exports, key=lambda one: one.name)
    ]
    meta = {"generation": publication.generation, "jour": publication.day}
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}  # the links work without a token
    return Response(200, headers, compact({"data": data, "links": {}, "meta": meta}))

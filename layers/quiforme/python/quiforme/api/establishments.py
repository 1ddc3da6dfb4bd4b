"""Establishments: one document, today's or that of a past day, or a batch of documents (api.md, section 3)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from quiforme.access.caller import Caller
from quiforme.api import document
from quiforme.api.backend import Backend
from quiforme.api.bodies import read_object
from quiforme.api.http import Request, Response, text_response
from quiforme.api.parameters import Parameters
from quiforme.api.publication import published
from quiforme.errors import (
    BEFORE_HISTORY,
    SIRET_MALFORMED,
    TOO_LARGE_TOGETHER,
    ApiError,
    sirets_malformed,
)
from quiforme.identifiers import is_siret
from quiforme.json_text import compact
from quiforme.registry.ports import Item, Publication

LARGEST_BATCH = 100
LARGEST_REQUEST = 16_384
"""Bytes; a hundred SIRETs take about two thousand."""
LARGEST_TOGETHER = 3_500_000
"""Characters of all documents of a batch: a Lambda function answers at most 6 MB, JSON escapes included."""
_READERS = 25


def one(request: Request, backend: Backend, caller: Caller) -> Response:
    """The document, current or as of the end of a past day."""
    parameters = Parameters(request, "date")
    day = parameters.day(now=backend.now())
    parameters.check()
    publication = published(backend) if day is None else _publication_of(day, backend)
    item = document.require_document(backend.reader.read(request.path["siret"], publication.generation))
    return document.document_response(item, publication, all_disclosed=caller.sees_all)


def _publication_of(day: date, backend: Backend) -> Publication:
    """The publication that was current at the end of a day.

    Raises:
        ApiError: 404, the day is before the history that is kept; 503, nothing was ever published.

    """
    published(backend)
    today = datetime.fromtimestamp(backend.now(), UTC).date()
    publication = backend.reader.publication_on(day)
    # Documents replaced before then are deleted, and must not be reported as unknown.
    if publication is None or day < today - timedelta(days=backend.history_days):
        raise ApiError(404, BEFORE_HISTORY)
    return publication


def batch(request: Request, backend: Backend, caller: Caller) -> Response:
    """Up to a hundred documents, each with its own status, in the order of the request."""
    Parameters(request).check()
    sirets = _sirets(request)
    publication = published(backend)
    wanted = sorted({siret for siret in sirets if is_siret(siret)})
    with ThreadPoolExecutor(_READERS) as pool:
        items = dict(
            zip(wanted, pool.map(lambda one: backend.reader.read(one, publication.generation), wanted), strict=True)
        )
    entries: list[str] = []
    room = LARGEST_TOGETHER
    for siret in sirets:
        entry = _entry(siret, items.get(siret), publication, all_disclosed=caller.sees_all)
        if len(entry) > room:
            entry = _failed(siret, ApiError(413, TOO_LARGE_TOGETHER))
        room -= len(entry)
        entries.append(entry)
    meta = compact({"generation": publication.generation, "jour": publication.day})
    response = text_response(f'{{"data":[{",".join(entries)}],"links":{{}},"meta":{meta}}}')
    return replace(response, audit={"sirets": [siret[:20] for siret in sirets]})


def _sirets(request: Request) -> list[str]:
    content = read_object(request, LARGEST_REQUEST)
    if content is None or set(content) != {"sirets"}:
        raise ApiError(422, sirets_malformed("est le seul champ, et il est obligatoire"))
    sirets = content["sirets"]
    if not isinstance(sirets, list) or not all(isinstance(siret, str) for siret in sirets):
        raise ApiError(422, sirets_malformed("doit être une liste de textes"))
    if not 1 <= len(sirets) <= LARGEST_BATCH:
        raise ApiError(422, sirets_malformed(f"doit compter de 1 à {LARGEST_BATCH} numéros"))
    return sirets


def _entry(siret: str, item: Item | None, publication: Publication, *, all_disclosed: bool) -> str:
    try:
        if not is_siret(siret):
            raise ApiError(422, SIRET_MALFORMED)
        found = document.require_document(item)
    except ApiError as error:
        return _failed(siret, error)
    head = compact({"siret": siret, "status": 200})
    return f"{head[:-1]},{document.body(found, publication, all_disclosed=all_disclosed)[1:]}"


def _failed(siret: str, error: ApiError) -> str:
    return compact({"siret": siret[:50], "status": error.status, **error.body()})

"""API Entreprise v3: the certifications of one establishment (api.md, section 1)."""

from quiforme.access.caller import Caller
from quiforme.api import document
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response
from quiforme.api.publication import published
from quiforme.errors import (
    RECIPIENT_MALFORMED,
    SIRET_MALFORMED,
    ApiError,
    Problem,
    missing_parameter,
)
from quiforme.identifiers import is_siret


def certifications(request: Request, backend: Backend, caller: Caller) -> Response:
    """The certifications of one SIRET."""
    problems = _problems(request)
    if problems:
        raise ApiError(422, *problems)
    publication = published(backend)
    item = document.require_document(backend.reader.read(request.path["siret"], publication.generation))
    return document.document_response(item, publication, all_disclosed=caller.sees_all)


def _problems(request: Request) -> list[Problem]:
    problems = [
        missing_parameter(name)
        for name in ("context", "object", "recipient")
        if not (request.query.get(name) or "").strip()
    ]
    recipient = request.query.get("recipient") or ""
    if recipient.strip() and not is_siret(recipient):
        problems.append(RECIPIENT_MALFORMED)
    if not is_siret(request.path["siret"]):
        problems.append(SIRET_MALFORMED)
    return problems

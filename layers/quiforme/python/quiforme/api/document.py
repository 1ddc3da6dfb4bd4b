"""The response for one document. It is assembled as text, because parsing a document of several megabytes is too slow."""

import json

from quiforme.api.http import Response, text_response
from quiforme.errors import OUT_OF_PERIMETER, UNKNOWN_SIRET, ApiError
from quiforme.json_text import compact
from quiforme.registry.ports import Item, Publication

MASKED = "[ND]"
"""Replaces each part of the identity of an establishment that is not to be disclosed."""
_OPENING = '{"etablissement":{'
_RAW_ONLY = '},"fiches":{'
"""Starts what `meta` leaves out. It is no part of a text, in which quotes are escaped."""


def require_document(item: Item | None) -> Item:
    """The item, if it holds a document.

    Raises:
        ApiError: 404, either unknown or out of the perimeter.

    """
    if item is None or item.etat != "document":
        excluded = item is not None and item.etat == "hors_perimetre"
        raise ApiError(404, OUT_OF_PERIMETER if excluded else UNKNOWN_SIRET)
    return item


def body(item: Item, publication: Publication, *, all_disclosed: bool) -> str:
    """The JSON text of a document, `{"data", "links", "meta"}`.

    Args:
        item: The document.
        publication: The publication in which it was read.
        all_disclosed: Whether the caller may see identities that may not be disclosed.

    """
    return f'{{"data":{item.data},"links":{{}},"meta":{meta(item, publication, all_disclosed=all_disclosed)}}}'


def document_response(item: Item, publication: Publication, *, all_disclosed: bool) -> Response:
    """The response for a document. Its ETag depends on the content alone, not on the day of publication."""
    etag_source = f"{item.data}{item.details}{identity_text(item, all_disclosed=all_disclosed)}"
    return text_response(body(item, publication, all_disclosed=all_disclosed), etag_source=etag_source)


def meta(item: Item, publication: Publication, *, all_disclosed: bool) -> str:
    """The `meta` of a document: its publication, the sources' days, and what Sirene knows of the establishment."""
    published = compact(
        {
            "generation": publication.generation,
            "jour": publication.day,
            "version": dict(zip(("generation", "jour"), publication.since(item), strict=True)),
            "sources": publication.sources,
        }
    )
    if not item.details.startswith(_OPENING):
        raise ValueError(f"the details of {item.id} do not start with the establishment")
    identity = identity_text(item, all_disclosed=all_disclosed)
    rest, raw_only, _ = item.details.removeprefix(_OPENING).partition(_RAW_ONLY)
    return f'{published[:-1]},"etablissement":{{{identity[1:-1]},{rest}{"}}" if raw_only else ""}'


def identity_text(item: Item, *, all_disclosed: bool) -> str:
    """Who the establishment is, as JSON text: the keys that the item was stored with, all masked or none."""
    if item.non_diffusible and not all_disclosed:
        return compact(dict.fromkeys(json.loads(item.identite), MASKED))
    return item.identite

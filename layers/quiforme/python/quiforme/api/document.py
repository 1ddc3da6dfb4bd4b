"""One document as an answer. It is put together as text: a document of several megabytes is never parsed here."""

from quiforme.api.http import Response, compact, text_response
from quiforme.errors import OUT_OF_PERIMETER, UNKNOWN_SIRET, ApiError
from quiforme.registry.ports import Item, Publication

MASKED = "[ND]"
"""What stands for the denomination and the address of an establishment that is not to be disclosed."""
_MASKED_IDENTITY = compact({"denomination": MASKED, "adresse": MASKED})
_OPENING = '{"etablissement":{'


def require_document(item: Item | None) -> Item:
    """The item, when it holds a document.

    Raises:
        ApiError: 404, that tells unknown from out of perimeter.

    """
    if item is None or item.etat != "document":
        excluded = item is not None and item.etat == "hors_perimetre"
        raise ApiError(404, OUT_OF_PERIMETER if excluded else UNKNOWN_SIRET)
    return item


def body(item: Item, publication: Publication, *, all_disclosed: bool) -> str:
    """`{"data", "links", "meta"}` of a document; the whole of an answer, or an entry of one.

    Args:
        item: The document.
        publication: In which it was read.
        all_disclosed: Whether the caller may see the identity of those that are not to be disclosed.

    """
    return f'{{"data":{item.data},"links":{{}},"meta":{meta(item, publication, all_disclosed=all_disclosed)}}}'


def answer(item: Item, publication: Publication, *, all_disclosed: bool) -> Response:
    """The whole answer. Its ETag is that of what the document says, whatever later day says it again."""
    etag_source = f"{item.data}{item.details}{identity_text(item, all_disclosed=all_disclosed)}"
    return text_response(body(item, publication, all_disclosed=all_disclosed), etag_source=etag_source)


def meta(item: Item, publication: Publication, *, all_disclosed: bool) -> str:
    """What goes beside a document: when it was published, from what, and what is known of the establishment."""
    read = compact(
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
    rest = item.details.removeprefix(_OPENING)
    return f'{read[:-1]},"etablissement":{{{identity[1:-1]},{rest}'


def identity_text(item: Item, *, all_disclosed: bool) -> str:
    """The denomination and the address, as JSON text."""
    return _MASKED_IDENTITY if item.non_diffusible and not all_disclosed else item.identite

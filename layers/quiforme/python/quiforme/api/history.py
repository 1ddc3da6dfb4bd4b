"""The changes of a document, newest first, with the fields that changed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters, cursor
from quiforme.api.publication import published
from quiforme.errors import CURSOR_MALFORMED, UNKNOWN_SIRET, ApiError
from quiforme.registry.ports import Item, Publication

PAGE, LARGEST_PAGE = 20, 100
_ALL = 100_000
"""More versions than any document will ever have."""
_KEYS = ("numero_de_declaration", "code")
"""The fields that identify the entries of a list."""


def history(request: Request, backend: Backend, _: Caller) -> Response:
    """The changes of the document and the Sirene state of one SIRET, its withdrawals and returns."""
    parameters = Parameters(request, "limite", "curseur")
    limit, position = parameters.limit(default=PAGE, largest=LARGEST_PAGE), parameters.cursor()
    parameters.check()
    publication = published(backend)
    generation = position[0] if position else publication.generation
    if generation > publication.generation:
        raise ApiError(422, CURSOR_MALFORMED)
    versions = _versions(request.path["siret"], backend, publication, generation, limit + 1)
    if not versions:
        raise ApiError(404, UNKNOWN_SIRET)
    last_page = len(versions) <= limit
    today = datetime.fromtimestamp(backend.now(), UTC).date()
    history_start = today - timedelta(days=backend.history_days)
    changes = [change for newer, older in pairwise(versions) if (change := _change(newer, older))]
    if last_page:
        changes.append(_first(versions[-1], truncated=date.fromisoformat(versions[-1].jour) <= history_start))
    next_cursor = None if last_page else cursor(versions[-1].generation)
    link = "?" + urlencode({**request.query, "curseur": next_cursor}) if next_cursor else None
    return json_response({"data": changes, "links": {"next": link}, "meta": {"curseur": next_cursor}})


def _versions(siret: str, backend: Backend, publication: Publication, generation: int, limit: int) -> list[Item]:
    """The items that readers saw up to a generation, newest first, each with the generation and day since which they saw it."""
    if not publication.withdrawn:
        return backend.reader.versions(siret, generation, limit)
    seen: list[Item] = []
    for item in backend.reader.versions(siret, publication.generation, _ALL):
        since, day = publication.since(item)
        if not seen or since < seen[-1].generation:  # otherwise a newer item had replaced it by then
            seen.append(replace(item, generation=since, jour=day))
    return [item for item in seen if item.generation <= generation][:limit]


def _first(item: Item, *, truncated: bool) -> dict[str, Any]:
    """The entry of the oldest version kept; older ones may have been deleted."""
    return _entry(item, "premiere_version_conservee" if truncated else _NATURES[item.etat], [])


def _change(newer: Item, older: Item) -> dict[str, Any] | None:
    """The entry of one change; None when only fields changed that the history leaves out (a fiche's title)."""
    if newer.etat != older.etat:
        return _entry(newer, _NATURES[newer.etat], [])
    before, after = _contents(older, newer)
    changes = list(_differences(before, after, ""))
    return _entry(newer, "modification", changes) if changes else None


_NATURES = {"document": "publication", "retire": "retrait", "hors_perimetre": "hors_perimetre"}


def _entry(item: Item, nature: str, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"jour": item.jour, "generation": item.generation, "nature": nature, "changements": changes}


def _contents(older: Item, newer: Item) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is compared of two items. A field that only one of them was stored with says nothing of a change."""
    if newer.etat != "document":
        return {}, {}
    states = [json.loads(item.details)["etablissement"] for item in (older, newer)]
    common = states[0].keys() & states[1].keys()
    before, after = ({name: value for name, value in state.items() if name in common} for state in states)
    return (
        {**json.loads(older.data), "etablissement": before},
        {**json.loads(newer.data), "etablissement": after},
    )


def _differences(previous: object, current: object, path: str) -> Iterator[dict[str, Any]]:
    """The differences of two values; entries of a list are matched by key, not by position."""
    if previous == current:
        return
    match previous, current:
        case dict(), dict():
            yield from _by_name(previous, current, f"{path}." if path else "")
        case list(), list() if keyed := _keyed(previous, current):
            yield from _by_name(*keyed, f"{path}/")
        case _:
            yield {"chemin": path, "avant": previous, "apres": current}


def _by_name(previous: dict[str, Any], current: dict[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys([*current, *previous]):
        yield from _differences(previous.get(name), current.get(name), prefix + name)


def _keyed(previous: list[Any], current: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Both lists as dictionaries by the key of their entries; None when the entries have no key."""
    entries = [*previous, *current]
    for key in _KEYS:
        if entries and all(isinstance(entry, dict) and key in entry for entry in entries):
            return {entry[key]: entry for entry in previous}, {entry[key]: entry for entry in current}
    return None

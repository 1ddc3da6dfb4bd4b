"""Every change of a document, newest first, with what changed."""

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
"""Versions; more than there will ever be."""
_KEYS = ("numero_de_declaration", "code")
"""What tells the entries of a list apart."""


def history(request: Request, backend: Backend, _: Caller) -> Response:
    """The changes of one SIRET's document, of its state in Sirene, and its departures and returns."""
    parameters = Parameters(request, "limite", "curseur")
    limit, place = parameters.limit(default=PAGE, largest=LARGEST_PAGE), parameters.cursor()
    parameters.check()
    publication = published(backend)
    generation = place[0] if place else publication.generation
    if generation > publication.generation:
        raise ApiError(422, CURSOR_MALFORMED)
    versions = _versions(request.path["siret"], backend, publication, generation, limit + 1)
    if not versions:
        raise ApiError(404, UNKNOWN_SIRET)
    whole = len(versions) <= limit
    today = datetime.fromtimestamp(backend.now(), UTC).date()
    begins = today - timedelta(days=backend.history_days)
    changes = [change for newer, older in pairwise(versions) if (change := _change(newer, older))]
    if whole:
        changes.append(_first(versions[-1], cut=date.fromisoformat(versions[-1].jour) <= begins))
    following = None if whole else cursor(versions[-1].generation)
    link = "?" + urlencode({**request.query, "curseur": following}) if following else None
    return json_response({"data": changes, "links": {"next": link}, "meta": {"curseur": following}})


def _versions(siret: str, backend: Backend, publication: Publication, generation: int, limit: int) -> list[Item]:
    """What readers saw from a generation back, newest first, each as of the generation since which it stood."""
    if not publication.withdrawn:
        return backend.reader.versions(siret, generation, limit)
    stood: list[Item] = []
    for item in backend.reader.versions(siret, publication.generation, _ALL):
        since, day = publication.since(item)
        if not stood or since < stood[-1].generation:  # else something newer stood by then
            stood.append(replace(item, generation=since, jour=day))
    return [item for item in stood if item.generation <= generation][:limit]


def _first(item: Item, *, cut: bool) -> dict[str, Any]:
    """The oldest version there is; what came before it may have been forgotten."""
    return _told(item, "premiere_version_conservee" if cut else _NATURES[item.etat], [])


def _change(newer: Item, older: Item) -> dict[str, Any] | None:
    """What one version changed; None when it is nothing that is told here (a fiche's title)."""
    if newer.etat != older.etat:
        return _told(newer, _NATURES[newer.etat], [])
    changes = list(_differences(_content(older), _content(newer), ""))
    return _told(newer, "modification", changes) if changes else None


_NATURES = {"document": "publication", "retire": "retrait", "hors_perimetre": "hors_perimetre"}


def _told(item: Item, nature: str, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"jour": item.jour, "generation": item.generation, "nature": nature, "changements": changes}


def _content(item: Item) -> dict[str, Any]:
    if item.etat != "document":
        return {}
    return {**json.loads(item.data), "etablissement": json.loads(item.details)["etablissement"]}


def _differences(before: object, after: object, path: str) -> Iterator[dict[str, Any]]:
    """Where two values differ; the entries of a list are told apart by what they are about, not by their rank."""
    if before == after:
        return
    match before, after:
        case dict(), dict():
            yield from _by_name(before, after, f"{path}." if path else "")
        case list(), list() if keyed := _keyed(before, after):
            yield from _by_name(*keyed, f"{path}/")
        case _:
            yield {"chemin": path, "avant": before, "apres": after}


def _by_name(before: dict[str, Any], after: dict[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    for name in dict.fromkeys([*after, *before]):
        yield from _differences(before.get(name), after.get(name), prefix + name)


def _keyed(before: list[Any], after: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Both lists by the key of their entries; None when they have none."""
    entries = [*before, *after]
    for key in _KEYS:
        if entries and all(isinstance(entry, dict) and key in entry for entry in entries):
            return {entry[key]: entry for entry in before}, {entry[key]: entry for entry in after}
    return None

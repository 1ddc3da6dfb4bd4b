"""Anomalies as agents follow them up: lists, one with its whole history, the steps of its follow-up, statistics.

A token that names regions shows theirs alone; anomalies of no known region are for those that name none.
"""

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from quiforme.access.caller import Caller
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.follow_up import AnomalyFilter, AnomalyHistory, FollowedAnomaly, FollowUpStep, VersionConflict
from quiforme.api.backend import Backend
from quiforme.api.follow_up_step import read_step
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters, encoded
from quiforme.errors import (
    ANOMALY_CODE_UNKNOWN,
    ANOMALY_UNKNOWN,
    NEVER_RECONCILED,
    REGION_CLOSED,
    REGION_UNKNOWN,
    SEVERITY_UNKNOWN,
    SINCE_MALFORMED,
    STATE_UNKNOWN,
    ApiError,
    evidence_changed,
    outdated,
)
from quiforme.regions import REGIONS

PAGE, LARGEST_PAGE = 20, 100
ETATS: Final = ("ouverte", "resolue")
CODES: Final = tuple(rule.code for rule in RULES)
SEVERITES: Final = ("critique", "majeure", "mineure", "info")
_NOWHERE: Final = "inconnue"
_SEEN: Final = frozenset({"faite", "classee"})
"""What is held, or was dropped, is nobody's to follow up."""
_INTERNAL: Final = frozenset({"derniere_detection", "generation"})
"""Of the message, what was true at that moment only."""
_PLACE: Final = (
    rf"({'|'.join(ETATS)})/({'|'.join([*REGIONS, _NOWHERE])})/([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}#[0-9a-f]{{32}})?"
)


def listing(request: Request, backend: Backend, caller: Caller) -> Response:
    """Those of the caller's regions, open ones first, region by region, the latest change first."""
    parameters = Parameters(request, "code", "severite", "region", "etat", "depuis", "limite", "curseur")
    wanted = AnomalyFilter(
        parameters.choice("code", CODES, ANOMALY_CODE_UNKNOWN),
        parameters.choice("severite", SEVERITES, SEVERITY_UNKNOWN),
        parameters.iso_day("depuis", SINCE_MALFORMED),
    )
    region = parameters.choice("region", tuple(REGIONS), REGION_UNKNOWN)
    etat = parameters.choice("etat", ETATS, STATE_UNKNOWN)
    limit, place = parameters.limit(default=PAGE, largest=LARGEST_PAGE), parameters.place(_PLACE)
    parameters.check()
    shelves = [(one, where) for one in ([etat] if etat else ETATS) for where in _regions(region, caller)]
    start, after = _start(shelves, place, wanted.depuis)
    identifiers: list[str] = []
    following: str | None = None
    for rank in range(start, len(shelves)):
        shelf_etat, where = shelves[rank]
        found, rest = backend.follow_up.listed(where, shelf_etat, wanted, after=after, limit=limit - len(identifiers))
        identifiers += found
        after = None
        if rest:
            following = _cursor(shelf_etat, where, rest)
            break
        if len(identifiers) == limit:
            following = _cursor(*shelves[rank + 1], "") if rank + 1 < len(shelves) else None
            break
    link = "?" + urlencode({**request.query, "curseur": following}) if following else None
    entries = [_entry(dossier) for dossier in backend.follow_up.read(identifiers)]
    return json_response({"data": entries, "links": {"next": link}, "meta": {"curseur": following}})


def one(request: Request, backend: Backend, caller: Caller) -> Response:
    """One anomaly, with all that happened to it and all that was done about it."""
    Parameters(request).check()
    return _told(_visible(request, backend, caller))


def follow(request: Request, backend: Backend, caller: Caller) -> Response:
    """Take the next step of an anomaly's follow-up."""
    Parameters(request).check()
    given = read_step(request)
    whole = _visible(request, backend, caller)
    last = whole.dossier.suivi
    version = last.version if last else 0
    if last and given.version == last.version - 1 and given.says_the_same_as(last):
        return _told(whole)  # the answer to this very step was lost
    if given.version != version:
        raise ApiError(409, outdated(version))
    if given.evenement not in (None, whole.dossier.evenement):
        raise ApiError(409, evidence_changed(whole.dossier.evenement))
    step = FollowUpStep(
        version=version + 1,
        statut=given.statut,
        motif=given.motif,
        commentaire=given.commentaire,
        auteur=given.auteur,
        le=datetime.fromtimestamp(backend.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        empreinte=whole.dossier.empreinte,
        jti=caller.jti,
    )
    try:
        backend.follow_up.add(request.path["id"], step)
    except VersionConflict as error:
        now = _visible(request, backend, caller)
        if now.dossier.suivi != step:  # a write whose answer was lost is repeated by the SDK, and finds its own effect
            raise ApiError(409, outdated(now.dossier.suivi.version if now.dossier.suivi else 0)) from error
    return _told(_visible(request, backend, caller))


def statistics(request: Request, backend: Backend, caller: Caller) -> Response:
    """What is open by region and rule, for how long, and how long it took to resolve."""
    parameters = Parameters(request, "code", "region")
    code = parameters.choice("code", CODES, ANOMALY_CODE_UNKNOWN)
    region = parameters.choice("region", tuple(REGIONS), REGION_UNKNOWN)
    parameters.check()
    _regions(region, caller)
    counted = backend.follow_up.statistics()
    if counted is None:
        raise ApiError(503, NEVER_RECONCILED)
    lines = [
        line
        for line in counted["lignes"]
        if (caller.regions is None or (not line["toutes_regions"] and line["region"] in caller.regions))
        and (code is None or line["code"] == code)
        and (region is None or line["region"] == region)
    ]
    meta = {"jour": counted["jour"], "generation": counted["generation"]}
    return json_response({"data": lines, "links": {}, "meta": meta})


def _start(
    shelves: list[tuple[str, str | None]], place: re.Match[str] | None, since: str | None
) -> tuple[int, str | None]:
    """Where a walk goes on: at which shelf, and after what there. A place on no shelf of this walk is before the next."""
    if place is None:
        return 0, None
    came_to = (place[1], None if place[2] == _NOWHERE else place[2])
    rank = next((rank for rank, shelf in enumerate(shelves) if _order(shelf) >= _order(came_to)), len(shelves))
    if rank == len(shelves) or shelves[rank] != came_to:
        return rank, None
    after: str | None = place[3]
    return (rank + 1, None) if after and since and after < since else (rank, after)


def _order(shelf: tuple[str, str | None]) -> tuple[int, int]:
    etat, region = shelf
    return ETATS.index(etat), len(REGIONS) if region is None else list(REGIONS).index(region)


def _regions(asked: str | None, caller: Caller) -> list[str | None]:
    """The regions to look into, None standing for no known region."""
    if asked is None:
        return [*REGIONS, None] if caller.regions is None else [*sorted(caller.regions)]
    if caller.regions is not None and asked not in caller.regions:
        raise ApiError(403, REGION_CLOSED)
    return [asked]


def _visible(request: Request, backend: Backend, caller: Caller) -> AnomalyHistory:
    whole = backend.follow_up.whole(request.path["id"])
    if whole is None or whole.dossier.annonce not in _SEEN:
        raise ApiError(404, ANOMALY_UNKNOWN)
    if caller.regions is not None and whole.dossier.data["region"] not in caller.regions:
        raise ApiError(404, ANOMALY_UNKNOWN)
    return whole


def _told(whole: AnomalyHistory) -> Response:
    events = [_event(one) for one in whole.evenements]
    steps = [_step(one, whole.dossier) for one in whole.suivis]
    data = {**_entry(whole.dossier), "evenements": events, "suivis": steps}
    return json_response({"data": data, "links": {}, "meta": {}})


def _entry(dossier: FollowedAnomaly) -> dict[str, Any]:
    return {
        **{name: value for name, value in dossier.data.items() if name not in _INTERNAL},
        "etat": dossier.etat,
        "derniere_evolution": dossier.jour,
        "suivi": _step(dossier.suivi, dossier) if dossier.suivi else None,
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    message = event["message"]
    return {
        "id": message["id"],
        "evenement": message["type"].split(".")[3],
        "jour": event["jour"],
        "heure": message["time"],
        "annonce": event["annonce"],
        **{name: message["data"][name] for name in ("occurrence", "message", "constats")},
    }


def _step(step: FollowUpStep, dossier: FollowedAnomaly) -> dict[str, Any]:
    said = {name: value for name, value in asdict(step).items() if name not in ("empreinte", "jti")}
    return {**said, "constats_changes": step.empreinte != dossier.empreinte}


def _cursor(etat: str, region: str | None, after: str) -> str:
    return encoded(f"{etat}/{region or _NOWHERE}/{after}")

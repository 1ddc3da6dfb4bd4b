"""Anomalies as agents follow them up: the list, one anomaly with its history, the steps of its follow-up, statistics.

A token that names regions shows the anomalies of these regions alone. Anomalies without a known region are shown only to
tokens that name none.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from quiforme.access.caller import Caller
from quiforme.anomalies.catalogue import RULES
from quiforme.anomalies.follow_up import AnomalyFilter, AnomalyHistory, FollowedAnomaly, FollowUpStep, VersionConflict
from quiforme.api.backend import Backend
from quiforme.api.follow_up_step import SubmittedStep, read_step
from quiforme.api.http import Request, Response, json_response
from quiforme.api.parameters import Parameters, encoded_cursor
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
_NO_REGION: Final = "inconnue"
"""Stands in a cursor for anomalies without a known region."""
_VISIBLE: Final = frozenset({"faite", "classee"})
"""The values of `annonce` that agents see: anomalies whose opening is held, or was dropped by ops, are hidden."""
_INTERNAL: Final = frozenset({"derniere_detection", "generation"})
"""Fields of the message that were true only when it was written."""
_CURSOR: Final = (
    rf"({'|'.join(ETATS)})/({'|'.join([*REGIONS, _NO_REGION])})/([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}#[0-9a-f]{{32}})?"
)
"""The state and the region of a section, and the position in it of the last anomaly read."""

Section = tuple[str, str | None]
"""The anomalies of one state and one region, None standing for no known region. The store lists one section at a time."""


def listing(request: Request, backend: Backend, caller: Caller) -> Response:
    """The anomalies of the caller's regions: open ones first, region by region, the latest change first."""
    parameters = Parameters(request, "code", "severite", "region", "etat", "depuis", "limite", "curseur")
    wanted = AnomalyFilter(
        parameters.choice("code", CODES, ANOMALY_CODE_UNKNOWN),
        parameters.choice("severite", SEVERITES, SEVERITY_UNKNOWN),
        parameters.iso_day("depuis", SINCE_MALFORMED),
    )
    region = parameters.choice("region", tuple(REGIONS), REGION_UNKNOWN)
    etat = parameters.choice("etat", ETATS, STATE_UNKNOWN)
    limit, cursor = parameters.limit(default=PAGE, largest=LARGEST_PAGE), parameters.cursor_matching(_CURSOR)
    parameters.check()
    regions = _regions(region, caller)
    sections = [(state, one) for state in ([etat] if etat else ETATS) for one in regions]
    sections, after = _resume(sections, cursor, wanted.depuis)
    identifiers, next_cursor = _page(backend, sections, wanted, after, limit)
    link = "?" + urlencode({**request.query, "curseur": next_cursor}) if next_cursor else None
    entries = [_entry(anomaly) for anomaly in backend.follow_up.read(identifiers)]
    return json_response({"data": entries, "links": {"next": link}, "meta": {"curseur": next_cursor}})


def one(request: Request, backend: Backend, caller: Caller) -> Response:
    """One anomaly, with its events and the steps of its follow-up."""
    Parameters(request).check()
    return _history_response(_visible(request, backend, caller))


def follow(request: Request, backend: Backend, caller: Caller) -> Response:
    """Add the next step of an anomaly's follow-up."""
    Parameters(request).check()
    submitted = read_step(request)
    history = _visible(request, backend, caller)
    last = history.anomaly.suivi
    if last and submitted.version == last.version - 1 and submitted.repeats(last):
        return _history_response(history)  # the answer to this very step was lost, and the caller sends it again
    _check_current(submitted, history)
    step = FollowUpStep(
        version=submitted.version + 1,
        statut=submitted.statut,
        motif=submitted.motif,
        commentaire=submitted.commentaire,
        auteur=submitted.auteur,
        le=datetime.fromtimestamp(backend.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        empreinte=history.anomaly.empreinte,
        jti=caller.jti,
    )
    try:
        backend.follow_up.add(request.path["id"], step)
    except VersionConflict as error:
        stored = _visible(request, backend, caller).anomaly.suivi
        if stored != step:  # the SDK retries a write whose answer was lost, and finds its own effect
            raise ApiError(409, outdated(stored.version if stored else 0)) from error
    return _history_response(_visible(request, backend, caller))


def statistics(request: Request, backend: Backend, caller: Caller) -> Response:
    """Open anomalies by region and rule, their age, and how long the resolved ones took."""
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


def _regions(requested: str | None, caller: Caller) -> list[str | None]:
    """The regions to read, in order, None standing for no known region.

    Raises:
        ApiError: 403, the token does not give access to the requested region.

    """
    if requested is None:
        return [*REGIONS, None] if caller.regions is None else [*sorted(caller.regions)]
    if caller.regions is not None and requested not in caller.regions:
        raise ApiError(403, REGION_CLOSED)
    return [requested]


def _resume(
    sections: list[Section], cursor: re.Match[str] | None, since: str | None
) -> tuple[list[Section], str | None]:
    """The sections left to read from a cursor on, and the position in the first of them to start after.

    The cursor may come from a call with other parameters: when its section is not among these, reading starts at the
    next one.
    """
    if cursor is None:
        return sections, None
    reached = (cursor[1], None if cursor[2] == _NO_REGION else cursor[2])
    left = [section for section in sections if _order(section) >= _order(reached)]
    if not left or left[0] != reached:
        return left, None
    after: str | None = cursor[3]
    if after and since and after < since:
        return left[1:], None  # the rest of the section is older than `since`
    return left, after


def _order(section: Section) -> tuple[int, int]:
    etat, region = section
    return ETATS.index(etat), len(REGIONS) if region is None else list(REGIONS).index(region)


def _page(
    backend: Backend, sections: Sequence[Section], wanted: AnomalyFilter, after: str | None, limit: int
) -> tuple[list[str], str | None]:
    """The identifiers of one page, section after section, and the cursor of the next page; None after the last one."""
    identifiers: list[str] = []
    for number, (etat, region) in enumerate(sections, 1):
        found, rest = backend.follow_up.listed(region, etat, wanted, after=after, limit=limit - len(identifiers))
        identifiers += found
        after = None
        if rest:
            return identifiers, _cursor((etat, region), rest)
        if len(identifiers) == limit:
            return identifiers, _cursor(sections[number], "") if number < len(sections) else None
    return identifiers, None


def _cursor(section: Section, after: str) -> str:
    etat, region = section
    return encoded_cursor(f"{etat}/{region or _NO_REGION}/{after}")


def _visible(request: Request, backend: Backend, caller: Caller) -> AnomalyHistory:
    """The requested anomaly.

    Raises:
        ApiError: 404, it does not exist, it is hidden, or the token does not give access to its region.

    """
    history = backend.follow_up.whole(request.path["id"])
    if history is None or history.anomaly.annonce not in _VISIBLE:
        raise ApiError(404, ANOMALY_UNKNOWN)
    if caller.regions is not None and history.anomaly.data["region"] not in caller.regions:
        raise ApiError(404, ANOMALY_UNKNOWN)
    return history


def _check_current(submitted: SubmittedStep, history: AnomalyHistory) -> None:
    """Raise 409 when the agent had an older follow-up, or older evidence, on the screen."""
    anomaly = history.anomaly
    version = anomaly.suivi.version if anomaly.suivi else 0
    if submitted.version != version:
        raise ApiError(409, outdated(version))
    if submitted.evenement not in (None, anomaly.evenement):
        raise ApiError(409, evidence_changed(anomaly.evenement))


def _history_response(history: AnomalyHistory) -> Response:
    events = [_event(one) for one in history.evenements]
    steps = [_step(one, history.anomaly) for one in history.suivis]
    data = {**_entry(history.anomaly), "evenements": events, "suivis": steps}
    return json_response({"data": data, "links": {}, "meta": {}})


def _entry(anomaly: FollowedAnomaly) -> dict[str, Any]:
    return {
        **{name: value for name, value in anomaly.data.items() if name not in _INTERNAL},
        "etat": anomaly.etat,
        "derniere_evolution": anomaly.jour,
        "suivi": _step(anomaly.suivi, anomaly) if anomaly.suivi else None,
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


def _step(step: FollowUpStep, anomaly: FollowedAnomaly) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(step).items() if name not in ("empreinte", "jti")}
    return {**shown, "constats_changes": step.empreinte != anomaly.empreinte}

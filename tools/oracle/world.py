"""The state across days: the last accepted rows, inactive NDAs, losses, open anomalies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from .anomalies import RULES, Evidence, Facts, Finding, GoneNda, evaluated
from .documents import (
    Declaration,
    Document,
    active_ndas,
    build,
    excluded_sirets,
    habilitations,
    made_inactive,
    replaced_by_siren,
)
from .index import index
from .meta import Meta, meta
from .reading import CATEGORIES, OfRow, Snapshot, read_drop

Key = tuple[str, tuple[tuple[str, str], ...]]  # code, sorted items of cle


@dataclass(frozen=True)
class Event:
    kind: str  # ouverte, modifiee, resolue
    code: str
    cle: dict[str, str]
    severite: str
    occurrence: int
    siret: str | None
    siren: str | None
    nda: str | None
    code_fiche: str | None
    uai: str | None
    source: str | None
    departement: str | None
    region: str | None


@dataclass
class OpenAnomaly:
    code: str
    severite: str
    occurrence: int
    premiere_detection: date
    derniere_detection: date
    finding: Finding


def key_of(code: str, cle: dict[str, str]) -> Key:
    return code, tuple(sorted(cle.items()))


def anomaly_id(code: str, cle: dict[str, str]) -> str:
    """The first 32 hex digits of the SHA-256 of {"cle":{...},"code":"..."}, keys sorted, no spaces, UTF-8."""
    text = json.dumps({"cle": cle, "code": code}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def rows_by_nda(rows: list[OfRow]) -> dict[str, list[OfRow]]:
    found: dict[str, list[OfRow]] = {}
    for row in rows:
        if row.nda:
            found.setdefault(row.nda, []).append(row)
    return found


def categories_true(rows: list[OfRow]) -> set[str]:
    """An NDA's category is true when any of its rows says so."""
    return {category for category in CATEGORIES for row in rows if row.qualiopi[category] == "true"}


class Oracle:
    def __init__(
        self, *, exclusions: tuple[str, ...] = ("hors_contrat", "lycee_agricole"), retention_days: int = 365
    ) -> None:
        self.exclusions = tuple(exclusions)
        self.retention_days = retention_days
        self.documents: dict[str, Document] = {}
        self.excluded: set[str] = set()
        self.set_aside: dict[str, int] = {}
        self.open: dict[Key, OpenAnomaly] = {}
        self._snapshot = Snapshot()
        self._all_documents: dict[str, Document] = {}  # perimeter ignored
        self._held = habilitations(self._snapshot)
        self._inactive: dict[tuple[str, str], tuple[date, Declaration]] = {}  # (siret, nda)
        self._gone: dict[str, GoneNda] = {}
        self._lost_qualiopi: dict[tuple[str, str], list[OfRow]] = {}
        self._lost_habilitations: dict[tuple[str, str], date] = {}
        self._occurrences: dict[Key, int] = {}

    # --- a run's publication ---

    def ingest(self, drop: Path, day: date) -> None:
        snapshot = read_drop(drop, self._snapshot)
        if snapshot.liste_of is None:
            # only `liste_of` is indispensable: without any, the run fails and changes nothing
            raise ValueError("no OF list was ever accepted")
        before = rows_by_nda(self._snapshot.liste_of or [])  # the previously accepted list
        ends = {
            fiche.code: fiche.date_fin_enregistrement for fiche in self._snapshot.fiches()
        }  # as announced until now
        self._snapshot = snapshot
        self.set_aside = dict(snapshot.set_aside)
        self._age_ndas(before, snapshot.liste_of, day)
        self._age_qualiopi(before, rows_by_nda(snapshot.liste_of))
        self._age_habilitations(ends, day)
        self._all_documents = build(snapshot, {key: carried for key, (_since, carried) in self._inactive.items()})
        self.excluded = excluded_sirets(snapshot, self.exclusions)
        self.documents = {
            siret: document for siret, document in self._all_documents.items() if siret not in self.excluded
        }

    def index(self) -> dict[str, list[str]]:
        """The SIRETs of each identifier."""
        return index(self.documents)

    def meta(self) -> dict[str, Meta]:
        """What goes beside each document."""
        return meta(self._snapshot, self.documents)

    def _age_ndas(self, before: dict[str, list[OfRow]], rows: list[OfRow], day: date) -> None:
        now = rows_by_nda(rows)
        # In the previously accepted list and gone from the one accepted now: inactive as of this run,
        # on the documents that carried it.
        for nda, last_rows in before.items():
            if nda not in now:
                self._gone[nda] = GoneNda(day, last_rows)
        for siret, document in self._all_documents.items():
            for nda, active in active_ndas(document).items():
                if nda in before and nda not in now:
                    self._inactive[(siret, nda)] = (day, made_inactive(active))
        # If it comes back it is active again; an NDA that a listed row of the same SIREN names in
        # numerosDeclarationActivitePrecedent was replaced; dropped when its age reaches the retention.
        replaced = replaced_by_siren(rows)
        for siret, nda in list(self._inactive):
            since, _carried = self._inactive[(siret, nda)]
            is_replaced = nda in replaced.get(siret[:9], set())
            if nda in now or is_replaced or (day - since).days >= self.retention_days:
                del self._inactive[(siret, nda)]
        for nda, gone in list(self._gone.items()):
            sirens = {row.siren() for row in gone.rows} - {None}
            is_replaced = any(nda in replaced.get(siren or "", set()) for siren in sirens)
            if nda in now or is_replaced or (day - gone.since).days >= self.retention_days:
                del self._gone[nda]

    def _age_qualiopi(self, before: dict[str, list[OfRow]], now: dict[str, list[OfRow]]) -> None:
        for nda, last_rows in before.items():
            if nda in now:
                for category in categories_true(last_rows) - categories_true(now[nda]):
                    self._lost_qualiopi[(nda, category)] = last_rows
        # closes when true again, or when the NDA leaves the list
        for nda, category in list(self._lost_qualiopi):
            if nda not in now or category in categories_true(now[nda]):
                del self._lost_qualiopi[(nda, category)]

    def _age_habilitations(self, announced_ends: dict[str, date | None], day: date) -> None:
        previous, self._held = self._held, habilitations(self._snapshot)
        active = {(siret, code) for siret, all_of in self._held.items() for code, one in all_of.items() if one.active}
        in_force = {fiche.code for fiche in self._snapshot.fiches() if fiche.actif == "Oui"}
        for siret, entries in previous.items():
            for code, one in entries.items():
                # The fiche is inactive or gone now, and its end as the previous register gave it is not after the day.
                end = announced_ends.get(code)
                as_announced = code not in in_force and end is not None and end <= day
                if one.active and (siret, code) not in active and not as_announced:
                    self._lost_habilitations[(siret, code)] = day
        # closes when active again, or when its age reaches 90 days
        for key, since in list(self._lost_habilitations.items()):
            if key in active or (day - since).days >= 90:
                del self._lost_habilitations[key]

    # --- a run's reconciliation ---

    def reconcile(self, day: date) -> list[Event]:
        facts = Facts(
            day=day,
            snapshot=self._snapshot,
            documents=self.documents,
            held=self._held,
            gone=self._gone,
            lost_qualiopi=self._lost_qualiopi,
            lost_habilitations=self._lost_habilitations,
        )
        events: list[Event] = []
        for code, rule in RULES.items():
            if not evaluated(rule, self._snapshot):
                continue  # its open anomalies stay as they are
            found = {key_of(code, finding.cle): finding for finding in rule.findings(facts)}
            for key, finding in sorted(found.items()):
                if key not in self.open:
                    self._occurrences[key] = self._occurrences.get(key, 0) + 1
                    anomaly = OpenAnomaly(code, rule.severite, self._occurrences[key], day, day, finding)
                    self.open[key] = anomaly
                    events.append(event("ouverte", anomaly))
                    continue
                anomaly = self.open[key]
                changed = anomaly.finding.constats != finding.constats
                anomaly.finding, anomaly.derniere_detection = finding, day
                if changed:
                    events.append(event("modifiee", anomaly))
            for key in sorted(self.open):
                if key[0] == code and key not in found:
                    events.append(event("resolue", self.open.pop(key)))
        return events


def event(kind: str, anomaly: OpenAnomaly) -> Event:
    finding = anomaly.finding
    return Event(
        kind=kind,
        code=anomaly.code,
        cle=dict(finding.cle),
        severite=anomaly.severite,
        occurrence=anomaly.occurrence,
        siret=finding.siret,
        siren=finding.siren,
        nda=finding.nda,
        code_fiche=finding.code_fiche,
        uai=finding.uai,
        source=finding.source,
        departement=finding.departement,
        region=finding.region,
    )


__all__ = ["Event", "Evidence", "OpenAnomaly", "Oracle", "anomaly_id", "key_of"]

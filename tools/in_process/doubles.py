"""The project's ports in a folder and in memory: the same runs without AWS."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from quiforme.anomalies.follow_up import AnomalyFilter, AnomalyHistory, FollowedAnomaly, FollowUpStep, VersionConflict
from quiforme.anomalies.ports import AnomalyEvent, LedgerState
from quiforme.registry.ports import Conflict, Held, Intent, Item, Publication, Spent
from quiforme.snapshot.ports import Offer, Version
from quiforme.sources.catalogue import Source


def four_o_clock(day: date) -> datetime:
    """The scheduled time of a day's run."""
    return datetime.combine(day, time(4), UTC)


@dataclass
class FolderDrop:
    folder: Path

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        offers = [self._offer(source, path, known) for path in self.folder.iterdir() if source.matches(path.name)]
        offer = max(offers, key=lambda one: (one.day, one.version.file), default=None)
        if offer and offer.fetched:
            shutil.copy(self.folder / offer.version.file, target)
        return offer

    def _offer(self, source: Source, path: Path, known: Version | None) -> Offer:
        version = Version(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        laid = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        return Offer(version, source.day_in_name(path.name) or laid, fetched=version != known)


@dataclass
class FolderStorage:
    """Objects as files; it can die at its n-th deletion."""

    folder: Path
    dies_at: int = -1
    deletions: int = 0

    def keys(self, prefix: str) -> list[str]:
        paths = (str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())
        return sorted(path for path in paths if path.startswith(prefix))

    def get(self, key: str, target: Path) -> None:
        shutil.copy(self.folder / key, target)

    def put(self, key: str, source: Path) -> None:
        self.write(key, source.read_bytes())

    def read(self, key: str) -> bytes:
        return (self.folder / key).read_bytes()

    def write(self, key: str, content: bytes) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.deletions += 1
            if self.deletions == self.dies_at:
                raise Died
            (self.folder / key).unlink(missing_ok=True)


class Died(Exception):
    """The process was killed here."""


@dataclass
class MemoryRegistry:
    """A registry that can die at its n-th change, before or after it takes effect."""

    items: dict[tuple[str, int], Item] = field(default_factory=dict)
    pointer: Publication | None = None
    retained: Held | None = None
    writing: Intent | None = None
    days: dict[date, Publication] = field(default_factory=dict)
    dies_at: int = -1
    after_effect: bool = False
    changes: int = 0

    @property
    def spent(self) -> Spent:
        return Spent()

    def _change(self) -> bool:
        """Count a change; whether it takes effect."""
        self.changes += 1
        if self.changes == self.dies_at and not self.after_effect:
            raise Died
        return self.changes == self.dies_at

    def current(self) -> Publication | None:
        return self.pointer

    def write(self, generation: int, items: Iterable[Item]) -> None:
        for item in items:
            dying = self._change()
            self.items[item.id, generation] = replace(item, generation=generation)
            if dying:
                raise Died

    def erase(self, keys: Iterable[tuple[str, int]]) -> None:
        for key in keys:
            self.items.pop(key, None)

    def objects(self, identifier: str) -> set[str]:  # every item holds its document here
        return set()

    def publish(
        self, publication: Publication, *, replacing: Publication | None, day: date, released: Held | None = None
    ) -> None:
        dying = self._change()
        if self.pointer != replacing:
            raise Conflict
        self.pointer, self.retained = publication, released
        self.days[day] = publication
        if dying:
            raise Died

    def held(self) -> Held | None:
        return self.retained

    def hold(self, held: Held | None, *, beside: Publication) -> None:
        dying = self._change()
        if self.pointer != beside:
            raise Conflict
        self.retained = held
        if dying:
            raise Died

    def intent(self) -> Intent | None:
        return self.writing

    def set_intent(self, intent: Intent) -> None:
        dying = self._change()
        self.writing = intent
        if dying:
            raise Died

    def clear_intent(self) -> None:
        dying = self._change()
        self.writing = None
        if dying:
            raise Died

    def read(self, identifier: str, generation: int) -> Item | None:
        known = [number for of, number in self.items if of == identifier and number <= generation]
        return self.items[identifier, max(known)] if known else None

    def answers(self) -> dict[str, Item]:
        """What every identifier answers now."""
        if self.pointer is None:
            return {}
        newest: dict[str, Item] = {}
        for (siret, generation), item in sorted(self.items.items(), key=lambda entry: entry[0][1]):
            if generation <= self.pointer.generation:
                newest[siret] = item
        return newest

    def documents(self) -> dict[str, Any]:
        """The current documents, parsed."""
        return {siret: json.loads(item.data) for siret, item in self.answers().items() if item.etat == "document"}


@dataclass
class MemoryPointer:
    state: LedgerState | None = None

    def get(self) -> LedgerState | None:
        return self.state

    def move(self, state: LedgerState, *, replacing: LedgerState | None) -> None:
        if self.state != replacing:
            raise Conflict
        self.state = state


@dataclass
class MemoryOutbox:
    """A queue that can die after a number of events."""

    events: list[dict[str, Any]] = field(default_factory=list)
    dies_after: int | None = None

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        for event in events:
            if self.dies_after is not None and len(self.events) >= self.dies_after:
                raise Died
            self.events.append(event)


@dataclass
class MemoryFollowUp:
    """The follow-up, as the reconciliation and as agents see it."""

    events: dict[tuple[str, int], AnomalyEvent] = field(default_factory=dict)
    counted: dict[str, Any] | None = None
    steps: dict[str, list[FollowUpStep]] = field(default_factory=dict)

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        self.events |= {(one.anomaly, one.sequence): one for one in news}

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        self.counted = statistics

    def dismissed(self) -> Iterable[tuple[str, str]]:
        return [(anomaly, steps[-1].empreinte) for anomaly, steps in self.steps.items() if steps[-1].dismisses]

    def stands(self, anomaly: str) -> AnomalyEvent:
        """The last thing that happened to one."""
        return max(self._of(anomaly), key=lambda one: one.sequence)

    def _of(self, anomaly: str) -> list[AnomalyEvent]:
        return [one for (name, _), one in sorted(self.events.items()) if name == anomaly]

    def listed(
        self, region: str | None, etat: str, wanted: AnomalyFilter, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        places = sorted(
            (
                f"{one.day}#{one.anomaly}"
                for one in map(self.stands, {name for name, _ in self.events})
                if one.announcement in ("faite", "classee")
                and (one.event["data"]["region"], one.status) == (region, etat)
                and wanted.code in (None, one.event["data"]["code"])
                and wanted.severite in (None, one.event["data"]["severite"])
                and one.day >= (wanted.depuis or "")
            ),
            reverse=True,
        )
        left = [place for place in places if after is None or place < after]
        page = left[:limit]
        return [place.partition("#")[2] for place in page], page[-1] if len(left) > limit else None

    def read(self, identifiers: Sequence[str]) -> list[FollowedAnomaly]:
        return [self._dossier(one) for one in identifiers]

    def _dossier(self, anomaly: str) -> FollowedAnomaly:
        one, steps = self.stands(anomaly), self.steps.get(anomaly)
        last = steps[-1] if steps else None
        return FollowedAnomaly(
            one.event["data"], one.status, one.announcement, one.day, one.event["id"], one.digest, last
        )

    def whole(self, identifier: str) -> AnomalyHistory | None:
        of = self._of(identifier)
        if not of:
            return None
        told = [{"jour": one.day, "annonce": one.announced, "message": one.event} for one in of]
        return AnomalyHistory(self._dossier(identifier), told, self.steps.get(identifier, []))

    def add(self, identifier: str, step: FollowUpStep) -> None:
        steps = self.steps.setdefault(identifier, [])
        if step.version != len(steps) + 1:
            raise VersionConflict
        steps.append(step)

    def statistics(self) -> dict[str, Any] | None:
        return self.counted

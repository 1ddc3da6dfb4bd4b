"""The whole system without AWS, and the oracle beside it, day by day."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quiforme.ingestion import World, ingest
from quiforme.reconciliation import Office, reconcile
from quiforme.sources.catalogue import SOURCES

from tests.doubles import FolderDrop, FolderStorage, MemoryOutbox, MemoryPointer, MemoryRegistry, four_o_clock
from tests.oracle import Event, Oracle

EXCLUSIONS = ("hors_contrat", "lycee_agricole")
Told = tuple[str, str, str, str, int, str | None, str | None]


@dataclass
class System:
    """Documents and anomalies of a drop in `root`."""

    root: Path
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    pointer: MemoryPointer = field(default_factory=MemoryPointer)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    announced: int = 0

    @property
    def drop(self) -> Path:
        folder = self.root / "drop"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def ingest(self, day: date) -> dict[str, Any]:
        def announce(*_: object) -> None:
            self.announced += 1

        with TemporaryDirectory() as scratch:
            world = World(
                origins=dict.fromkeys((source.name for source in SOURCES), FolderDrop(self.drop)),
                storage=FolderStorage(self.root / "storage"),
                registry=self.registry,
                announce=announce,
                scratch=Path(scratch),
                memory_limit_mb=1000,
                retention_days=365,
                exclusions=EXCLUSIONS,
            )
            return ingest(world, four_o_clock(day), run_id=uuid.uuid4().hex)

    def reconcile(self, day: date) -> dict[str, Any]:
        with TemporaryDirectory() as scratch:
            office = Office(
                storage=FolderStorage(self.root / "storage"),
                publication=self.registry.current(),
                pointer=self.pointer,
                outbox=self.outbox,
                scratch=Path(scratch),
                memory_limit_mb=1000,
            )
            return reconcile(office, four_o_clock(day), run_id=uuid.uuid4().hex)

    def told(self) -> set[Told]:
        """The events sent since the last call, those on a changed evidence left out."""
        events, self.outbox.events = self.outbox.events, []
        return told_by_messages(events)


def told_by_messages(events: list[dict[str, Any]]) -> set[Told]:
    """What messages say, in the form that the oracle's events take."""
    return {
        (
            event["type"].split(".")[3],
            event["data"]["code"],
            json.dumps(event["data"]["cle"], sort_keys=True),
            event["data"]["severite"],
            event["data"]["occurrence"],
            event["data"]["region"],
            event["data"]["departement"],
        )
        for event in events
        if ".modifiee." not in event["type"]
    }


def told_by_oracle(events: list[Event]) -> set[Told]:
    """The same from the oracle."""
    return {
        (
            event.kind,
            event.code,
            json.dumps(event.cle, sort_keys=True),
            event.severite,
            event.occurrence,
            event.region,
            event.departement,
        )
        for event in events
        if event.kind != "modifiee"
    }


def check_day(system: System, oracle: Oracle, day: date) -> None:
    """Run both on the drop as it stands; documents, exclusions and anomalies must be the same."""
    oracle.ingest(system.drop, day)
    summary = system.ingest(day)
    documents = system.registry.documents()
    wrong = {
        siret for siret in documents.keys() | oracle.documents if documents.get(siret) != oracle.documents.get(siret)
    }
    assert not wrong, (day, sorted(wrong)[:3])
    assert summary["documents"]["total"] == len(oracle.documents)
    out = {siret for siret, item in system.registry.answers().items() if item.etat == "hors_perimetre"}
    assert oracle.excluded <= out
    system.reconcile(day)
    assert system.told() == told_by_oracle(oracle.reconcile(day)), day

"""The whole system without AWS, and the oracle beside it, day by day."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quiforme.anomalies.decision import Decision, decide, held
from quiforme.anomalies.ledger import LedgerStore
from quiforme.enrichment.services import EnrichmentServices
from quiforme.jobs.ingestion import IngestionContext, RunRequest, Unfinished, ingest
from quiforme.jobs.reconciliation import ReconciliationContext, reconcile
from quiforme.pipeline.losses import LEAST, LossLimits
from quiforme.run_id import new_run_id
from quiforme.snapshot.manifest import DocumentSettings, Manifest
from quiforme.sources.catalogue import SOURCES

from tools.in_process.doubles import (
    FolderDrop,
    FolderStorage,
    MemoryFollowUp,
    MemoryOutbox,
    MemoryPointer,
    MemoryRegistry,
    four_o_clock,
)
from tools.in_process.insee import KEY
from tools.oracle import Event, Oracle
from tools.oracle.anomalies import RULES

SETTINGS = DocumentSettings(retention_days=365, exclusions=("hors_contrat", "lycee_agricole"))
Told = tuple[str, str, str, str, int, str | None, str | None]


@dataclass
class System:
    """Documents and anomalies of a drop in `root`."""

    root: Path
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    pointer: MemoryPointer = field(default_factory=MemoryPointer)
    follow_up: MemoryFollowUp = field(default_factory=MemoryFollowUp)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    announced: int = 0
    loss_limits: LossLimits = field(default_factory=lambda: LossLimits(5, LEAST))
    history_days: int = 3650
    today: date = date.max
    enough_time: Callable[[], bool] = lambda: True
    sirene_address: str | None = None
    geocoder_address: str | None = None
    between: Callable[[], None] = lambda: None

    @property
    def storage(self) -> FolderStorage:
        return FolderStorage(self.root / "storage")

    @property
    def drop(self) -> Path:
        folder = self.root / "drop"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def copied(self, root: Path) -> "System":
        """The same system in another folder, independent of this one."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return deepcopy(replace(self, root=root))

    def manifest(self) -> Manifest:
        """What the run published last used and made."""
        assert self.registry.pointer
        return Manifest.model_validate_json(self.storage.read(self.registry.pointer.snapshot))

    def ingest(self, day: date, *, any_volume: tuple[str, ...] = ()) -> dict[str, Any]:
        """One run, in as many invocations as it takes."""
        order = RunRequest(four_o_clock(day), new_run_id(four_o_clock(day)), any_volume)
        while True:
            with TemporaryDirectory() as scratch:
                try:
                    return ingest(self._world(Path(scratch)), order)
                except Unfinished as unfinished:
                    self.between()
                    order = replace(order, progress_key=unfinished.progress_key)

    def _world(self, scratch: Path) -> IngestionContext:
        def announce(*_: object) -> None:
            self.announced += 1

        return IngestionContext(
            origins=dict.fromkeys((source.name for source in SOURCES), FolderDrop(self.drop)),
            storage=self.storage,
            registry=self.registry,
            announce=announce,
            scratch=scratch,
            memory_limit_mb=1000,
            settings=SETTINGS,
            loss_limits=self.loss_limits,
            history_days=self.history_days,
            services=EnrichmentServices(
                self.sirene_address, KEY, self.geocoder_address, lambda: 60.0 if self.enough_time() else 0.0
            ),
            reconciled=lambda: self.pointer.state.snapshot if self.pointer.state else None,
            today=self.today,
        )

    def reconcile(self, day: date) -> dict[str, Any]:
        with TemporaryDirectory() as scratch:
            context = ReconciliationContext(
                store=self._ledger_store(Path(scratch)),
                publication=self.registry.current(),
                memory_limit_mb=1000,
                forget_before=day - timedelta(days=self.history_days),
            )
            return reconcile(context, four_o_clock(day), run_id=new_run_id(four_o_clock(day)))

    def held(self) -> dict[str, int]:
        """How many openings the flood breaker holds, by code."""
        with TemporaryDirectory() as scratch:
            return held(self._ledger_store(Path(scratch)), memory_limit_mb=1000)

    def decide(self, code: str, decision: Decision, day: date) -> dict[str, Any]:
        """What ops decide of them."""
        publication = self.registry.current()
        assert publication
        with TemporaryDirectory() as scratch:
            return decide(
                self._ledger_store(Path(scratch)),
                code,
                decision,
                day=day,
                generation=publication.generation,
                run_id=new_run_id(four_o_clock(day)),
                memory_limit_mb=1000,
            )

    def _ledger_store(self, scratch: Path) -> LedgerStore:
        return LedgerStore(self.storage, self.pointer, self.follow_up, self.outbox, scratch, "https://api.example")

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
        # The oracle does not speak of the sources themselves: tests/integration/test_sources.py does.
        if ".modifiee." not in event["type"] and event["data"]["code"] in RULES
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
    answers = system.registry.answers()
    assert {name: json.loads(item.data) for name, item in answers.items() if item.etat == "index"} == oracle.index(), (
        day
    )
    beside = oracle.meta()
    for siret in documents:
        identity, said = (json.loads(text) for text in (answers[siret].identite, answers[siret].details))
        assert identity.pop("adresse_ban") is None  # the oracle has no geocoder
        said["etablissement"] |= identity
        assert said == beside[siret], (day, siret)
        assert answers[siret].non_diffusible or not said["etablissement"]["diffusion_partielle"], (day, siret)
    out = {siret for siret, item in answers.items() if item.etat == "hors_perimetre"}
    assert oracle.excluded <= out
    system.reconcile(day)
    assert system.told() == told_by_oracle(oracle.reconcile(day)), day

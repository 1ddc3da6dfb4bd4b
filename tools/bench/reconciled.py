"""Two days at national size, each ingested and then reconciled: every step in its own process, on one storage.

The first day opens every anomaly. On the second day one row in a hundred of the OF list has another date, as in
`project.second_day`.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quiforme.anomalies.ledger import LedgerStore
from quiforme.anomalies.ports import AnomalyEvent, LedgerState
from quiforme.jobs.reconciliation import ReconciliationContext, reconcile
from quiforme.registry.ports import Publication

from tools.bench import project
from tools.bench.data import DAY
from tools.in_process.doubles import MemoryFollowUp, MemoryPointer, four_o_clock

STEPS = ("first_ingestion", "first_reconciliation", "next_ingestion", "next_reconciliation")
_DAYS = {"first": DAY, "next": DAY + timedelta(days=1)}


class _FollowUp(MemoryFollowUp):
    """Accepts events and keeps none; the real one is another service."""

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        for _ in news:
            pass


@dataclass
class _Outbox:
    """Accepts events at once and counts them."""

    sent: int = field(default=0)

    def send(self, events: Any) -> None:
        self.sent += sum(1 for _ in events)


def step(name: str, folder: Path, scratch: Path) -> dict[str, float]:
    """Run one of STEPS on what the previous steps left in `scratch`; returns its seconds and the number of events sent."""
    which, what = name.split("_")
    storage = scratch / "kept"
    if what == "ingestion":
        return {"seconds": _ingest(folder, scratch, storage, which=which)}
    return _reconcile(scratch, storage, which=which)


def _ingest(folder: Path, scratch: Path, storage: Path, *, which: str) -> float:
    registry = project.Registry()
    published = scratch / "publication.json"
    if published.exists():
        registry.pointer = Publication(**json.loads(published.read_text(encoding="utf-8")))
    with TemporaryDirectory(dir=scratch) as tomorrow:
        if which == "next":
            project.write_second_day(folder, Path(tomorrow))
            folder = Path(tomorrow)
        drop = project.Drop(folder)
        start = time.perf_counter()
        project.run(drop, scratch, storage, registry, _DAYS[which])
        seconds = time.perf_counter() - start
    assert registry.pointer
    published.write_text(json.dumps(asdict(registry.pointer)), encoding="utf-8")
    return seconds


def _reconcile(scratch: Path, storage: Path, *, which: str) -> dict[str, float]:
    ledger = scratch / "ledger.json"
    known = LedgerState.from_json(ledger.read_text(encoding="utf-8")) if ledger.exists() else None
    pointer, outbox = MemoryPointer(known), _Outbox()
    publication = Publication(**json.loads((scratch / "publication.json").read_text(encoding="utf-8")))
    with TemporaryDirectory(dir=scratch) as own:
        context = ReconciliationContext(
            store=LedgerStore(
                storage=project.Storage(storage),
                pointer=pointer,
                follow_up=_FollowUp(),
                outbox=outbox,
                scratch=Path(own),
                api_url="https://api.example",
            ),
            publication=publication,
            memory_limit_mb=project.MEMORY_MB // 2,
            forget_before=DAY - timedelta(days=3650),
        )
        start = time.perf_counter()
        summary = reconcile(context, four_o_clock(_DAYS[which]), run_id=f"{_DAYS[which]:%Y%m%d}T040000Z-bench")
        seconds = time.perf_counter() - start
    assert pointer.state
    ledger.write_text(pointer.state.to_json(), encoding="utf-8")
    stages: dict[str, float] = summary["seconds"]
    return {"seconds": seconds, "events": outbox.sent, "open": summary["still_open"], **stages}

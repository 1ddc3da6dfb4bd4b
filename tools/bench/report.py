"""The measures as tables: ratios first, because seconds depend on the machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.bench.measures import PUBLISHED, Measure


@dataclass(frozen=True, slots=True)
class Pair:
    """The project and the floor, measured in turn, several times each."""

    projects: list[Measure]
    floors: list[Measure]

    @property
    def project(self) -> Measure:
        """The quicker run."""
        return min(self.projects, key=_ready)

    @property
    def floor(self) -> Measure:
        """The quicker run."""
        return min(self.floors, key=Measure.total)

    @property
    def ratio(self) -> float:
        """How many times as long as the floor."""
        return _ready(self.project) / self.floor.total()


def _ready(project: Measure) -> float:
    """Seconds from local files to documents ready."""
    return project.figures["sources"] + project.figures["documents"]


def _compared(project: Measure) -> float:
    """Seconds until the changes to write are known, fingerprints and index included."""
    return _ready(project) + project.figures["changes"]


def equality(documents: int) -> str:
    """The comparison made before any measurement."""
    return f"The project and the straightforward version make the same {documents:,} documents of a small France.\n"


def against_the_floor(measured: Mapping[float, Pair]) -> list[str]:
    """From local files to documents ready, at each scale; the floor by source at the largest."""
    lines = [
        "## From local files to documents ready (target: at most 2 times the floor, under 3 072 MiB)\n",
        "| scale | documents | sources s | documents s | total s | floor s | ratio | peak MiB | with changes s | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for scale, pair in measured.items():
        figures = pair.project.figures
        lines.append(
            f"| {scale:g} | {figures['made']:,.0f} | {figures['sources']:.1f} | {figures['documents']:.1f} "
            f"| {_ready(pair.project):.1f} | {pair.floor.total():.1f} | **{pair.ratio:.2f}** "
            f"| {max(one.peak_mib for one in pair.projects):,} "
            f"| {_compared(pair.project):.1f} | {_compared(pair.project) / pair.floor.total():.2f} |"
        )
    smallest, largest = min(measured), max(measured)
    if smallest < largest:
        growth = _ready(measured[largest].project) / _ready(measured[smallest].project)
        lines.append(f"\n{largest / smallest:g} times the data takes {growth:.2f} times as long.")
    lines.append(
        "\nWith changes: includes the index, the fingerprints and the comparison with the previous generation."
    )
    parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in measured[largest].floor.figures.items())
    return [*lines, f"\nThe floor at {largest:g}, in seconds: {parts}.\n"]


def against_straightforward(ours: Measure, theirs: Measure, *, scale: float) -> list[str]:
    """Documents made in sets and written in batches, against one by one."""
    return [
        f"## Against one row at a time, at {scale:g} of the national size (target: 10 times faster)\n",
        "| | documents s | written s | total s | peak MiB |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {one.figures['documents']:.1f} | {one.figures['written']:.1f} | {one.total():.1f} "
            f"| {one.peak_mib:,} |"
            for name, one in (("in sets", ours), ("one by one", theirs))
        ),
        f"\n**{theirs.total() / ours.total():.1f} times faster**; neither uses the network.\n",
    ]


def second_day(measure: Measure, *, scale: float) -> list[str]:
    """What a day with 1 % of changes writes and costs."""
    figures = measure.figures
    return [
        f"## A second day on which 1 % of the OF list changed, at {scale:g} of the national size\n",
        f"{figures['written']:,.0f} of {figures['total']:,.0f} documents written (**{figures['written'] / figures['total']:.2%}**) "
        f"in {-(-figures['written'] // 25):,.0f} requests and {figures['units']:,.0f} write units; the first day took "
        f"{figures['first_units']:,.0f}. The run takes {figures['seconds']:.1f} s without the network, "
        f"{figures['gb_seconds']:.0f} GB-seconds.\n",
    ]


def reconciled(steps: Mapping[str, Measure], *, scale: float) -> list[str]:
    """Two days: each reconciliation against the ingestion that precedes it."""
    lines = [
        f"## Reconciliation against the ingestion that precedes it, at {scale:g} of the national size (target: under half)\n",
        "| day | events | open | ingestion s | MiB | reconciliation s | MiB | ratio of time | of memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for day in ("first", "next"):
        ingestion, reconciliation = steps[f"{day}_ingestion"], steps[f"{day}_reconciliation"]
        figures, ingestion_s = reconciliation.figures, ingestion.figures["seconds"]
        lines.append(
            f"| {day} | {figures['events']:,.0f} | {figures['open']:,.0f} | {ingestion_s:.1f} | {ingestion.peak_mib:,} "
            f"| {figures['seconds']:.1f} | {reconciliation.peak_mib:,} | **{figures['seconds'] / ingestion_s:.2f}** "
            f"| **{reconciliation.peak_mib / ingestion.peak_mib:.2f}** |"
        )
    stages = ", ".join(
        f"{name} {steps['next_reconciliation'].figures[name]:.1f}" for name in ("facts", "rules", "ledger", "sending")
    )
    return [*lines, f"\nThe next day's reconciliation, in seconds: {stages}. Neither day uses the network.\n"]


def publication(measure: Measure) -> list[str]:
    """The client that writes to DynamoDB."""
    seconds = measure.figures["documents"]
    return [
        "## Publication client, one core, no network (target: 25 000 documents/s)\n",
        f"{PUBLISHED:,} documents of 1.6 KB in {seconds:.1f} s: **{PUBLISHED / seconds:,.0f} documents/s**.",
    ]

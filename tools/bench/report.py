"""The measures as tables: ratios first, since seconds are those of one machine."""

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
    return project.told["sources"] + project.told["documents"]


def _compared(project: Measure) -> float:
    """Seconds until it is known what has to be written of them, fingerprints and index included."""
    return _ready(project) + project.told["changes"]


def equality(documents: int) -> str:
    """What was compared before anything was timed."""
    return f"The project and the straightforward version make the same {documents:,} documents of a small France.\n"


def against_the_floor(measured: Mapping[float, Pair]) -> list[str]:
    """From local files to documents ready, at each scale; the floor by source at the largest."""
    lines = [
        "## From local files to documents ready (target: at most 2 times the floor, under 3 072 MiB)\n",
        "| scale | documents | sources s | documents s | total s | floor s | ratio | peak MiB | with changes s | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for scale, pair in measured.items():
        told = pair.project.told
        lines.append(
            f"| {scale:g} | {told['made']:,.0f} | {told['sources']:.1f} | {told['documents']:.1f} "
            f"| {_ready(pair.project):.1f} | {pair.floor.total():.1f} | **{pair.ratio:.2f}** "
            f"| {max(one.peak_mib for one in pair.projects):,} "
            f"| {_compared(pair.project):.1f} | {_compared(pair.project) / pair.floor.total():.2f} |"
        )
    smallest, largest = min(measured), max(measured)
    if smallest < largest:
        growth = _ready(measured[largest].project) / _ready(measured[smallest].project)
        lines.append(f"\n{largest / smallest:g} times the data takes {growth:.2f} times as long.")
    lines.append("\nWith changes: the index and the fingerprints are made too, and held against the day before.")
    parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in measured[largest].floor.told.items())
    return [*lines, f"\nThe floor at {largest:g}, in seconds: {parts}.\n"]


def against_straightforward(ours: Measure, theirs: Measure, *, scale: float) -> list[str]:
    """Documents made in sets and written in batches, and one by one."""
    return [
        f"## Against one row at a time, at {scale:g} of the national size (target: 10 times faster)\n",
        "| | documents s | written s | total s | peak MiB |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {one.told['documents']:.1f} | {one.told['written']:.1f} | {one.total():.1f} "
            f"| {one.peak_mib:,} |"
            for name, one in (("in sets", ours), ("one by one", theirs))
        ),
        f"\n**{theirs.total() / ours.total():.1f} times faster**; nothing goes over the network.\n",
    ]


def second_day(measure: Measure, *, scale: float) -> list[str]:
    """What a day with 1 % of changes writes and takes."""
    told = measure.told
    return [
        f"## A second day on which 1 % of the OF list changed, at {scale:g} of the national size\n",
        f"{told['written']:,.0f} of {told['total']:,.0f} documents written (**{told['written'] / told['total']:.2%}**) "
        f"in {-(-told['written'] // 25):,.0f} requests and {told['units']:,.0f} write units; the first day took "
        f"{told['first_units']:,.0f}. The run takes {told['seconds']:.1f} s without the network, "
        f"{told['gb_seconds']:.0f} GB-seconds.\n",
    ]


def reconciled(steps: Mapping[str, Measure], *, scale: float) -> list[str]:
    """Two days: each reconciliation against the ingestion before it."""
    lines = [
        f"## Reconciliation against the ingestion before it, at {scale:g} of the national size (target: under half)\n",
        "| day | told | open | ingestion s | MiB | reconciliation s | MiB | ratio of time | of memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for day in ("first", "next"):
        before, after = steps[f"{day}_ingestion"], steps[f"{day}_reconciliation"]
        told, s, before_s = after.told, after.told["seconds"], before.told["seconds"]
        lines.append(
            f"| {day} | {told['told']:,.0f} | {told['open']:,.0f} | {before_s:.1f} | {before.peak_mib:,} "
            f"| {s:.1f} | {after.peak_mib:,} | **{s / before_s:.2f}** | **{after.peak_mib / before.peak_mib:.2f}** |"
        )
    stages = ", ".join(
        f"{name} {steps['next_reconciliation'].told[name]:.1f}" for name in ("facts", "rules", "ledger", "sending")
    )
    return [*lines, f"\nThe next day's, in seconds: {stages}. Neither has a network.\n"]


def publication(measure: Measure) -> list[str]:
    """The client that writes to DynamoDB."""
    seconds = measure.told["documents"]
    return [
        "## Publication client, one core, no network (target: 25 000 documents/s)\n",
        f"{PUBLISHED:,} documents of 1.6 KB in {seconds:.1f} s: **{PUBLISHED / seconds:,.0f} documents/s**.",
    ]

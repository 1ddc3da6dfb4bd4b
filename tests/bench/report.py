"""The measures as tables: ratios first, since seconds are those of one machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.measures import PUBLISHED, Measure


@dataclass(frozen=True, slots=True)
class Pair:
    """The project and the floor, measured in the same run."""

    project: Measure
    floor: list[Measure]

    @property
    def project_s(self) -> float:
        """From local files to documents ready."""
        return self.project.told["sources"] + self.project.told["documents"]

    @property
    def floor_s(self) -> float:
        """The quicker of its runs."""
        return min(sum(run.told.values()) for run in self.floor)


def equality(documents: int) -> str:
    """What was compared before anything was timed."""
    return f"The project and the straightforward version make the same {documents:,} documents of a small France.\n"


def against_the_floor(measured: Mapping[float, Pair]) -> list[str]:
    """From local files to documents ready, at each scale; the floor by source at the largest."""
    lines = [
        "## From local files to documents ready (target: at most 2 times the floor, under 3 072 MiB)\n",
        "| scale | documents | sources s | documents s | total s | floor s | ratio | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for scale, pair in measured.items():
        told = pair.project.told
        lines.append(
            f"| {scale:g} | {told['made']:,.0f} | {told['sources']:.1f} | {told['documents']:.1f} | {pair.project_s:.1f} "
            f"| {pair.floor_s:.1f} | **{pair.project_s / pair.floor_s:.2f}** | {pair.project.peak_mib:,} |"
        )
    smallest, largest = min(measured), max(measured)
    if smallest < largest:
        growth = measured[largest].project_s / measured[smallest].project_s
        lines.append(f"\n{largest / smallest:g} times the data takes {growth:.2f} times as long.")
    floor = min(measured[largest].floor, key=lambda run: sum(run.told.values()))
    parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in floor.told.items())
    return [*lines, f"\nThe floor at {largest:g}, in seconds: {parts}.\n"]


def against_straightforward(ours: Measure, theirs: Measure, *, scale: float) -> list[str]:
    """Documents made in sets, and one by one."""
    ours_s, theirs_s = ours.told["sources"] + ours.told["documents"], theirs.told["documents"]
    return [
        f"## Against one row at a time, at {scale:g} of the national size (target: 10 times faster)\n",
        f"In sets {ours_s:.1f} s and {ours.peak_mib:,} MiB, one by one {theirs_s:.1f} s and {theirs.peak_mib:,} MiB: "
        f"**{theirs_s / ours_s:.1f} times faster**.\n",
    ]


def publication(measure: Measure) -> list[str]:
    """The client that writes to DynamoDB."""
    seconds = measure.told["documents"]
    return [
        "## Publication client, one core, no network (target: 25 000 documents/s)\n",
        f"{PUBLISHED:,} documents of 1.6 KB in {seconds:.1f} s: **{PUBLISHED / seconds:,.0f} documents/s**.",
    ]

"""Where a run stopped for want of time, written down for the invocation that goes on with it."""

from pydantic import Field

from quiforme.registry.ports import Publication
from quiforme.snapshot.manifest import Enrichment, Frozen, SourceOutcome

PREFIX = "progress/"


class Progress(Frozen):
    """Where a run stopped for want of time.

    Attributes:
        replacing: The publication that the run started from; when another stands by then, it starts afresh.
        outcomes: The sources done.
        enrichment: The services asked; None before that.
        written: How many items are written of the generation under way; None before the first.
        invocations: How many it took so far.

    """

    replacing: Publication | None = None
    outcomes: dict[str, SourceOutcome] = Field(default_factory=dict)
    enrichment: Enrichment | None = None
    written: int | None = None
    invocations: int = 0

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys of what it names."""
        return frozenset().union(*(outcome.refers_to for outcome in self.outcomes.values()))


def progress_key(run_id: str, invocations: int) -> str:
    """The storage key of the progress that a run had made after so many invocations."""
    return f"{PREFIX}{run_id}/{invocations}.json"


def run_of(key: str) -> str:
    """The run that a progress is of, by its key."""
    return key.split("/")[1]

"""The progress of a run that hands over to a new invocation before the time limit."""

from pydantic import Field

from quiforme.registry.ports import Publication
from quiforme.snapshot.manifest import Enrichment, Frozen, SourceOutcome

PREFIX = "progress/"


class Progress(Frozen):
    """What the earlier invocations of a run have done. Stored as JSON under these names.

    Attributes:
        replacing: The publication that the run started from. If another one is current by now, the run starts over.
        outcomes: The sources collected so far.
        enrichment: The result of the optional services; None before they were called.
        written: How many items of the new generation are written; None before the first one.
        invocations: How many invocations the run has used so far.

    """

    replacing: Publication | None = None
    outcomes: dict[str, SourceOutcome] = Field(default_factory=dict)
    enrichment: Enrichment | None = None
    written: int | None = None
    invocations: int = 0

    @property
    def refers_to(self) -> frozenset[str]:
        """The storage keys that the collected sources refer to."""
        return frozenset().union(*(outcome.refers_to for outcome in self.outcomes.values()))


def progress_key(run_id: str, invocations: int) -> str:
    """Return the storage key of a run's progress after so many invocations."""
    return f"{PREFIX}{run_id}/{invocations}.json"


def run_of(key: str) -> str:
    """Return the run identifier in the storage key of a progress."""
    return key.split("/")[1]

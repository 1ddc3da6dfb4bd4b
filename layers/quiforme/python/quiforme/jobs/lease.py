"""The lease that keeps a job to one run at a time, as the jobs see it."""

from contextlib import AbstractContextManager
from typing import Protocol


class Busy(Exception):
    """Another run holds the lease; `purpose` is what for."""

    def __init__(self, name: str, purpose: str) -> None:
        """Take the lease's name and the purpose of its holder."""
        super().__init__(f"another run holds the lease {name!r}, for {purpose}")
        self.purpose = purpose


class Lease(Protocol):
    """One lease."""

    def hold(self, purpose: str) -> AbstractContextManager[None]:
        """Hold the lease while the block runs.

        Args:
            purpose: What it is held for, shown to the runs that are refused.

        Raises:
            Busy: Another run holds it.

        """

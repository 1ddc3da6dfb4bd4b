"""What asking a service takes: how often, until when, and what may become of it."""

import time
from collections.abc import Callable


class OutOfTime(Exception):
    """The time given for it is used up: what is left has to wait for the next run."""


class Unusable(Exception):
    """An answer that is not what the service documents."""


class Pace:
    """The turns of one run at a service.

    Args:
        seconds_apart: Between the starts of two requests.
        budget_s: Seconds for all of them, counted from now. A request under way is not cut: the client's own
            budget does that.
        clock: Seconds that only grow.
        sleep: Pauses for some seconds.

    """

    def __init__(
        self,
        *,
        seconds_apart: float,
        budget_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.requests = 0
        self._seconds_apart = seconds_apart
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._end = self._next + budget_s
        self._budget_s = budget_s

    def fits(self, requests: int, share: float) -> bool:
        """Whether that many requests fit in a share of the whole budget, however fast the answers."""
        return requests * self._seconds_apart <= share * self._budget_s

    def wait(self, *, share: float = 1.0) -> None:
        """Wait for one's turn.

        Args:
            share: The part of the budget after which it is refused.

        Raises:
            OutOfTime: There is no turn left.

        """
        turn = max(self._next, self._clock())
        if turn >= self._end - (1 - share) * self._budget_s:
            raise OutOfTime("the time for it is used up")
        if turn > self._clock():
            self._sleep(turn - self._clock())
        self._next = turn + self._seconds_apart
        self.requests += 1

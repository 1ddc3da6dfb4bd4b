"""What calling an optional service takes: a rate limit, a time budget, and the two ways in which calls stop."""

import time
from collections.abc import Callable


class OutOfTime(Exception):
    """The time budget is used up: the rest is postponed to the next run."""


class InvalidAnswer(Exception):
    """The answer is not what the service documents."""


class RateLimiter:
    """Spaces the requests of one run to a service, within a time budget.

    Args:
        interval_s: The least number of seconds between the starts of two requests.
        budget_s: Seconds for all requests, counted from now. It does not cut a request that has started: the HTTP
            client's own budget does.
        clock: A monotonic clock, in seconds.
        sleep: Waits for some seconds.

    Attributes:
        requests: How many requests were let through.

    """

    def __init__(
        self,
        *,
        interval_s: float,
        budget_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.requests = 0
        self._interval_s = interval_s
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._end = self._next + budget_s
        self._budget_s = budget_s

    def fits(self, requests: int, share: float) -> bool:
        """Whether that many requests fit in a share of the whole budget, if answers take no time."""
        return requests * self._interval_s <= share * self._budget_s

    def wait(self, *, share: float = 1.0) -> None:
        """Wait until the next request may start.

        Args:
            share: The part of the budget that may be used.

        Raises:
            OutOfTime: The request would start after that part.

        """
        start = max(self._next, self._clock())
        if start >= self._end - (1 - share) * self._budget_s:
            raise OutOfTime("the time for it is used up")
        if start > self._clock():
            self._sleep(start - self._clock())
        self._next = start + self._interval_s
        self.requests += 1

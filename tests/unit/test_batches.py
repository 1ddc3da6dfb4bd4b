"""Things done a few at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from quiforme.aws.batches import for_each

AT_ONCE = 2


def test_each_thing_is_done_once() -> None:
    done: list[int] = []
    for_each(done.append, range(100), at_once=AT_ONCE)
    assert sorted(done) == list(range(100))


def test_as_many_are_done_at_once_as_is_said() -> None:
    together = threading.Barrier(AT_ONCE, timeout=30)
    for_each(lambda _: together.wait(), range(10 * AT_ONCE), at_once=AT_ONCE)


def test_they_are_drawn_a_little_ahead_only() -> None:
    drawn, release = 0, threading.Event()

    def things() -> Iterator[int]:
        nonlocal drawn
        for drawn in range(1, 101):
            if drawn == 8 * AT_ONCE:
                pytest.fail("drawn while nothing is done")
            if drawn == 4 * AT_ONCE:
                threading.Timer(0.2, release.set).start()
            if release.is_set():
                return
            yield drawn

    for_each(lambda _: release.wait(30), things(), at_once=AT_ONCE)
    assert drawn == 4 * AT_ONCE + 1


def test_a_failure_goes_through_and_nothing_more_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    ended = threading.Event()
    shutdown = ThreadPoolExecutor.shutdown

    def end(pool: ThreadPoolExecutor, wait: bool = True, *, cancel_futures: bool = False) -> None:
        shutdown(pool, wait=False, cancel_futures=cancel_futures)
        ended.set()
        shutdown(pool, wait=wait)

    def one(thing: int) -> None:
        begun.append(thing)
        if thing == 0:
            raise ValueError("the first")
        ended.wait(30)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", end)
    with pytest.raises(ValueError, match="the first"):
        for_each(one, range(1_000), at_once=AT_ONCE)
    assert len(begun) <= 1 + AT_ONCE


def test_a_thing_that_cannot_be_drawn_is_a_failure_too() -> None:
    def things() -> Iterator[int]:
        yield 1
        raise OSError("no more")

    done: list[int] = []
    with pytest.raises(OSError, match="no more"):
        for_each(done.append, things(), at_once=AT_ONCE)
    assert done in ([1], [])

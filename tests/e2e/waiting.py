"""Waiting for what a deployed stack does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(read: Callable[[], T], wanted: Callable[[T], object]) -> T:
    """Read until the value is as wanted; after 5 minutes, return the value read last for the caller to compare."""
    for _ in range(1500):
        value = read()
        if wanted(value):
            return value
        time.sleep(0.2)
    return read()

"""The history of runs: what every ingestion and reconciliation did, or why it failed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from quiforme.snapshot.ports import Storage

PREFIX = "runs/"


@contextmanager
def recorded(storage: Storage, function: str, invocation: str) -> Iterator[dict[str, Any]]:
    """Save an entry for one invocation: the summary that the block puts into it, or the error that ends the block.

    Args:
        storage: Where the entry is saved.
        function: `ingest` or `reconcile`.
        invocation: Unique name of the invocation.

    """
    begun = datetime.now(UTC)
    key = f"{PREFIX}{function}/{begun:%Y%m%dT%H%M%S.%fZ}-{invocation}.json"  # sorts by start time
    entry: dict[str, Any] = {
        "function": function,
        "invocation": invocation,
        "begun": begun.isoformat(timespec="seconds"),
    }
    try:
        yield entry
    except Exception as error:
        entry["error"] = f"{type(error).__name__}: {error}"
        raise
    finally:
        entry["ended"] = datetime.now(UTC).isoformat(timespec="seconds")
        storage.write(key, json.dumps(entry, ensure_ascii=False).encode())


def latest(storage: Storage, function: str, limit: int) -> list[dict[str, Any]]:
    """Return the entries of one function, newest first, at most `limit`."""
    keys = storage.keys(f"{PREFIX}{function}/")[-limit:]
    return [json.loads(storage.read(key)) for key in reversed(keys)]

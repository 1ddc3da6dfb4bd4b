"""The identifiers of runs: unique, and in the order of the scheduled times.

An identifier is part of storage keys and of the anomaly ledger's keys, so its format never changes.
"""

import uuid
from datetime import UTC, date, datetime


def new_run_id(scheduled_time: datetime) -> str:
    """Make a unique identifier that begins with the scheduled time (UTC), such as `20260826T040000Z-1a2b3c4d`."""
    return f"{scheduled_time:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def day_of_run(run_id: str) -> date:
    """Return the day (UTC) that a run was scheduled for."""
    return datetime.strptime(run_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()

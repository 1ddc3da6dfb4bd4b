"""Identifiers of runs. They begin with the scheduled time: stored keys sort by it, and it says which are old."""

import uuid
from datetime import UTC, date, datetime


def new_run_id(scheduled_time: datetime) -> str:
    """A unique identifier that begins with the run's scheduled time, UTC."""
    return f"{scheduled_time:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def run_day(run_id: str) -> date:
    """The day of the run's scheduled time, UTC."""
    return datetime.strptime(run_id[:8], "%Y%m%d").replace(tzinfo=UTC).date()

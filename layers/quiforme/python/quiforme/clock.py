"""The business day: the calendar day in Paris of the scheduled time, never of the wall clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(scheduled_time: datetime) -> date:
    """Return the day of a run, given its scheduled time."""
    return scheduled_time.astimezone(PARIS).date()


def today() -> date:
    """Return the current day in Paris. Only used to recognise days in the future."""
    return paris_day(datetime.now(UTC))


def as_utc(scheduled_time: datetime) -> datetime:
    """Convert to UTC; a time without a zone is taken as UTC."""
    if scheduled_time.tzinfo is None:
        return scheduled_time.replace(tzinfo=UTC)
    return scheduled_time.astimezone(UTC)

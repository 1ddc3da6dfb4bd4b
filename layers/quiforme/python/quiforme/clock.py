"""The business day: a calendar day in Paris, taken from the scheduled time and never from the wall clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(scheduled_time: datetime) -> date:
    """The run's day."""
    return scheduled_time.astimezone(PARIS).date()


def today() -> date:
    """The calendar's day: for nothing but to know a day that has yet to come."""
    return paris_day(datetime.now(UTC))


def as_utc(scheduled_time: datetime) -> datetime:
    """The same instant in UTC; a time without zone is held to be UTC."""
    if scheduled_time.tzinfo is None:
        return scheduled_time.replace(tzinfo=UTC)
    return scheduled_time.astimezone(UTC)

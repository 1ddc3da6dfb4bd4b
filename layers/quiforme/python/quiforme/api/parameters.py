"""The parameters of our own resources. All are checked before any is used; unknown ones are refused."""

import base64
import binascii
import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta

from quiforme.api.http import Request
from quiforme.errors import (
    ANOMALY_MALFORMED,
    CODE_MALFORMED,
    CURSOR_MALFORMED,
    DATE_MALFORMED,
    DATE_TO_COME,
    NDA_MALFORMED,
    RECIPIENT_MALFORMED,
    ROLE_MALFORMED,
    SIREN_MALFORMED,
    SIRET_MALFORMED,
    UAI_MALFORMED,
    ApiError,
    Problem,
    limit_malformed,
    repeated_parameter,
    unknown_parameter,
)
from quiforme.identifiers import is_fiche, is_findable_nda, is_siren, is_siret, is_uai

TRACE = frozenset({"context", "object", "recipient"})
"""Required by API Entreprise's contract; optional on our own resources, and logged in the audit line."""
ROLES = ("former", "organiser")
LARGEST_LIMIT = 1000
_ANOMALY = re.compile(r"[0-9a-f]{32}")
_IDENTIFIERS: dict[str, tuple[Callable[[str], bool], Problem]] = {
    "siret": (is_siret, SIRET_MALFORMED),
    "siren": (is_siren, SIREN_MALFORMED),
    "nda": (is_findable_nda, NDA_MALFORMED),
    "uai": (is_uai, UAI_MALFORMED),
    "code": (is_fiche, CODE_MALFORMED),
    "id": (lambda text: _ANOMALY.fullmatch(text) is not None, ANOMALY_MALFORMED),
}
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,4}")
_CURSOR = r"([0-9]{1,9})/([0-9]{14})?"


class Parameters:
    """The parameters of one call.

    Each method returns the value of one parameter, or None when it is absent or wrong; `check` then refuses the call and
    names everything that was wrong.
    """

    def __init__(self, request: Request, *known: str) -> None:
        """Take the call, and the names of the query parameters that its resource accepts besides those of TRACE."""
        self._query = request.query
        self._problems = [unknown_parameter(name) for name in sorted(request.query.keys() - TRACE - set(known))]
        self._problems += [repeated_parameter(name) for name in sorted(request.repeated)]
        recipient = request.query.get("recipient")
        if recipient is not None and not is_siret(recipient):
            self._problems.append(RECIPIENT_MALFORMED)
        for name, value in request.path.items():
            well_formed, malformed = _IDENTIFIERS[name]
            if not well_formed(value):
                self._problems.append(malformed)

    def check(self) -> None:
        """Refuse the call if any parameter is wrong.

        Raises:
            ApiError: 422, with an entry for each wrong parameter.

        """
        if self._problems:
            raise ApiError(422, *self._problems)

    def day(self, *, now: float) -> date | None:
        """`date`: a day that has already begun in France."""
        text = self._query.get("date")
        if text is None:
            return None
        day = _day(text)
        # Paris is ahead of UTC by two hours at most.
        if day is None or day > (datetime.fromtimestamp(now, UTC) + timedelta(hours=2)).date():
            self._problems.append(DATE_TO_COME if day else DATE_MALFORMED)
            return None
        return day

    def limit(self, *, default: int, largest: int = LARGEST_LIMIT) -> int:
        """`limite`: the largest number of entries of a page."""
        text = self._query.get("limite")
        if text is None:
            return default
        number = int(text) if _NUMBER.fullmatch(text) else 0
        if not 1 <= number <= largest:
            self._problems.append(limit_malformed(largest))
        return number

    def role(self) -> str | None:
        """`role`: one of ROLES."""
        text = self._query.get("role")
        if text is not None and text not in ROLES:
            self._problems.append(ROLE_MALFORMED)
        return text

    def choice(self, name: str, values: Collection[str], problem: Problem) -> str | None:
        """A parameter whose value is one of these."""
        text = self._query.get(name)
        if text is not None and text not in values:
            self._problems.append(problem)
        return text

    def iso_day(self, name: str, problem: Problem) -> str | None:
        """A parameter that is a day."""
        text = self._query.get(name)
        if text is not None and _day(text) is None:
            self._problems.append(problem)
        return text

    def cursor(self) -> tuple[int, str] | None:
        """`curseur`: the generation that the pages are read from, and the last SIRET of the previous page."""
        position = self.cursor_matching(_CURSOR)
        return (int(position[1]), position[2] or "") if position else None

    def cursor_matching(self, pattern: str) -> re.Match[str] | None:
        """`curseur`: a position of this form, from which the next page starts."""
        text = self._query.get("curseur")
        if text is None:
            return None
        try:
            position = re.fullmatch(pattern, base64.urlsafe_b64decode(text).decode("ascii"))
        except (binascii.Error, ValueError):
            position = None
        if position is None:
            self._problems.append(CURSOR_MALFORMED)
        return position


def cursor(generation: int, siret: str = "") -> str:
    """The cursor of the page that starts after a SIRET, in a generation."""
    return encoded_cursor(f"{generation}/{siret}")


def encoded_cursor(position: str) -> str:
    """The cursor of a position, opaque to callers."""
    return base64.urlsafe_b64encode(position.encode()).decode()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None

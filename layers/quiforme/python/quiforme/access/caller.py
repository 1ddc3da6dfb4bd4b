"""The caller of the look-up: the claims of its token, its scopes and its rate limit."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, MISSING_SCOPE, REVOKED_TOKEN, TOO_MANY_REQUESTS, ApiError

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.")
"""The beginning of every JWT: header and claims, in base64."""
DEFAULT_RATE_LIMIT = 250
"""Calls a minute of a token that has no limit of its own."""
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a token that the authorizer accepted.

    Attributes:
        jti: The token's identifier.
        scopes: What it gives access to.
        expires: The token's expiry, Unix seconds.
        rate_limit: Calls a minute.
        regions: The regions whose anomalies it gives access to, INSEE codes; None for all anomalies.

    """

    jti: str
    scopes: frozenset[str]
    expires: int
    rate_limit: int
    regions: frozenset[str] | None = None

    @property
    def sees_all(self) -> bool:
        """Whether the caller may see identities that may not be disclosed."""
        return "non_diffusibles" in self.scopes

    @classmethod
    def from_authorizer(cls, context: Mapping[str, str]) -> "Caller":
        """Read the context that the authorizer made (quiforme.access.authorizer).

        Raises:
            ApiError: 401: the authorizer found the token expired or revoked, the token expired while the decision was
                cached, or the call did not pass the authorizer.

        """
        for problem in (EXPIRED_TOKEN, REVOKED_TOKEN):
            if context.get("refus") == problem.code:
                raise ApiError(401, problem)
        try:
            caller = cls(
                context["jti"],
                frozenset(context["scopes"].split()),
                int(context["exp"]),
                int(context.get("rate_limit_per_minute") or DEFAULT_RATE_LIMIT),
                frozenset((context.get("regions") or "").split()) or None,
            )
        except (KeyError, ValueError) as error:
            raise ApiError(401, INVALID_TOKEN) from error
        if caller.expires <= time.time():
            raise ApiError(401, EXPIRED_TOKEN)
        return caller

    def require(self, scope: str) -> None:
        """Check for a scope.

        Raises:
            ApiError: 403, the token does not have it.

        """
        if scope not in self.scopes:
            raise ApiError(403, MISSING_SCOPE)


def holds_token(text: str) -> bool:
    """Whether a text contains a token, so that it must not be logged."""
    return _TOKEN.search(text) is not None


class Counter(Protocol):
    """Counts the calls of each token and minute."""

    def count(self, jti: str, window_end: int) -> int:
        """Count one call; returns the number of calls of this window so far, this one included."""


def admit(caller: Caller, counter: Counter, *, now: float) -> dict[str, str]:
    """Count a call in the present window of one minute.

    Returns:
        The three RateLimit headers.

    Raises:
        ApiError: 429, the token has no calls left in this window.

    """
    window_end = (int(now) // WINDOW_S + 1) * WINDOW_S
    used = counter.count(caller.jti, window_end)
    headers = {
        "RateLimit-Limit": str(caller.rate_limit),
        "RateLimit-Remaining": str(max(caller.rate_limit - used, 0)),
        "RateLimit-Reset": str(window_end),
    }
    if used > caller.rate_limit:
        retry = {"Retry-After": str(max(window_end - int(now), 1))}
        raise ApiError(429, TOO_MANY_REQUESTS, headers=headers | retry)
    return headers

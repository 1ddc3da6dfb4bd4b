"""Who calls: the claims that the authorizer found in the token, and how often they may call."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, MISSING_SCOPE, REVOKED_TOKEN, TOO_MANY_REQUESTS, ApiError

_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.")
"""How every JWT starts: its header and its claims, in base64."""
DEFAULT_RATE_LIMIT = 250
"""Calls a minute per token, unless the token says otherwise."""
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a token that the authorizer accepted.

    Attributes:
        jti: The token's own identifier.
        scopes: What it gives access to.
        expires: Unix seconds.
        rate_limit: Calls a minute.
        regions: Those whose anomalies it sees; None for all of them.

    """

    jti: str
    scopes: frozenset[str]
    expires: int
    rate_limit: int
    regions: frozenset[str] | None = None

    @property
    def sees_all(self) -> bool:
        """Whether the identity of those who are not to be disclosed is shown as well."""
        return "non_diffusibles" in self.scopes

    @classmethod
    def from_authorizer(cls, context: Mapping[str, str]) -> "Caller":
        """Read the authorizer's context.

        Raises:
            ApiError: 401, the authorizer found the token expired or revoked, the token expired while its
                acceptance was cached, or there was no authorizer at all.

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
        """Refuse with 403 a caller whose token lacks a scope."""
        if scope not in self.scopes:
            raise ApiError(403, MISSING_SCOPE)


def holds_token(text: str) -> bool:
    """Whether a text that is about to be kept holds a token."""
    return _TOKEN.search(text) is not None


class Counter(Protocol):
    """Counts calls by token and window."""

    def count(self, jti: str, window_end: int) -> int:
        """Count one call more; the calls of this window so far, this one included."""


def admit(caller: Caller, counter: Counter, *, now: float) -> dict[str, str]:
    """Count a call in its fixed one-minute window.

    Returns:
        The three RateLimit headers.

    Raises:
        ApiError: 429, the token's calls of this minute are spent.

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

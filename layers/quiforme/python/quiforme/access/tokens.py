"""Tokens: JWT signed with RS256 or ES256, by one of several keys that their `kid` names."""

import json
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import jwt

from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, Problem
from quiforme.identifiers import is_siret
from quiforme.regions import REGIONS

LONGEST_LIFE_MONTHS: Final = 18
LARGEST: Final = 8_000
"""Characters; API Gateway lets no larger header through anyway."""
HIGHEST_RATE_LIMIT: Final = 1_000_000
"""Calls a minute that a token may be given for its own."""
SCOPES: Final = ("certifications_qualiopi_france_competences", "non_diffusibles", "exports", "anomalies")

_SKEW_S: Final = 5
"""How far the clocks of whoever signs and whoever verifies may be apart."""
_LAST_SECOND: Final = 2**33
"""In the year 2242; no token comes from later, and no calendar has to reckon with more."""
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")  # becomes the key of an item, and stands in logs
_SCOPE = re.compile(r"[a-z_]{1,64}")


class TokenRefused(Exception):
    """The token opens nothing; `problem` is what the caller is told."""

    def __init__(self, problem: Problem) -> None:
        """Take the contract's problem."""
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Attributes:
        uid: Of the holder's use of the service, new with each token.
        jti: The token's own identifier, under which it is registered.
        siret: Of the holder.
        scopes: What it opens.
        iat: When it was issued, Unix seconds.
        exp: When it expires, Unix seconds; at most 18 months later.
        rate_limit_per_minute: Its own limit; None for everybody's.
        regions: Those whose anomalies it shows; None for all of them.

    """

    uid: str
    jti: str
    siret: str
    scopes: tuple[str, ...]
    iat: int
    exp: int
    rate_limit_per_minute: int | None = None
    regions: tuple[str, ...] | None = None

    @classmethod
    def from_payload(cls, payload: object) -> "Claims":
        """Read a token's payload; ValueError when a claim is missing or not what it should be."""
        if not isinstance(payload, dict):
            raise ValueError("a payload is an object")  # noqa: TRY004  # one error for every unsound payload
        uid, jti, siret = (_text(payload, name) for name in ("uid", "jti", "siret"))
        iat, exp = (_second(payload, name) for name in ("iat", "exp"))
        scopes, limit = payload.get("scopes"), payload.get("rate_limit_per_minute", 1)
        regions = payload.get("regions", ["11"])
        sound = (
            _ID.fullmatch(uid)
            and _ID.fullmatch(jti)
            and is_siret(siret)
            and isinstance(scopes, list)
            and all(isinstance(scope, str) and _SCOPE.fullmatch(scope) for scope in scopes)
            and type(limit) is int  # a bool is an int as well
            and 1 <= limit <= HIGHEST_RATE_LIMIT
            and is_regions(regions)
            and exp <= months_later(iat, LONGEST_LIFE_MONTHS)
        )
        if not sound or not isinstance(scopes, list):
            raise ValueError("a claim is not what it should be")
        limited = tuple(regions) if "regions" in payload else None
        return cls(uid, jti, siret, tuple(scopes), iat, exp, payload.get("rate_limit_per_minute"), limited)

    def payload(self) -> dict[str, Any]:
        """As it stands in the token."""
        payload: dict[str, Any] = {
            "uid": self.uid,
            "jti": self.jti,
            "siret": self.siret,
            "scopes": list(self.scopes),
            "iat": self.iat,
            "exp": self.exp,
        }
        if self.rate_limit_per_minute is not None:
            payload["rate_limit_per_minute"] = self.rate_limit_per_minute
        if self.regions is not None:
            payload["regions"] = list(self.regions)
        return payload


def is_regions(value: object) -> bool:
    """Whether it is a list of regions, one at least and each once."""
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        return False
    return 0 < len(value) == len(set(value)) and set(value) <= REGIONS.keys()


def verify(token: str, key_of: Callable[[str], jwt.PyJWK | None], *, now: float) -> Claims:
    """The claims of a token.

    Args:
        token: As the caller sent it.
        key_of: Gives the public key that a `kid` names, None if there is none; what it raises goes through.
        now: Unix seconds.

    Raises:
        TokenRefused: Malformed, unknown key, wrong algorithm, badly signed, claims of the wrong kind, not valid yet, expired.

    """
    kid, algorithm = _header(token)
    key = key_of(kid)
    # The algorithm is the key's, never merely the one that the token asks for.
    if key is None or algorithm != key.algorithm_name:
        raise TokenRefused(INVALID_TOKEN)
    try:
        payload = json.loads(jwt.PyJWS().decode(token, key, algorithms=[key.algorithm_name]))
        claims = Claims.from_payload(payload)
        starts = _second(payload, "nbf") if "nbf" in payload else claims.iat
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused(INVALID_TOKEN) from error
    if max(claims.iat, starts) > now + _SKEW_S:
        raise TokenRefused(INVALID_TOKEN)
    if claims.exp <= now:
        raise TokenRefused(EXPIRED_TOKEN)
    return claims


def months_later(moment: int, months: int) -> int:
    """The same day and time so many months later, in UTC, or the month's last day if it is shorter; Unix seconds."""
    start = datetime.fromtimestamp(moment, UTC)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def _header(token: str) -> tuple[str, str]:
    """The key and the algorithm that a token asks for; whatever else its header holds is not looked at."""
    if len(token) > LARGEST:
        raise TokenRefused(INVALID_TOKEN)
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRefused(INVALID_TOKEN) from error
    kid, algorithm = header.get("kid"), header.get("alg")
    if not isinstance(kid, str) or not isinstance(algorithm, str):
        raise TokenRefused(INVALID_TOKEN)
    return kid, algorithm


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")  # noqa: TRY004  # one error for every unsound payload
    return value


def _second(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if type(value) is not int or not 0 <= value < _LAST_SECOND:
        raise ValueError(f"{name} is not a time")
    return value

"""Tokens: JWTs signed with RS256 or ES256, by the key that their `kid` names."""

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
"""Characters; API Gateway refuses larger headers anyway."""
HIGHEST_RATE_LIMIT: Final = 1_000_000
"""Calls a minute: the highest limit that one token may have."""
SCOPES: Final = ("certifications_qualiopi_france_competences", "non_diffusibles", "exports", "anomalies")

_SKEW_S: Final = 5
"""Tolerated difference between the clocks of the signer and the verifier."""
_LAST_SECOND: Final = 2**33
"""In the year 2242: keeps dates within what `datetime` can compute."""
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")  # becomes an item's key, and is logged
_SCOPE = re.compile(r"[a-z_]{1,64}")
_JWT: Final = jwt.PyJWT(
    # Expiry is checked in `verify`: PyJWT would grant it the leeway of `iat` and `nbf`, and would report an unsound token
    # as expired. No token of ours has an audience or a subject; other claims are ignored, as RFC 7519 asks.
    {"require": ["exp", "iat"], "verify_exp": False, "verify_aud": False, "verify_sub": False}
)


class TokenRefused(Exception):
    """The token is refused; `problem` is the error of the answer."""

    def __init__(self, problem: Problem) -> None:
        """Take the contract's problem."""
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Claims:
    """The claims of a token.

    Attributes:
        uid: Identifies the holder to the gateway; new with each token.
        jti: The token's identifier in the token store.
        siret: The holder's.
        scopes: What it gives access to.
        iat: When it was issued, Unix seconds.
        exp: When it expires, Unix seconds; at most 18 months later.
        rate_limit_per_minute: Calls a minute; None for the default limit.
        regions: The regions whose anomalies it gives access to, INSEE codes; None for all anomalies.

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
    def from_payload(cls, payload: Mapping[str, Any]) -> "Claims":
        """Read a token's payload.

        PyJWT converts times with `int`, so that it takes texts, floats and booleans for times: their types are checked here.

        Raises:
            ValueError: A claim is missing, of the wrong type or out of range.

        """
        uid, jti, siret = (_text(payload, name) for name in ("uid", "jti", "siret"))
        iat, exp = (_second(payload, name) for name in ("iat", "exp"))
        if "nbf" in payload:
            _second(payload, "nbf")
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
            raise ValueError("a claim is of the wrong type or out of range")
        restricted = tuple(regions) if "regions" in payload else None
        return cls(uid, jti, siret, tuple(scopes), iat, exp, payload.get("rate_limit_per_minute"), restricted)

    def payload(self) -> dict[str, Any]:
        """The payload of the token, as data."""
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
    """Whether a value is a list of INSEE region codes: one or more, each once."""
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        return False
    return 0 < len(value) == len(set(value)) and set(value) <= REGIONS.keys()


def verify(token: str, key_of: Callable[[str], jwt.PyJWK | None], *, now: float) -> Claims:
    """Verify a token.

    Args:
        token: The text that the caller sent.
        key_of: Gives the public key of a `kid`, None if there is none. Its exceptions are not caught.
        now: Unix seconds, for the expiry; PyJWT compares `iat` and `nbf` with the system's clock.

    Returns:
        Its claims.

    Raises:
        TokenRefused: With EXPIRED_TOKEN for a token that is sound but expired; with INVALID_TOKEN for one that is malformed,
            signed by an unknown key, with another algorithm or badly, not valid yet, or whose claims are unsound.

    """
    kid, algorithm = _header(token)
    key = key_of(kid)
    # The key decides the algorithm: an attacker chooses the one that the header names.
    if key is None or algorithm != key.algorithm_name:
        raise TokenRefused(INVALID_TOKEN)
    try:
        claims = Claims.from_payload(_JWT.decode(token, key, algorithms=[key.algorithm_name], leeway=_SKEW_S))
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenRefused(INVALID_TOKEN) from error
    if claims.exp <= now:
        raise TokenRefused(EXPIRED_TOKEN)
    return claims


def months_later(moment: int, months: int) -> int:
    """The same day of the month and time, so many months later, UTC; the last day of a shorter month. Unix seconds."""
    start = datetime.fromtimestamp(moment, UTC)
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def _header(token: str) -> tuple[str, str]:
    """The `kid` and the algorithm in a token's header; the rest of the header is ignored."""
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

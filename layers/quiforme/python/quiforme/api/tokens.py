"""Tokens: JWT signed with RS256 or ES256, by one of several keys that their `kid` names."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Final

import jwt

from quiforme.api.errors import EXPIRED_TOKEN, INVALID_TOKEN, Problem
from quiforme.identifiers import is_siret

ALGORITHMS: Final = ("RS256", "ES256")
LONGEST_LIFE_S: Final = 18 * 31 * 24 * 3600
"""18 months at most."""
LARGEST: Final = 8_000
"""Characters; API Gateway lets no larger header through anyway."""
SCOPES: Final = ("certifications_qualiopi_france_competences", "non_diffusibles", "exports", "anomalies")


class Refused(Exception):
    """The token opens nothing; `problem` is what the caller is told."""

    def __init__(self, problem: Problem) -> None:
        """Take the contract's problem."""
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys by their `kid`, from a JWK set."""

    by_kid: dict[str, jwt.PyJWK]

    @classmethod
    def from_json(cls, text: str) -> "Keys":
        """Read a JWK set; keys of other kinds than RS256's and ES256's are refused with ValueError."""
        keys = {}
        for entry in json.loads(text)["keys"]:
            algorithm = {"RSA": "RS256", "EC": "ES256"}.get(entry.get("kty"))
            if algorithm is None or "d" in entry:
                raise ValueError("only public RSA and EC keys verify tokens")
            keys[entry["kid"]] = jwt.PyJWK(entry, algorithm=algorithm)
        return cls(keys)


def verify(token: str, keys: Keys) -> dict[str, Any]:
    """The claims of a token.

    Raises:
        Refused: Malformed, unknown key, wrong algorithm, badly signed, expired, or claims of the wrong kind.

    """
    try:
        if len(token) > LARGEST:
            raise Refused(INVALID_TOKEN)
        header = jwt.get_unverified_header(token)
        key = keys.by_kid.get(str(header.get("kid")))
        # The algorithm is the key's, never merely the one that the token asks for.
        if key is None or header.get("alg") != key.algorithm_name or key.algorithm_name not in ALGORITHMS:
            raise Refused(INVALID_TOKEN)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            options={"require": ["uid", "jti", "scopes", "iat", "exp", "siret"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise Refused(EXPIRED_TOKEN) from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Refused(INVALID_TOKEN) from error
    if not _sound(claims):
        raise Refused(INVALID_TOKEN)
    return claims


def _sound(claims: dict[str, Any]) -> bool:
    scopes, limit = claims["scopes"], claims.get("rate_limit_per_minute", 1)
    return (
        all(isinstance(claims[name], str) and claims[name] for name in ("uid", "jti", "siret"))
        and is_siret(claims["siret"])
        and isinstance(scopes, list)
        and all(isinstance(scope, str) and scope.strip() == scope and " " not in scope for scope in scopes)
        and isinstance(limit, int)
        and not isinstance(limit, bool)
        and limit > 0
        and claims["exp"] - claims["iat"] <= LONGEST_LIFE_S
    )


def issue(
    private_key_pem: bytes,
    *,
    kid: str,
    algorithm: str,
    siret: str,
    scopes: tuple[str, ...],
    life_s: int,
    rate_limit_per_minute: int | None = None,
) -> str:
    """A new token.

    Args:
        private_key_pem: Signs it.
        kid: Names the key.
        algorithm: RS256 or ES256.
        siret: Of the holder.
        scopes: What it opens.
        life_s: Seconds until it expires.
        rate_limit_per_minute: Its own limit; None for the default.

    """
    now = int(time.time())
    claims: dict[str, Any] = {
        "uid": str(uuid.uuid4()),
        "jti": str(uuid.uuid4()),
        "scopes": list(scopes),
        "iat": now,
        "exp": now + min(life_s, LONGEST_LIFE_S),
        "siret": siret,
    }
    if rate_limit_per_minute is not None:
        claims["rate_limit_per_minute"] = rate_limit_per_minute
    return jwt.encode(claims, private_key_pem, algorithm=algorithm, headers={"kid": kid})

"""The decision on a token: who calls, or why the call is refused.

API Gateway answers every denied call with one body, so a token of ours that is expired or revoked is let through with its
refusal in the context, and the look-up answers the 401 that gives the reason (quiforme.access.caller).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import jwt

from quiforme.access.issuing import IssuedToken
from quiforme.access.tokens import Claims, TokenRefused, verify
from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, REVOKED_TOKEN

_ANONYMOUS = "anonyme"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a call.

    Attributes:
        allowed: Whether it reaches the look-up.
        principal: Who calls, for the gateway's logs.
        context: What the look-up is given about the caller, texts by name.
        refusal: For the log: the refusal's code, and the token's `jti` once it is verified; empty for an accepted token.
        unregistered: Whether the token is well signed but was never issued: a key leaked, or the token store was lost.

    """

    allowed: bool
    principal: str = _ANONYMOUS
    context: dict[str, str] = field(default_factory=dict)
    refusal: dict[str, str] = field(default_factory=dict)
    unregistered: bool = False


class Authorizer:
    """Decides on tokens."""

    def __init__(self, key_of: Callable[[str], jwt.PyJWK | None], find: Callable[[str], IssuedToken | None]) -> None:
        """Take what gives the public key of a `kid`, and what gives the issued token of a `jti`."""
        self._key_of = key_of
        self._find = find

    def decide(self, authorization: Sequence[str], *, now: float) -> Decision:
        """Decide on a call.

        A token store that fails raises: the call fails, and the gateway caches no decision.

        Args:
            authorization: The values of the call's Authorization headers.
            now: Unix seconds.

        """
        try:
            claims = verify(_bearer_token(authorization), self._key_of, now=now)
        except TokenRefused as error:
            refusal = {"code": error.problem.code}
            if error.problem is EXPIRED_TOKEN:
                return Decision(True, "expire", {"refus": EXPIRED_TOKEN.code}, refusal)
            return Decision(False, refusal=refusal)
        issued = self._find(claims.jti)
        if issued is None:
            return Decision(False, refusal={"jti": claims.jti}, unregistered=True)
        if issued.revoked_at:
            refusal = {"code": REVOKED_TOKEN.code, "jti": claims.jti}
            return Decision(True, claims.uid, {"refus": REVOKED_TOKEN.code, "jti": claims.jti}, refusal)
        return Decision(True, claims.uid, _context(claims))


def _bearer_token(authorization: Sequence[str]) -> str:
    scheme, _, token = (authorization[0] if len(authorization) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused(INVALID_TOKEN)
    return token.strip()


def _context(claims: Claims) -> dict[str, str]:
    """The claims as the gateway passes them on; `Caller.from_authorizer` reads them."""
    return {
        "jti": claims.jti,
        "uid": claims.uid,
        "siret": claims.siret,
        "scopes": " ".join(claims.scopes),
        "exp": str(claims.exp),
        "rate_limit_per_minute": str(claims.rate_limit_per_minute or ""),
        "regions": " ".join(claims.regions or ()),
    }

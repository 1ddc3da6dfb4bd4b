"""Keys: the private key that signs tokens, and the public keys that verify them. A key's `kid` is its thumbprint."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_encode

from quiforme.access.tokens import Claims

KID: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""The form of a `kid`: the thumbprint of RFC 7638, so that no two keys share one."""
CACHED_S: Final = 60.0
"""How long the authorizer caches public keys, in seconds; a retired key is refused after that."""
RETRY_S: Final = 2.0
"""For an unknown `kid` the keys are read again, in case of a new key, but at most every so many seconds."""

_ALGORITHMS: Final = {"RSA": "RS256", "EC": "ES256"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key for ES256."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls) -> "SigningKey":
        """Generate a key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, text: str) -> "SigningKey | None":
        """Read a key in PEM; None if the text is not one, like the generated text of a secret that was never set."""
        try:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return None
        ours = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
        return cls(key) if ours and isinstance(key, ec.EllipticCurvePrivateKey) else None

    def pem(self) -> str:
        """The key in PEM, PKCS #8."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def jwk(self) -> dict[str, str]:
        """The public key."""
        jwk = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}

    @property
    def kid(self) -> str:
        """The key's identifier."""
        return thumbprint(self.jwk)

    def sign(self, claims: Claims) -> str:
        """Sign a token with these claims."""
        return jwt.encode(claims.payload(), self.private, algorithm="ES256", headers={"kid": self.kid})


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The SHA-256 thumbprint of a public key (RFC 7638), base64url."""
    required = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True)
    return base64url_encode(sha256(text.encode()).digest()).decode()


def public_key(jwk: Mapping[str, Any]) -> jwt.PyJWK:
    """A key that verifies tokens; raises ValueError unless it is a public key for RS256 or ES256."""
    algorithm = _ALGORITHMS.get(jwk.get("kty", ""))
    if algorithm is None or "d" in jwk or jwk.get("crv", "P-256") != "P-256":
        raise ValueError("only public RSA and P-256 keys verify tokens")
    return jwt.PyJWK(dict(jwk), algorithm=algorithm)


class CachedKeys:
    """The public keys in use, by `kid`, cached for a minute."""

    def __init__(
        self, read: Callable[[], Mapping[str, Mapping[str, Any]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what reads the keys, as JWK by `kid`, and a clock in seconds."""
        self._read = read
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")

    def __call__(self, kid: str) -> jwt.PyJWK | None:
        """The key of a `kid`, None if there is none. A failure to read is raised: it must not look like an unknown key."""
        if not KID.fullmatch(kid):
            return None
        now = self._clock()
        if now - self._read_at > (CACHED_S if kid in self._keys else RETRY_S):
            self._keys = {kid: public_key(jwk) for kid, jwk in self._read().items()}
            self._read_at = now
        return self._keys.get(kid)

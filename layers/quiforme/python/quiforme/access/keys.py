"""Keys: the private one that signs tokens, and the public ones that verify them, named by their own thumbprint."""

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
"""Of a key: its thumbprint (RFC 7638), so that a name never stands for two keys."""
REMEMBERED_S: Final = 60.0
"""For how long the authorizer remembers the public keys; a retired one opens nothing after that."""
PATIENCE_S: Final = 2.0
"""A key that was just made is looked for at most this often, however many unknown ones callers name."""

_ALGORITHMS: Final = {"RSA": "RS256", "EC": "ES256"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, ES256."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls) -> "SigningKey":
        """Make one."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, text: str) -> "SigningKey | None":
        """Read one; None if the text holds no such key, as that of a secret that was never used."""
        try:
            key = serialization.load_pem_private_key(text.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            return None
        ours = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
        return cls(key) if ours and isinstance(key, ec.EllipticCurvePrivateKey) else None

    def pem(self) -> str:
        """As it is kept."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def jwk(self) -> dict[str, str]:
        """The public half."""
        jwk = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {name: str(jwk[name]) for name in ("kty", "crv", "x", "y")}

    @property
    def kid(self) -> str:
        """Its name."""
        return thumbprint(self.jwk)

    def sign(self, claims: Claims) -> str:
        """A token."""
        return jwt.encode(claims.payload(), self.private, algorithm="ES256", headers={"kid": self.kid})


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The SHA-256 thumbprint of a public key (RFC 7638)."""
    required = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"), sort_keys=True)
    return base64url_encode(sha256(text.encode()).digest()).decode()


def public_key(jwk: Mapping[str, Any]) -> jwt.PyJWK:
    """A key that verifies tokens; ValueError for any other kind than RS256's and ES256's public keys."""
    algorithm = _ALGORITHMS.get(jwk.get("kty", ""))
    if algorithm is None or "d" in jwk or jwk.get("crv", "P-256") != "P-256":
        raise ValueError("only public RSA and P-256 keys verify tokens")
    return jwt.PyJWK(dict(jwk), algorithm=algorithm)


class RememberedKeys:
    """The public keys in use, by `kid`, read again now and then."""

    def __init__(
        self, read: Callable[[], Mapping[str, Mapping[str, Any]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what reads them, as JWK by kid, and a clock in seconds."""
        self._read = read
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = float("-inf")

    def __call__(self, kid: str) -> jwt.PyJWK | None:
        """The key of that name; what fails to be read raises, it is not an unknown key."""
        if not KID.fullmatch(kid):
            return None
        now = self._clock()
        if now - self._read_at > (REMEMBERED_S if kid in self._keys else PATIENCE_S):
            self._keys = {kid: public_key(jwk) for kid, jwk in self._read().items()}
            self._read_at = now
        return self._keys.get(kid)

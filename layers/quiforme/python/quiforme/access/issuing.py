"""Issues, lists and revokes tokens, and manages the keys that sign them.

A crash between two writes does no harm: a key is stored before it signs a token, and a token before it is handed out. What is
left over appears in the lists, where ops can revoke or retire it.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from quiforme.access.keys import KID, SigningKey
from quiforme.access.tokens import HIGHEST_RATE_LIMIT, LONGEST_LIFE_MONTHS, SCOPES, Claims, is_regions, months_later
from quiforme.identifiers import is_siret
from quiforme.regions import REGIONS

_JTI: Final = re.compile(r"[0-9a-f-]{36}")
_LONGEST_LABEL: Final = 200
_DAY_S: Final = 24 * 3600


class InvalidCommand(ValueError):
    """A command cannot be carried out; the message tells ops why."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The record of a token in the token store; never the token itself. Times are ISO 8601, UTC.

    Attributes:
        jti: The token's identifier.
        titulaire: The holder, in ops' words.
        siret: The holder's.
        scopes: What it gives access to.
        kid: The key that signed it.
        issued_at: When it was issued.
        expires: When it expires.
        rate_limit_per_minute: Calls a minute; None for the default limit.
        regions: The regions whose anomalies it gives access to, INSEE codes; None for all anomalies.
        revoked_at: When it was revoked; None if it was not.

    """

    jti: str
    titulaire: str
    siret: str
    scopes: tuple[str, ...]
    kid: str
    issued_at: str
    expires: str
    rate_limit_per_minute: int | None = None
    regions: tuple[str, ...] | None = None
    revoked_at: str | None = None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key in the token store. Times are ISO 8601, UTC.

    Attributes:
        kid: The key's thumbprint.
        jwk: The key.
        created_at: When it was stored.
        retired_at: Since when its tokens are refused; None if they are not.

    """

    kid: str
    jwk: Mapping[str, str]
    created_at: str
    retired_at: str | None = None


class TokenStore(Protocol):
    """Stores the issued tokens and the public keys."""

    def add(self, entry: IssuedToken) -> None:
        """Store a token before it is handed out."""

    def entries(self) -> Iterable[IssuedToken]:
        """Every token."""

    def revoke(self, jti: str, at: str) -> IssuedToken | None:
        """Revoke a token; a second revocation keeps the first time. None if there is no such token."""

    def store_key(self, key: PublicKey) -> PublicKey:
        """Store a key unless it exists; returns the stored one."""

    def keys(self) -> list[PublicKey]:
        """Every key."""

    def retire(self, kid: str, at: str) -> PublicKey | None:
        """Retire a key; a second retirement keeps the first time. None if there is no such key."""


class KeyVault(Protocol):
    """Stores the private key."""

    def read(self) -> str:
        """The newest text."""

    def put(self, text: str) -> None:
        """Store a new text."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Ops' request for a token.

    Attributes:
        titulaire: The holder.
        siret: The holder's.
        scopes: What it shall give access to.
        months: Its lifetime in months; None when `days` is given.
        days: Its lifetime in days; None when `months` is given.
        rate_limit_per_minute: Calls a minute; None for the default limit.
        regions: The regions whose anomalies it shall give access to, INSEE codes; None for all anomalies.

    """

    titulaire: str
    siret: str
    scopes: tuple[str, ...]
    months: int | None = None
    days: int | None = None
    rate_limit_per_minute: int | None = None
    regions: tuple[str, ...] | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "TokenRequest":
        """Read a command; raises InvalidCommand when a field is wrong."""
        titulaire, siret, scopes = fields(
            event, "titulaire", "siret", "scopes", optional=("months", "days", "rate_limit_per_minute", "regions")
        )
        if not isinstance(titulaire, str) or not titulaire.strip() or len(titulaire) > _LONGEST_LABEL:
            raise InvalidCommand(f"titulaire: who will hold the token, at most {_LONGEST_LABEL} characters")
        if any(unicodedata.category(character).startswith("C") for character in titulaire):
            raise InvalidCommand("titulaire: control characters are not accepted")
        if not isinstance(siret, str) or not is_siret(siret):
            raise InvalidCommand("siret: the holder's, 14 digits with their key, as a text")
        known = isinstance(scopes, list) and scopes and all(scope in SCOPES for scope in scopes)
        if not known or len(set(scopes)) < len(scopes):
            raise InvalidCommand(f"scopes: a list of one or more of {', '.join(SCOPES)}, each once")
        if ("months" in event) == ("days" in event):
            raise InvalidCommand("how long the token lasts: months, or else days")
        regions = event.get("regions")
        if "regions" in event and not is_regions(regions):
            raise InvalidCommand(
                f"regions: a list of one or more of {', '.join(REGIONS)}, each once; none of it for all regions"
            )
        return cls(
            titulaire.strip(),
            siret,
            tuple(scopes),
            _number(event, "months", LONGEST_LIFE_MONTHS),
            _number(event, "days", LONGEST_LIFE_MONTHS * 31),
            _number(event, "rate_limit_per_minute", HIGHEST_RATE_LIMIT),
            tuple(regions) if regions else None,
        )

    def expiry(self, now: int) -> int:
        """The expiry of a token issued now, Unix seconds; raises InvalidCommand when it is too late."""
        expiry = months_later(now, self.months) if self.months else now + (self.days or 0) * _DAY_S
        if expiry > months_later(now, LONGEST_LIFE_MONTHS):
            raise InvalidCommand(f"days: a token lasts at most {LONGEST_LIFE_MONTHS} months")
        return expiry


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token, the only time it is shown, and its record."""

    token: str
    entry: IssuedToken


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues tokens and keeps the token store."""

    store: TokenStore
    vault: KeyVault

    def issue(self, request: TokenRequest, *, now: int) -> NewToken:
        """Issue a token, signed with the newest key; the first call generates a key."""
        expiry = request.expiry(now)
        key = self._signing_key(now)
        claims = Claims(
            uid=str(uuid.uuid4()),
            jti=str(uuid.uuid4()),
            siret=request.siret,
            scopes=request.scopes,
            iat=now,
            exp=expiry,
            rate_limit_per_minute=request.rate_limit_per_minute,
            regions=request.regions,
        )
        entry = IssuedToken(
            jti=claims.jti,
            titulaire=request.titulaire,
            siret=request.siret,
            scopes=request.scopes,
            kid=key.kid,
            issued_at=iso(now),
            expires=iso(expiry),
            rate_limit_per_minute=request.rate_limit_per_minute,
            regions=request.regions,
        )
        self.store.add(entry)
        return NewToken(key.sign(claims), entry)

    def tokens(self) -> list[IssuedToken]:
        """The issued tokens, newest first; expired ones are listed for some more time."""
        return sorted(self.store.entries(), key=lambda entry: (entry.issued_at, entry.jti), reverse=True)

    def revoke(self, event: Mapping[str, Any], *, now: int) -> IssuedToken:
        """Revoke a token."""
        (jti,) = fields(event, "jti")
        entry = self.store.revoke(jti, iso(now)) if isinstance(jti, str) and _JTI.fullmatch(jti) else None
        if entry is None:
            raise InvalidCommand("jti: no such token in the register")
        return entry

    def rotate(self, *, now: int) -> PublicKey:
        """Generate a key that signs from now on; previous keys still verify their tokens."""
        return self._store(self._new_key(), now)

    def retire(self, event: Mapping[str, Any], *, now: int) -> PublicKey:
        """Refuse every token that a key signed. If it is the newest key, the next token is signed with a new one."""
        (kid,) = fields(event, "kid")
        key = self.store.retire(kid, iso(now)) if isinstance(kid, str) and KID.fullmatch(kid) else None
        if key is None:
            raise InvalidCommand("kid: no such key in the register")
        return key

    def public_keys(self) -> list[PublicKey]:
        """Every key, newest first."""
        return sorted(self.store.keys(), key=lambda key: (key.created_at, key.kid), reverse=True)

    def _signing_key(self, now: int) -> SigningKey:
        """The newest key, stored and not retired; a new one if there is none."""
        key = SigningKey.from_pem(self.vault.read())
        if key and self._store(key, now).retired_at is None:
            return key
        key = self._new_key()
        self._store(key, now)
        return key

    def _new_key(self) -> SigningKey:
        # The private key is stored first: if storing the public key fails then, the first token to be signed does it.
        key = SigningKey.new()
        self.vault.put(key.pem())
        return key

    def _store(self, key: SigningKey, now: int) -> PublicKey:
        return self.store.store_key(PublicKey(key.kid, key.jwk, iso(now)))


def iso(moment: int) -> str:
    """Unix seconds as ISO 8601, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fields(event: Mapping[str, Any], *required: str, optional: tuple[str, ...] = ()) -> list[Any]:
    """The values of the required fields; raises InvalidCommand when one is missing or unknown."""
    given = event.keys() - {"command"}
    missing, unknown = set(required) - given, given - {*required, *optional}
    if missing or unknown:
        wrong = [f"{name} is missing" for name in sorted(missing)] + [
            f"{name} is not known" for name in sorted(unknown)
        ]
        raise InvalidCommand(", ".join(wrong))
    return [event[name] for name in required]


def _number(event: Mapping[str, Any], name: str, highest: int) -> int | None:
    if name not in event:
        return None
    value = event[name]
    if type(value) is not int or not 1 <= value <= highest:  # a bool is an int as well
        raise InvalidCommand(f"{name}: a whole number from 1 to {highest}")
    return value

"""Issuing tokens, listing and revoking them, and the keys that sign them.

Every order of writes here may be cut short anywhere: a key is registered before a token is signed with it, a token
before it is handed out; what is left over is in the lists, where it can be revoked, retired or left alone.
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
    """What was asked for cannot be done; the message says why, to the person who asked."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token in the register; never the token itself.

    Attributes:
        jti: The token's identifier.
        titulaire: Who holds it, in ops' words.
        siret: Of the holder.
        scopes: What it opens.
        kid: The key that signed it.
        issued_at: ISO 8601, UTC, like every moment here.
        expires: When it opens nothing any more by itself.
        rate_limit_per_minute: Its own limit; None for everybody's.
        regions: Those whose anomalies it shows; None for all of them.
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
    """A public key in the register.

    Attributes:
        kid: Its thumbprint.
        jwk: The key.
        created_at: When it was registered.
        retired_at: When its tokens were shut out; None if they were not.

    """

    kid: str
    jwk: Mapping[str, str]
    created_at: str
    retired_at: str | None = None


class TokenStore(Protocol):
    """The tokens that were issued, and the public keys."""

    def add(self, entry: IssuedToken) -> None:
        """Enter a token that is about to be handed out."""

    def entries(self) -> Iterable[IssuedToken]:
        """Every token."""

    def revoke(self, jti: str, at: str) -> IssuedToken | None:
        """Note a revocation, the first one if there are several; None if there is no such token."""

    def enter_key(self, key: PublicKey) -> PublicKey:
        """Enter a key, unless it is there already; as it stands now."""

    def keys(self) -> list[PublicKey]:
        """Every key."""

    def retire(self, kid: str, at: str) -> PublicKey | None:
        """Note that a key is retired, the first time if there are several; None if there is no such key."""


class KeyVault(Protocol):
    """Where the private key is."""

    def read(self) -> str:
        """The newest text put there."""

    def put(self, text: str) -> None:
        """Put another one."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A token that is asked for.

    Attributes:
        titulaire: Who will hold it.
        siret: Of the holder.
        scopes: What it is to open.
        months: How long it is to last, or else
        days: how many days.
        rate_limit_per_minute: Its own limit; None for everybody's.
        regions: Those whose anomalies it is to show; None for all of them.

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
        """Read what ops asked for; InvalidCommand says what is wrong with it."""
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
        """When the token will expire, if it is issued now; Unix seconds."""
        expiry = months_later(now, self.months) if self.months else now + (self.days or 0) * _DAY_S
        if expiry > months_later(now, LONGEST_LIFE_MONTHS):
            raise InvalidCommand(f"days: a token lasts at most {LONGEST_LIFE_MONTHS} months")
        return expiry


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token, the only time it is seen, and its entry in the register."""

    token: str
    entry: IssuedToken


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues tokens and keeps their register."""

    register: TokenStore
    vault: KeyVault

    def issue(self, order: TokenRequest, *, now: int) -> NewToken:
        """A new token, signed with the newest key; the first one makes that key."""
        expiry = order.expiry(now)
        key = self._signing_key(now)
        claims = Claims(
            uid=str(uuid.uuid4()),
            jti=str(uuid.uuid4()),
            siret=order.siret,
            scopes=order.scopes,
            iat=now,
            exp=expiry,
            rate_limit_per_minute=order.rate_limit_per_minute,
            regions=order.regions,
        )
        entry = IssuedToken(
            jti=claims.jti,
            titulaire=order.titulaire,
            siret=order.siret,
            scopes=order.scopes,
            kid=key.kid,
            issued_at=iso(now),
            expires=iso(expiry),
            rate_limit_per_minute=order.rate_limit_per_minute,
            regions=order.regions,
        )
        self.register.add(entry)
        return NewToken(key.sign(claims), entry)

    def tokens(self) -> list[IssuedToken]:
        """Every token that was issued, newest first, until a while after it expired."""
        return sorted(self.register.entries(), key=lambda entry: (entry.issued_at, entry.jti), reverse=True)

    def revoke(self, event: Mapping[str, Any], *, now: int) -> IssuedToken:
        """Shut a token out."""
        (jti,) = fields(event, "jti")
        entry = self.register.revoke(jti, iso(now)) if isinstance(jti, str) and _JTI.fullmatch(jti) else None
        if entry is None:
            raise InvalidCommand("jti: no such token in the register")
        return entry

    def rotate(self, *, now: int) -> PublicKey:
        """A new key, which signs from now on; those before it go on verifying what they signed."""
        return self._enter(self._new_key(), now)

    def retire(self, event: Mapping[str, Any], *, now: int) -> PublicKey:
        """Shut out every token that a key signed. If it is the one that signs, the next token makes a new one."""
        (kid,) = fields(event, "kid")
        key = self.register.retire(kid, iso(now)) if isinstance(kid, str) and KID.fullmatch(kid) else None
        if key is None:
            raise InvalidCommand("kid: no such key in the register")
        return key

    def public_keys(self) -> list[PublicKey]:
        """Every key that ever signed, newest first."""
        return sorted(self.register.keys(), key=lambda key: (key.created_at, key.kid), reverse=True)

    def _signing_key(self, now: int) -> SigningKey:
        """The newest key, in the register, and not retired."""
        key = SigningKey.from_pem(self.vault.read())
        if key and self._enter(key, now).retired_at is None:
            return key
        key = self._new_key()
        self._enter(key, now)
        return key

    def _new_key(self) -> SigningKey:
        # Kept before it is entered: should that fail, it is entered when a token is first signed with it.
        key = SigningKey.new()
        self.vault.put(key.pem())
        return key

    def _enter(self, key: SigningKey, now: int) -> PublicKey:
        return self.register.enter_key(PublicKey(key.kid, key.jwk, iso(now)))


def iso(moment: int) -> str:
    """A moment of Unix seconds as ISO 8601, UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fields(event: Mapping[str, Any], *required: str, optional: tuple[str, ...] = ()) -> list[Any]:
    """The values of a command's required fields; InvalidCommand if one is missing or there are others."""
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

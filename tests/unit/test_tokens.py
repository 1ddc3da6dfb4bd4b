"""What opens the door, what does not, and what ops may ask for."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm
from quiforme.access.issuing import InvalidCommand, TokenRequest
from quiforme.access.keys import CACHED_S, RETRY_S, CachedKeys, SigningKey, public_key, thumbprint
from quiforme.access.tokens import SCOPES, Claims, TokenRefused, months_later, verify
from quiforme.errors import EXPIRED_TOKEN, INVALID_TOKEN, Problem

from tests.integration.api.forgeries import forged, signed, unsound

NOW = int(time.time())
KEY = SigningKey.new()
CLAIMS = Claims(str(uuid.uuid4()), str(uuid.uuid4()), "99000001000019", SCOPES[:1], NOW, NOW + 3600, 7)


def key_of(kid: str) -> jwt.PyJWK | None:
    return {KEY.kid: public_key(KEY.jwk)}.get(kid)


def refusal(token: str, *, now: float = NOW) -> Problem:
    with pytest.raises(TokenRefused) as refused:
        verify(token, key_of, now=now)
    return refused.value.problem


def test_what_is_signed_is_read_back() -> None:
    assert verify(KEY.sign(CLAIMS), key_of, now=NOW) == CLAIMS
    assert verify(signed(KEY, CLAIMS.payload()), key_of, now=NOW) == CLAIMS


def outcome(token: str) -> str:
    try:
        verify(token, key_of, now=NOW)
    except TokenRefused as refused:
        return refused.problem.code
    return "open"


@pytest.mark.parametrize("make", [forged, unsound])
def test_forgeries_and_unsound_claims_open_nothing(make: Callable[[SigningKey, Claims], dict[str, str]]) -> None:
    now = int(
        time.time()
    )  # PyJWT compares iat and nbf with the system's clock, perhaps long after this module was loaded
    claims = replace(CLAIMS, iat=now, exp=now + 3600)
    outcomes = {name: outcome(token) for name, token in make(KEY, claims).items()}
    assert len(outcomes) > 70
    assert {name: code for name, code in outcomes.items() if code != INVALID_TOKEN.code} == {}


def test_the_forgeries_start_from_a_token_that_opens() -> None:
    """The test of the tests: each is refused for what it is, not because all of them are."""
    more = {"nbf": NOW, "aud": "x", "sub": 1}
    assert verify(signed(KEY, CLAIMS.payload() | more, jku="http://127.0.0.1:9"), key_of, now=NOW) == CLAIMS


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_rubbish_is_refused(text: str) -> None:
    assert refusal(text) is INVALID_TOKEN


def test_time() -> None:
    token = KEY.sign(CLAIMS)
    assert verify(token, key_of, now=CLAIMS.exp - 0.001) == CLAIMS
    assert refusal(token, now=CLAIMS.exp) is EXPIRED_TOKEN
    for name in ("iat", "nbf"):
        soon, later = (signed(KEY, CLAIMS.payload() | {name: int(time.time()) + seconds}) for seconds in (4, 60))
        assert verify(soon, key_of, now=NOW).jti == CLAIMS.jti
        assert refusal(later) is INVALID_TOKEN
    longest = signed(KEY, CLAIMS.payload() | {"exp": months_later(NOW, 18)})
    assert verify(longest, key_of, now=NOW).exp == months_later(NOW, 18)


def test_an_unsound_token_is_never_merely_expired() -> None:
    for change in ({"scopes": "exports"}, {"exp": str(CLAIMS.exp)}, {"nbf": NOW + 3600}):
        assert refusal(signed(KEY, CLAIMS.payload() | change), now=CLAIMS.exp + 1) is INVALID_TOKEN


def test_only_what_is_wellsigned_is_told_that_it_expired() -> None:
    token = signed(SigningKey.new(), CLAIMS.payload(), kid=KEY.kid)
    assert refusal(token, now=CLAIMS.exp + 1) is INVALID_TOKEN


def test_months() -> None:
    def later(day: str, months: int) -> str:
        moment = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())
        return datetime.fromtimestamp(months_later(moment, months), UTC).strftime("%Y-%m-%dT%H")

    assert later("2026-11-24", 18) == "2028-05-24T12"
    assert later("2026-08-31", 18) == "2028-02-29T12"
    assert later("2026-12-31", 2) == "2027-02-28T12"
    assert later("2026-12-31", 12) == "2027-12-31T12"


# --- keys ---------------------------------------------------------------------------------------------------


def test_rs256() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    kid = thumbprint({name: str(jwk[name]) for name in ("kty", "n", "e")})
    keys = {kid: public_key(jwk)}
    token = jwt.encode(CLAIMS.payload(), private, algorithm="RS256", headers={"kid": kid})
    assert verify(token, keys.get, now=NOW) == CLAIMS
    for algorithm in ("RS384", "PS256"):
        with pytest.raises(TokenRefused):
            verify(jwt.encode(CLAIMS.payload(), private, algorithm=algorithm, headers={"kid": kid}), keys.get, now=NOW)


def test_thumbprints_are_those_of_the_rfc() -> None:
    """RFC 7638, section 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn"
        "jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM"
        "QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz"
        "KnqDKgw"
    )
    jwk = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_only_public_keys_of_two_kinds_verify() -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0"}
    private = {**KEY.jwk, "d": "x"}
    for jwk in (secret, private, {**KEY.jwk, "crv": "P-384"}, {"kty": "OKP", "crv": "Ed25519", "x": "x"}, {}):
        with pytest.raises(ValueError, match="only public"):
            public_key(jwk)


def test_a_key_survives_its_text_and_other_texts_hold_none() -> None:
    again = SigningKey.from_pem(KEY.pem())
    assert again
    assert again.kid == KEY.kid
    for text in ("", "kR3nq8", "{}", KEY.pem()[:80], KEY.pem().replace("A", "B")):
        assert SigningKey.from_pem(text) is None


class Reading:
    """A register that can be told to fail, and a clock."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {KEY.kid: KEY.jwk}
        self.reads, self.now, self.failing = 0, 1_000.0, False
        self.remembered = CachedKeys(self.read, lambda: self.now)

    def read(self) -> dict[str, Any]:
        self.reads += 1
        if self.failing:
            raise TimeoutError
        return dict(self.keys)


def test_a_known_key_is_remembered_and_a_retired_one_forgotten() -> None:
    register = Reading()
    for _ in range(100):
        assert register.remembered(KEY.kid)
    assert register.reads == 1
    register.keys.clear()
    register.now += CACHED_S
    assert register.remembered(KEY.kid)
    register.now += 0.1
    assert register.remembered(KEY.kid) is None


def test_unknown_names_do_not_make_it_read_each_time() -> None:
    register = Reading()
    new = SigningKey.new()
    for rank in range(1_000):
        register.now += RETRY_S / 1_001
        register.remembered(f"{rank:043}")
        register.remembered(f"{rank}/../keys")
    assert register.reads == 1
    register.keys[new.kid] = new.jwk
    register.now += RETRY_S + 0.1
    assert register.remembered(new.kid), "a new key is known soon, however many unknown ones are tried meanwhile"
    assert register.reads == 2


def test_a_register_that_fails_is_no_decision() -> None:
    register = Reading()
    register.failing = True
    with pytest.raises(TimeoutError):
        verify(KEY.sign(CLAIMS), register.remembered, now=NOW)
    register.failing = False
    assert verify(KEY.sign(CLAIMS), register.remembered, now=NOW) == CLAIMS


# --- what ops ask for ---------------------------------------------------------------------------------------

ORDER: dict[str, Any] = {"command": "issue", "titulaire": "Région X", "siret": "99000001000019", "scopes": ["exports"]}


def test_an_order() -> None:
    order = TokenRequest.from_event({**ORDER, "months": 18, "rate_limit_per_minute": 500})
    assert order == TokenRequest("Région X", "99000001000019", ("exports",), months=18, rate_limit_per_minute=500)
    assert order.expiry(NOW) == months_later(NOW, 18)
    assert TokenRequest.from_event({**ORDER, "months": 1, "regions": ["94", "11"]}).regions == ("94", "11")
    assert TokenRequest.from_event({**ORDER, "days": 30}).expiry(NOW) == NOW + 30 * 24 * 3600


@pytest.mark.parametrize(
    "change",
    [
        {"titulaire": " "},
        {"titulaire": None},
        {"titulaire": "a\nb"},
        {"titulaire": "\ud800"},
        {"titulaire": "a" * 201},
        {"siret": 99000001000019},
        {"siret": "99000001000018"},
        {"siret": "9900000100001٩"},
        {"scopes": []},
        {"scopes": "exports"},
        {"scopes": ["exports", "exports"]},
        {"scopes": ["tout"]},
        {"scopes": [["exports"]]},
        {"scopes": [{}]},
        {"months": 19},
        {"months": 0},
        {"months": True},
        {"months": 1.5},
        {"months": "12"},
        {"months": None},
        {"months": 12, "days": 3},
        {"rate_limit_per_minute": 0},
        {"rate_limit_per_minute": True},
        {"rate_limit_per_minute": 10**6 + 1},
        {"rate_limit_per_minute": None},
        {"regions": []},
        {"regions": None},
        {"regions": "11"},
        {"regions": ["11", "11"]},
        {"regions": ["99"]},
        {"regions": [11]},
        {"mois": 3},
    ],
)
def test_orders_that_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        TokenRequest.from_event({**ORDER, "months": 12, **change})


def test_how_long_is_asked_for() -> None:
    with pytest.raises(InvalidCommand, match="how long"):
        TokenRequest.from_event(ORDER)
    with pytest.raises(InvalidCommand, match="18 months"):
        TokenRequest.from_event({**ORDER, "days": 555}).expiry(NOW)

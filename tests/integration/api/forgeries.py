"""Tokens that must open nothing: those that nobody here signed, and those that a key of ours signed by mistake."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from quiforme.access.keys import SigningKey
from quiforme.access.tokens import Claims, months_later

HS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def b64(content: bytes | str) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signing_input(header: Any, payload: Any) -> str:
    parts = (part if isinstance(part, str) else json.dumps(part) for part in (header, payload))
    return ".".join(b64(part) for part in parts)


def signed(key: SigningKey, payload: Any, **header: Any) -> str:
    """A token of ours, whatever it says: header fields and payload as data, or the payload as its very text."""
    text = _signing_input({"typ": "JWT", "alg": "ES256", "kid": key.kid} | header, payload)
    r, s = decode_dss_signature(key.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def forged(key: SigningKey, claims: Claims) -> dict[str, str]:
    """What an attacker makes who has a token of ours, and its public key, but not the private one."""
    payload, good = claims.payload(), signed(key, claims.payload())
    head, body, signature = good.split(".")
    stranger = SigningKey.new()
    found: dict[str, str] = {}

    for alg in ("none", "None", "NONE", "nOnE", "none ", "", None, 0, [], ["none"], {"alg": "none"}):
        unsigned = _signing_input({"typ": "JWT", "alg": alg, "kid": key.kid}, payload)
        found[f"alg {alg!r}, unsigned"] = f"{unsigned}."
        found[f"alg {alg!r}, another's signature"] = f"{unsigned}.{signature}"
    found["no alg"] = _signing_input({"kid": key.kid}, payload) + "."

    public = key.private.public_key()
    spki, der = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.DER
    secrets = {
        "PEM": public.public_bytes(serialization.Encoding.PEM, spki),
        "PEM without its last newline": public.public_bytes(serialization.Encoding.PEM, spki).rstrip(),
        "DER": public.public_bytes(der, spki),
        "JWK": json.dumps(key.jwk).encode(),
        "compact JWK": json.dumps(key.jwk, separators=(",", ":")).encode(),
        "x": key.jwk["x"].encode(),
        "kid": key.kid.encode(),
        "nothing": b"",
    }
    for alg, digest in HS.items():
        text = _signing_input({"typ": "JWT", "alg": alg, "kid": key.kid}, payload)
        for name, secret in secrets.items():
            found[f"{alg} with {name}"] = f"{text}.{b64(hmac.new(secret, text.encode(), digest).digest())}"
    for alg in ("es256", "ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "HS256"):
        found[f"{alg} with our signature"] = _signing_input({"alg": alg, "kid": key.kid}, payload) + f".{signature}"

    names: list[Any] = ["", None, 0, 1.5, True, [], [key.kid], {"kid": key.kid}, f" {key.kid}", f"{key.kid}\n"]
    names += [f"{key.kid}\0", key.kid.swapcase(), key.kid[:-1], "/dev/null", "../../../dev/null", "keys", "id", "*"]
    names += [f"token/{claims.jti}", "' OR '1'='1", "http://127.0.0.1/keys", "k" * 5_000, "A" * 43, stranger.kid]
    for name in names:
        found[f"kid {name!r:.40}"] = signed(stranger, payload, kid=name)
    found["our kid, a stranger's key"] = signed(stranger, payload, kid=key.kid)

    own = stranger.jwk | {"kid": key.kid}
    for field, value in {
        "jwk": own,
        "jku": "http://127.0.0.1:9/keys",
        "x5u": "http://127.0.0.1:9/x",
        "x5c": ["MA=="],
    }.items():
        found[f"a stranger's key in {field}"] = signed(stranger, payload, kid=key.kid, **{field: value})
        found[f"a stranger's key in {field}, by its own name"] = signed(stranger, payload, **{field: value})

    other = b64(json.dumps(replace(claims, scopes=("exports",), rate_limit_per_minute=1_000).payload()))
    found["other claims"] = f"{head}.{other}.{signature}"
    found["no signature"] = f"{head}.{body}."
    found["a signature of zeros"] = f"{head}.{body}.{b64(bytes(64))}"
    found["half a signature"] = f"{head}.{body}.{signature[:43]}"
    found["a longer signature"] = f"{head}.{body}.{b64(base64.urlsafe_b64decode(signature + '==') + bytes(1))}"
    found["a signature in DER"] = f"{head}.{body}." + b64(stranger.private.sign(b"x", ec.ECDSA(hashes.SHA256())))

    found |= {
        f"structure {text!r:.20}": text
        for text in ("", ".", "..", "...", "a.b", "a.b.c", "\0", "é.é.é", "\ud800.\ud800.", "null", "{}")
    }
    found["four parts"], found["five parts"] = f"{good}.{signature}", f"{good}.{signature}.{signature}"
    found["JSON"] = json.dumps({"protected": head, "payload": body, "signature": signature})
    for text in ("[]", "null", '"ES256"', "[" * 4_000, '{"a":' * 1_000, '{"alg":"ES256"', "\ud83d", "{'alg':'none'}"):
        found[f"header {text:.10}"] = f"{b64(text.encode(errors='surrogatepass'))}.{body}.{signature}"
    found["detached"] = (
        f"{b64(json.dumps({'alg': 'ES256', 'kid': key.kid, 'b64': False, 'crit': ['b64']}))}..{signature}"
    )
    found["huge"] = f"{head}.{body}.{'A' * 9_000}"
    return found


def unsound(key: SigningKey, claims: Claims) -> dict[str, str]:
    """What our own key must not have signed: a claim is missing, of another kind, or out of its bounds."""
    payload, now = claims.payload(), claims.iat
    wrong: dict[str, list[Any]] = {
        "exp": ["4102444800", "x", None, True, [], {}, 4102444800.0, -1, 2**63, 10**40, months_later(now, 18) + 1],
        "iat": [str(now), None, True, [], {}, float(now), -1, 0, now + 60, now + 10**6, -(10**40), 2**63],
        "nbf": [now + 60, str(now), None, True, [], {}, 10**40, -1, float(now)],
        "scopes": [None, "exports", "certifications_qualiopi_france_competences exports", {"exports": True}, 1, True],
        "siret": [
            None,
            "",
            0,
            99000001000019,
            "9900000100001٩",
            " 99000001000019",
            "99000001000018",
            ["99000001000019"],
        ],
        "jti": [None, "", 7, "j" * 65, "a/b", "a b", "a\n", "a\0", "é", [claims.jti], {"jti": claims.jti}, True],
        "uid": [None, "", 7, "u" * 65, "a/b", "a\n", [claims.uid]],
        "regions": [None, "11", [], [11], ["11", "11"], ["99"], ["1" * 70], {"11": True}],
        "rate_limit_per_minute": [None, 0, -1, True, False, 1.5, "7", 10**6 + 1, 10**40, [], {}],
    }
    wrong["scopes"] += [["a b"], [1], [None], [["exports"]], [""], ["Exports"], ["exports\n"], ["s" * 65]]
    found = {
        f"{name} {value!r:.30}": signed(key, payload | {name: value})
        for name, values in wrong.items()
        for value in values
    }
    found |= {
        f"without {name}": signed(key, {other: value for other, value in payload.items() if other != name})
        for name in ("uid", "jti", "siret", "scopes", "iat", "exp")
    }
    text = json.dumps(payload)
    for name in ("exp", "iat"):
        for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5_000):
            spoilt = text.replace(f'"{name}": {payload[name]}', f'"{name}": {number}')
            assert spoilt != text
            found[f"{name} {number:.10}"] = signed(key, spoilt)
    found |= {f"payload {text:.10}": signed(key, text) for text in ("[]", "null", "1", '"x"', "", "{", "[" * 3_000)}
    found["an extension that nobody here knows"] = signed(key, payload, crit=["x"], x=1)
    return found

"""Ops' commands on tokens and keys (docs/exploitation.md)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from quiforme.access.issuing import InvalidCommand, IssuedToken, PublicKey, TokenIssuer, TokenRequest, fields


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did.

    Attributes:
        answer: To ops; the answer to `issue` is the only place where a token is ever shown.
        change: For the log: what was changed, or None.
        log: For the log: details of the change. Never a token or a private key.

    """

    answer: dict[str, Any]
    change: str | None = None
    log: dict[str, Any] = field(default_factory=dict)


def carry_out(event: Mapping[str, Any], issuer: TokenIssuer, *, now: int) -> Outcome:
    """Carry out one command.

    Args:
        event: The command and its fields.
        issuer: Issues tokens and keeps their store.
        now: Unix seconds.

    Raises:
        InvalidCommand: The command cannot be carried out as it is; the message says why.

    """
    match event.get("command"):
        case "issue":
            issued = issuer.issue(TokenRequest.from_event(event), now=now)
            answer = {"token": issued.token, "jti": issued.entry.jti, "expires": issued.entry.expires}
            return Outcome(answer, "issued", asdict(issued.entry))
        case "list":
            fields(event)
            return Outcome({"tokens": [asdict(entry) for entry in issuer.tokens()]})
        case "revoke":
            return _changed("revoked", issuer.revoke(event, now=now))
        case "rotate":
            fields(event)
            return _changed("rotated", issuer.rotate(now=now))
        case "retire":
            return _changed("retired", issuer.retire(event, now=now))
        case "keys":
            fields(event)
            return Outcome({"keys": [asdict(key) for key in issuer.public_keys()]})
    raise InvalidCommand("command: one of issue, list, revoke, rotate, retire, keys")


def _changed(what: str, entry: IssuedToken | PublicKey) -> Outcome:
    content = asdict(entry)
    return Outcome(content, what, content)

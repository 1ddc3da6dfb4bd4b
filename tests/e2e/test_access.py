"""The door of the deployed stack, attacked over HTTP."""

import http.client
import json
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from quiforme.access.caller import DEFAULT_RATE_LIMIT
from quiforme.access.keys import SigningKey
from quiforme.access.tokens import Claims

from tests.integration.api.forgeries import forged
from tools.fictitious_france.cast import UNKNOWN
from tools.local_stack import drive
from tools.local_stack.deploy import Stack
from tools.local_stack.emulator import Failed

_QUERY = urllib.parse.urlencode(drive.QUERY)


def tokens(stack: Stack, command: str, **options: Any) -> dict[str, Any]:
    """One of ops' commands."""
    return stack.call(stack.output("TokensFunction"), {"command": command, **options})


def issue(stack: Stack, **options: Any) -> dict[str, Any]:
    """A new token, its jti and its end."""
    order = {"titulaire": "essai", "siret": "99000001000019", "months": 1}
    return tokens(stack, "issue", **order, scopes=["certifications_qualiopi_france_competences"], **options)


def call(
    stack: Stack, headers: Sequence[tuple[str, str]], *, siret: str = UNKNOWN, query: str = _QUERY
) -> tuple[int, list[str], dict[str, str]]:
    """Status, codes and headers (lower-cased) of the answer; headers and SIRET go as they are."""
    url = urllib.parse.urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    try:
        connection.putrequest("GET", f"{url.path}{drive.PATH.format(siret=siret)}?{query}", skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        codes = [error["code"] for error in json.loads(answer.read()).get("errors", [])]
        return answer.status, codes, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def bearer(token: str) -> list[tuple[str, str]]:
    """The header that holds a token."""
    return [("Authorization", f"Bearer {token}")]


def let_in(answer: tuple[int, list[str], dict[str, str]]) -> bool:
    """Whether the look-up itself answered: of an unknown SIRET, or that nothing is published."""
    return answer[:2] in ((404, ["33003"]), (503, ["33020"]))


def test_forgeries(stack: Stack) -> None:
    secrets = stack.client("secretsmanager")
    key = SigningKey.from_pem(secrets.get_secret_value(SecretId=stack.output("SigningKeys"))["SecretString"])
    assert key
    claims = Claims.from_payload(jwt.decode(stack.token, options={"verify_signature": False}))
    # What no header can hold never gets as far.
    sent = {name: token for name, token in forged(key, claims).items() if token.isascii() and token.isprintable()}
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(sent, pool.map(lambda token: call(stack, bearer(token))[:2], sent.values()), strict=True))
    assert len(answers) > 70
    assert {name: answer for name, answer in answers.items() if answer != (401, ["00101"])} == {}


def test_one_header_and_one_only(stack: Stack) -> None:
    token = issue(stack)["token"]
    assert let_in(call(stack, [("aUTHORIZATION", f"bEARER {token}")]))
    assert call(stack, [*bearer("x"), *bearer(token)])[0] == 401
    assert call(stack, [("X-Authorization", f"Bearer {token}"), ("Cookie", f"token={token}")])[0] == 401
    assert call(stack, [], query=f"{_QUERY}&token={token}&Authorization=Bearer+{token}")[0] == 401


def test_revoked(stack: Stack) -> None:
    issued = issue(stack)
    revoked = tokens(stack, "revoke", jti=issued["jti"])
    assert call(stack, bearer(issued["token"]))[:2] == (401, ["00105"])
    listed = {entry["jti"]: entry for entry in tokens(stack, "list")["tokens"]}
    assert listed[issued["jti"]] == revoked
    assert issued["token"] not in json.dumps(listed)
    with pytest.raises(Failed, match="no such token"):
        tokens(stack, "revoke", jti="00000000-0000-4000-8000-000000000000")


def test_no_burst_spends_more_than_the_limit_nor_another_s(stack: Stack) -> None:
    mine, theirs = issue(stack, rate_limit_per_minute=5)["token"], issue(stack)["token"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: call(stack, bearer(mine)), range(16)))
    through = Counter(headers["ratelimit-reset"] for status, _, headers in answers if status != 429)
    assert through
    assert max(through.values()) <= 5, "in any one window"
    assert len(through) > 1 or through.total() == 5
    for status, codes, headers in answers:
        assert headers["ratelimit-limit"] == "5"
        if status == 429:
            assert codes == ["00429"]
            assert headers["ratelimit-remaining"] == "0"
            assert 1 <= int(headers["retry-after"]) <= 60
    answer = call(stack, bearer(theirs))
    assert let_in(answer)
    assert (answer[2]["ratelimit-limit"], answer[2]["ratelimit-remaining"]) == (
        str(DEFAULT_RATE_LIMIT),
        str(DEFAULT_RATE_LIMIT - 1),
    )


@pytest.mark.parametrize(
    "siret",
    [
        urllib.parse.quote("９９００００１０１０００１６"),
        "%2099000010100016",
        "99000010100016%00",
        "99000010100016%2F..%2F",
        "..%2f..%2fetat",
        "%252e%252e",
        "%ff%fe",
        "9" * 5_000,
    ],
)
def test_odd_sirets(stack: Stack, siret: str) -> None:
    status, codes, _ = call(stack, bearer(stack.token), siret=siret)
    assert (status, codes) in ((422, ["00302"]), (404, ["00404"])), "a slash may make it another route"


def test_a_retired_key_opens_nothing(stack: Stack) -> None:
    made = tokens(stack, "rotate")
    token = issue(stack)["token"]
    assert jwt.get_unverified_header(token)["kid"] == made["kid"]
    assert tokens(stack, "retire", kid=made["kid"])["retired_at"]
    assert call(stack, bearer(token))[:2] == (401, ["00101"])
    assert let_in(call(stack, bearer(stack.token))), "what another key signed goes on"

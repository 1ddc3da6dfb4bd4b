"""Who gets in, on the template's own stores: tokens issued, revoked, forged; keys rotated, retired; quotas spent."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import Mock, patch

import boto3
import jwt
import pytest
from botocore.exceptions import EndpointConnectionError
from quiforme.access.caller import DEFAULT_RATE_LIMIT
from quiforme.access.issuing import InvalidCommand
from quiforme.access.keys import SigningKey
from quiforme.access.tokens import SCOPES, Claims

from tests.integration.api.forgeries import forged, unsound
from tools.fictitious_france.cast import CERTIFIED
from tools.in_process.cloud import Cloud, Fault, Function, authorize_event, deployed, lookup_event

OTHER = "99000001000019"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with deployed() as cloud:
        yield cloud


class Gateway:
    """One process of the authorizer and one of the look-up, as API Gateway puts them one behind the other."""

    def __init__(self, cloud: Cloud) -> None:
        self.authorize, self.lookup = cloud.function("Authorize"), cloud.function("Lookup")

    def __call__(self, token: str, siret: str = CERTIFIED) -> tuple[int, str]:
        """Status and code of the answer to a call; nothing is published, so that whoever gets in is told 503."""
        answer = self.answer(token, siret)
        return answer["statusCode"], json.loads(answer["body"])["errors"][0]["code"]

    def answer(self, token: str, siret: str = CERTIFIED) -> dict[str, Any]:
        policy = self.authorize(authorize_event(f"Bearer {token}"))
        if policy["policyDocument"]["Statement"][0]["Effect"] == "Deny":
            assert policy["context"] == {}
            return {"statusCode": 401, "body": '{"errors": [{"code": "00101"}]}', "headers": {}}
        answer: dict[str, Any] = self.lookup(lookup_event(siret, policy["context"]))
        return answer


IN, FORBIDDEN, EXPIRED, REVOKED = (503, "33020"), (401, "00101"), (401, "00103"), (401, "00105")


def tokens(cloud: Cloud, command: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = cloud.invoke("Tokens", {"command": command, **options})
    return answer


def jti(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def failing(operation: str, resource: str = "") -> Fault:
    """A fault at every call of an operation, on what is called that way."""

    def fault(called: str, params: dict[str, Any]) -> None:
        if called == operation and resource in json.dumps(params, default=str):
            raise EndpointConnectionError(endpoint_url=f"https://{operation}.invalid")

    return fault


@contextmanager
def logs(*services: str) -> Iterator[StringIO]:
    """What the functions of these services log in the block: a service's handler outlives its function's process."""
    heard = StringIO()
    handlers = [handler for service in services for handler in logging.getLogger(service).handlers]
    streams = [handler for handler in handlers if isinstance(handler, logging.StreamHandler)]
    before = [handler.setStream(heard) for handler in streams]
    try:
        with redirect_stdout(heard):  # where the look-up writes its line itself
            yield heard
    finally:
        for handler, stream in zip(streams, before, strict=True):
            handler.setStream(stream)


def counters(cloud: Cloud) -> dict[str, int]:
    items = boto3.client("dynamodb").scan(TableName=cloud.names["Access"])["Items"]
    return {item["id"]["S"]: int(item["calls"]["N"]) for item in items}


# --- issuing ------------------------------------------------------------------------------------------------


def test_the_first_token_makes_the_first_key(cloud: Cloud) -> None:
    assert tokens(cloud, "list") == {"tokens": []}
    assert tokens(cloud, "keys") == {"keys": []}
    order = {"titulaire": "Région X", "siret": OTHER, "scopes": ["exports"], "days": 30, "rate_limit_per_minute": 9}
    issued = tokens(cloud, "issue", **order, regions=["11", "84"])
    assert issued.keys() == {"token", "jti", "expires"}
    claims = jwt.decode(issued["token"], options={"verify_signature": False})
    assert (claims["jti"], claims["siret"], claims["scopes"]) == (issued["jti"], OTHER, ["exports"])
    assert (claims["rate_limit_per_minute"], claims["exp"] - claims["iat"]) == (9, 30 * 24 * 3600)
    assert claims["regions"] == ["11", "84"]
    (entry,) = tokens(cloud, "list")["tokens"]
    assert entry == {
        "jti": issued["jti"],
        "titulaire": "Région X",
        "siret": OTHER,
        "scopes": ["exports"],
        "kid": kid(issued["token"]),
        "issued_at": entry["issued_at"],
        "expires": issued["expires"],
        "rate_limit_per_minute": 9,
        "regions": ["11", "84"],
        "revoked_at": None,
    }
    (key,) = tokens(cloud, "keys")["keys"]
    assert (key["kid"], key["retired_at"], key["jwk"].keys()) == (entry["kid"], None, {"kty", "crv", "x", "y"})


def test_the_table_lets_a_token_go_after_it_expired(cloud: Cloud) -> None:
    token = cloud.token()
    exp = jwt.decode(token, options={"verify_signature": False})["exp"]
    register = boto3.client("dynamodb").scan(TableName=cloud.names["Register"])["Items"]
    kept = {item["id"]["S"]: item.get("expires_at") for item in register}
    assert kept.pop("keys") is None
    ((name, until),) = kept.items()
    assert name == f"token/{jti(token)}"
    assert until
    assert int(until["N"]) > exp


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"command": "publish"},
        {"command": None},
        {"command": "list", "jti": "x"},
        {"command": "issue"},
        {"command": "revoke"},
        {"command": "revoke", "jti": None},
        {"command": "revoke", "jti": "../keys"},
        {"command": "revoke", "jti": "00000000-0000-4000-8000-000000000000"},
        {"command": "retire", "kid": "id"},
        {"command": "retire", "kid": ["k"]},
        {"command": "retire", "kid": "A" * 43},
        {"command": "rotate", "kid": "A" * 43},
    ],
)
def test_what_ops_cannot_ask_for_changes_nothing(cloud: Cloud, event: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        cloud.invoke("Tokens", event)
    assert boto3.client("dynamodb").scan(TableName=cloud.names["Register"])["Count"] == 0


def test_the_list_reads_every_page(cloud: Cloud) -> None:
    issued = {jti(cloud.token()) for _ in range(3)}
    first, *rest = boto3.client("dynamodb").scan(TableName=cloud.names["Register"])["Items"]

    def pages(operation: str, params: dict[str, Any]) -> dict[str, Any] | None:
        if operation != "Scan":
            return None
        return {"Items": rest} if "ExclusiveStartKey" in params else {"Items": [first], "LastEvaluatedKey": first}

    with cloud.fault(pages):
        assert {entry["jti"] for entry in tokens(cloud, "list")["tokens"]} == issued


@pytest.mark.parametrize("operation", ["GetSecretValue", "PutSecretValue", "UpdateItem", "PutItem"])
def test_whatever_fails_half_way_spoils_nothing(cloud: Cloud, operation: str) -> None:
    """The key without its entry, the entry without its token: the next one makes good, or ops see it in the list."""
    with cloud.fault(failing(operation)), pytest.raises(EndpointConnectionError):
        cloud.token()
    token = cloud.token()
    assert Gateway(cloud)(token) == IN
    assert [entry["jti"] for entry in tokens(cloud, "list")["tokens"]] == [jti(token)]
    assert [key["kid"] for key in tokens(cloud, "keys")["keys"]] == [kid(token)]


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateItem"])
def test_a_rotation_that_fails_half_way_shuts_nobody_out(cloud: Cloud, operation: str) -> None:
    before = cloud.token()
    with cloud.fault(failing(operation)), pytest.raises(EndpointConnectionError):
        tokens(cloud, "rotate")
    after, gateway = cloud.token(), Gateway(cloud)
    assert (gateway(before), gateway(after)) == (IN, IN)
    assert {key["kid"] for key in tokens(cloud, "keys")["keys"]} == {kid(before), kid(after)}


def test_nothing_that_is_secret_is_logged(cloud: Cloud) -> None:
    first, gateway = cloud.token(), Gateway(cloud)
    with logs("tokens", "authorize", "lookup") as heard:
        tokens(cloud, "rotate")
        second = cloud.token()
        for token in (first, second, f"{second}x", "Bearer"):
            gateway(token)
        tokens(cloud, "revoke", jti=jti(first))
        gateway(first)
        tokens(cloud, "retire", kid=kid(first))
        tokens(cloud, "list")
        tokens(cloud, "keys")
    lines = [json.loads(line) for line in heard.getvalue().splitlines()]
    told = {line["message"]: line for line in lines if line["service"] == "tokens"}
    assert told.keys() == {"rotated", "issued", "revoked", "retired"}
    assert (told["issued"]["jti"], told["revoked"]["jti"]) == (jti(second), jti(first))
    assert {line["service"] for line in lines} == {"tokens", "authorize", "lookup"}
    pem = boto3.client("secretsmanager").get_secret_value(SecretId=cloud.names["SigningKeys"])["SecretString"]
    secrets = [part for token in (first, second) for part in token.split(".")[1:]] + pem.split("\n")[1:3]
    assert [secret for secret in secrets if secret in heard.getvalue()] == []


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_rotate_and_retire(cloud: Cloud) -> None:
    old = cloud.token()
    made = tokens(cloud, "rotate")
    new = cloud.token()
    assert (kid(old) != kid(new), kid(new)) == (True, made["kid"])
    gateway = Gateway(cloud)
    assert (gateway(old), gateway(new)) == (IN, IN)
    retired = tokens(cloud, "retire", kid=kid(old))
    with patch("time.time", return_value=time.time() + 3600):
        assert tokens(cloud, "retire", kid=kid(old)) == retired, "it was retired the first time"
    keys = {key["kid"]: key["retired_at"] for key in tokens(cloud, "keys")["keys"]}
    assert keys == {kid(new): None, kid(old): retired["retired_at"]}
    gateway = Gateway(cloud)
    assert (gateway(old), gateway(new)) == (FORBIDDEN, IN)


def test_a_retired_key_signs_nothing_more(cloud: Cloud) -> None:
    old = cloud.token()
    tokens(cloud, "retire", kid=kid(old))
    new = cloud.token()
    assert kid(new) != kid(old)
    assert (Gateway(cloud)(old), Gateway(cloud)(new)) == (FORBIDDEN, IN)


def test_a_signing_secret_that_was_lost_is_made_again(cloud: Cloud) -> None:
    old = cloud.token()
    boto3.client("secretsmanager").put_secret_value(SecretId=cloud.names["SigningKeys"], SecretString="spoilt")
    new, gateway = cloud.token(), Gateway(cloud)
    assert kid(new) != kid(old)
    assert (gateway(old), gateway(new)) == (IN, IN)


def test_an_older_secret_is_not_put_in_use_again(cloud: Cloud) -> None:
    """Secrets Manager keeps the version before: what it holds is retired like the rest."""
    old = cloud.token()
    secrets, secret = boto3.client("secretsmanager"), cloud.names["SigningKeys"]
    pem = secrets.get_secret_value(SecretId=secret)["SecretString"]
    tokens(cloud, "rotate")
    tokens(cloud, "retire", kid=kid(old))
    secrets.put_secret_value(SecretId=secret, SecretString=pem)
    assert kid(cloud.token()) != kid(old)


# --- the door -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [forged, unsound])
def test_forgeries_are_denied_and_count_for_nobody(cloud: Cloud, make: Any) -> None:
    token, gateway = cloud.token(), Gateway(cloud)
    assert gateway(token) == IN
    before = counters(cloud)
    pem = boto3.client("secretsmanager").get_secret_value(SecretId=cloud.names["SigningKeys"])["SecretString"]
    key = SigningKey.from_pem(pem)
    assert key
    claims = Claims.from_payload(jwt.decode(token, options={"verify_signature": False}))
    answers = {name: gateway(forgery) for name, forgery in make(key, claims).items()}
    assert {name: answer for name, answer in answers.items() if answer != FORBIDDEN} == {}
    assert counters(cloud) == before
    assert gateway(token) == IN


def test_a_token_that_was_never_issued_opens_nothing(cloud: Cloud) -> None:
    """Not even well signed: a key that leaked makes no tokens that the register does not know."""
    assert Gateway(cloud)(cloud.forged()) == IN
    assert Gateway(cloud)(cloud.forged(jti="00000000-0000-4000-8000-000000000000")) == FORBIDDEN


def test_revoked_tokens(cloud: Cloud) -> None:
    token, other, gateway = cloud.token(), cloud.token(), Gateway(cloud)
    assert gateway(token) == IN
    before = counters(cloud)
    revoked = tokens(cloud, "revoke", jti=jti(token))
    with patch("time.time", return_value=time.time() + 3600):
        assert tokens(cloud, "revoke", jti=jti(token)) == revoked, "it was revoked the first time"
    assert (gateway(token), gateway(other)) == (REVOKED, IN)
    assert {entry["jti"]: entry["revoked_at"] for entry in tokens(cloud, "list")["tokens"]} == {
        jti(token): revoked["revoked_at"],
        jti(other): None,
    }
    assert {name: calls for name, calls in counters(cloud).items() if jti(token) in name} == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ["Bearer {token}", "Bearer {token}"]},
        {"Authorization": ["Bearer x", "Bearer {token}"]},
        {"Authorization": ["Bearer {token}"], "authorization": ["Bearer x"]},
        {"Authorization": ["Bearer {token}, Bearer {token}"]},
        {"Authorization": ["Bearer {token} x"]},
        {"Authorization": ["Bearer\t{token}"]},
        {"Authorization": ["Bearer\xa0{token}"]},
        {"Authorization": ["Bearer{token}"]},
        {"Authorization": ["Basic {token}"]},
        {"Authorization": ["{token}"]},
        {"Authorization": [""]},
        {"Authorization": []},
        {"X-Authorization": ["Bearer {token}"]},
        {"Authorization ": ["Bearer {token}"]},
        {"Proxy-Authorization": ["Bearer {token}"]},
        {"Cookie": ["Authorization=Bearer {token}"]},
        {"token-connexion": ["{token}"]},
        {},
    ],
)
def test_smuggled_headers(cloud: Cloud, headers: dict[str, list[str]]) -> None:
    token = cloud.token()
    event = authorize_event("")
    event["multiValueHeaders"] = {name: [one.format(token=token) for one in ones] for name, ones in headers.items()}
    event["headers"] = {name: ones[-1] for name, ones in event["multiValueHeaders"].items() if ones}
    event["queryStringParameters"] = {"token": token, "Authorization": f"Bearer {token}"}
    policy = cloud.invoke("Authorize", event)
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "aUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_names_of_headers_and_schemes_have_no_case(cloud: Cloud, name: str, scheme: str) -> None:
    value = f"{scheme} {cloud.token()}"
    event = authorize_event("") | {"headers": {name: value}, "multiValueHeaders": {name: [value]}}
    policy = cloud.invoke("Authorize", event)
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_the_decision_is_the_same_wherever_the_call_goes(cloud: Cloud) -> None:
    """The gateway remembers it by the Authorization header: nothing else may have a part in it."""
    token, authorize = cloud.token(), cloud.function("Authorize")
    event = authorize_event(f"Bearer {token}")
    elsewhere = event | {
        "methodArn": event["methodArn"].split("/api/")[0] + "/api/POST/v1/etablissements/recherche",
        "queryStringParameters": {"date": "2020-01-01"},
        "pathParameters": None,
    }
    assert authorize(event) == authorize(elsewhere)


def test_a_register_that_fails_is_no_decision(cloud: Cloud) -> None:
    """The gateway answers its 5xx and remembers nothing: nobody is let in, nobody is told that the token is bad."""
    token = cloud.token()
    for resource in ('"keys"', f"token/{jti(token)}"):
        authorize: Function = cloud.function("Authorize")
        with cloud.fault(failing("GetItem", resource)), pytest.raises(EndpointConnectionError):
            authorize(authorize_event(f"Bearer {token}"))
        assert authorize(authorize_event(f"Bearer {token}"))["context"]["jti"] == jti(token)


# --- quotas -------------------------------------------------------------------------------------------------


def test_a_token_has_its_own_limit_to_the_window_s_edge(cloud: Cloud) -> None:
    edge = 1_900_000_020  # a whole minute
    clock = Mock(return_value=edge - 59.5)
    token, other = cloud.token(rate_limit_per_minute=2, months=18), cloud.token(months=18)
    contexts = [Gateway(cloud).authorize(authorize_event(f"Bearer {one}"))["context"] for one in (token, other)]
    mine, theirs = ({**context, "exp": str(edge * 2)} for context in contexts)
    seen: list[tuple[int, dict[str, str]]] = []
    with patch("time.time", clock):
        lookup = cloud.function("Lookup")

        def call(context: dict[str, str], now: float) -> tuple[int, dict[str, str]]:
            clock.return_value = now
            answer = lookup(lookup_event(CERTIFIED, context))
            named = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")
            seen.append((answer["statusCode"], {name: answer["headers"].get(name) for name in named}))
            return seen[-1]

        def headers(limit: int, remaining: int, reset: int, retry: int | None = None) -> dict[str, str | None]:
            return {
                "RateLimit-Limit": str(limit),
                "RateLimit-Remaining": str(remaining),
                "RateLimit-Reset": str(reset),
                "Retry-After": None if retry is None else str(retry),
            }

        assert call(mine, edge - 60) == (503, headers(2, 1, edge))
        assert call(mine, edge - 59.5) == (503, headers(2, 0, edge))
        assert call(mine, edge - 30) == (429, headers(2, 0, edge, 30))
        assert call(mine, edge - 0.001) == (429, headers(2, 0, edge, 1))
        assert call(theirs, edge - 0.001) == (503, headers(DEFAULT_RATE_LIMIT, DEFAULT_RATE_LIMIT - 1, edge)), (
            "another's quota is untouched"
        )
        assert call(mine, edge) == (503, headers(2, 1, edge + 60)), "the window that begins is whole"


def test_one_token_s_scopes_are_asked_for_before_its_calls_are_counted(cloud: Cloud) -> None:
    token = cloud.token(scopes=[SCOPES[1]])
    assert Gateway(cloud)(token) == (403, "00100")
    assert counters(cloud) == {}


# --- SIRETs -------------------------------------------------------------------------------------------------

GOOD = "99000001000019"
ODD = {
    "Arabic digits": GOOD.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "one Arabic digit": GOOD[:-1] + "٩",
    "full-width digits": GOOD.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "bold digits": GOOD.translate(str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")),
    "superscripts": "⁹⁹⁰⁰⁰⁰⁰¹⁰⁰⁰⁰¹⁹",
    "space before": f" {GOOD}",
    "space after": f"{GOOD} ",
    "spaces within": "990 000 010 00019",
    "no-break space": f"\xa0{GOOD}",
    "line end": f"{GOOD}\n",
    "carriage return": f"{GOOD}\r\nX: y",
    "NUL after": f"{GOOD}\0",
    "NUL within": "9900000\x001000019",
    "only NUL": "\0" * 14,
    "right-to-left mark": f"\u200f{GOOD}",
    "byte order mark": f"\ufeff{GOOD}",
    "half a surrogate": "\ud83d" * 14,
    "encoded slash": f"{GOOD}%2F..",
    "slash": f"../{GOOD}",
    "encoded digits": "%39900000100001%39",
    "plus": f"+{GOOD[1:]}",
    "minus": f"-{GOOD[1:]}",
    "exponent": "9900000100001e9",
    "hexadecimal": "0x000001000019",
    "underscores": "99_000_001_000",
    "thirteen": GOOD[:-1],
    "fifteen": f"0{GOOD}",
    "bad key": GOOD[:-1] + "8",
    "nothing": "",
    "letters": "A" * 14,
    "ten megabytes": "9" * 10_000_000,
    "ten megabytes of NUL": "\0" * 10_000_000,
    "a key of the store": "siren/990000010",
    "quotes": "' OR '1'='1' --",
}
ROUTES = (
    "/v3/carif_oref/etablissements/{siret}/certifications_qualiopi_france_competences",
    "/v1/etablissements/{siret}",
    "/v1/etablissements/{siret}/historique",
)


@pytest.fixture(scope="module")
def lookup() -> Iterator[tuple[Cloud, Function]]:
    with deployed() as cloud:
        yield cloud, cloud.function("Lookup")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("form", ODD)
def test_odd_sirets_are_malformed(lookup: tuple[Cloud, Function], route: str, form: str) -> None:
    cloud, function = lookup
    event = lookup_event(ODD[form]) | {"resource": route, "httpMethod": "GET"}
    cloud.calls.clear()
    with logs("lookup") as heard:
        answer = function(event)
    codes = [error["code"] for error in json.loads(answer["body"])["errors"]]
    assert (answer["statusCode"], codes) == (422, ["00302"])
    assert [call for call in cloud.calls if call.action == "dynamodb:Query"] == [], "nothing is looked for"
    assert len(answer["body"]) < 1_000, "what was sent is not sent back"
    assert 0 < len(heard.getvalue()) < 1_500, "nor logged whole"

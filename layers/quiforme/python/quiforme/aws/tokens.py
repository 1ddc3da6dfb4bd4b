"""The token store in DynamoDB, and the private key in Secrets Manager.

A token is the item `token/<jti>`, which DynamoDB deletes some time after the token's expiry. The public keys are one item, so
that one read gives them all: the authorizer never queries for a `kid` that a caller made up.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from quiforme.access.issuing import IssuedToken, PublicKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

_KEYS: Final[dict[str, Any]] = {"id": {"S": "keys"}}
_KEPT_EXPIRED_S: Final = 90 * 24 * 3600
"""How long an expired token stays listed, in seconds."""


class DynamoTokenStore:
    """The token store: ops' function writes it, the authorizer reads it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def add(self, entry: IssuedToken) -> None:
        """Store a token before it is handed out; never overwrites another one."""
        self._client.put_item(TableName=self._table, Item=_item(entry), ConditionExpression="attribute_not_exists(id)")

    def find(self, jti: str) -> IssuedToken | None:
        """A token by its `jti`, read consistently; None if it was never issued."""
        answer = self._client.get_item(TableName=self._table, Key=_key(jti), ConsistentRead=True)
        return _entry(answer["Item"]) if "Item" in answer else None

    def entries(self) -> Iterator[IssuedToken]:
        """Every token. A scan, because the table holds only tokens and keys."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        for page in pages:
            yield from (_entry(item) for item in page["Items"] if item["id"]["S"].startswith("token/"))

    def revoke(self, jti: str, at: str) -> IssuedToken | None:
        """Revoke a token; a second revocation keeps the first time. None if there is no such token."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(jti),
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="attribute_exists(id)",
                ExpressionAttributeValues={":at": {"S": at}},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _entry(answer["Attributes"])

    def store_key(self, key: PublicKey) -> PublicKey:
        """Store a key unless it exists; returns the stored one."""
        stored = {"jwk": {"S": json.dumps(dict(key.jwk))}, "created_at": {"S": key.created_at}}
        answer = self._client.update_item(
            TableName=self._table,
            Key=_KEYS,
            UpdateExpression="SET #kid = if_not_exists(#kid, :key)",
            ExpressionAttributeNames={"#kid": key.kid},
            ExpressionAttributeValues={":key": {"M": stored}},
            ReturnValues="ALL_NEW",
        )
        return _public_key(key.kid, answer["Attributes"][key.kid]["M"])

    def keys(self) -> list[PublicKey]:
        """Every key, read consistently."""
        item = self._client.get_item(TableName=self._table, Key=_KEYS, ConsistentRead=True).get("Item", {})
        return [_public_key(kid, value["M"]) for kid, value in item.items() if kid not in _KEYS]

    def keys_in_use(self) -> dict[str, Mapping[str, str]]:
        """The keys whose tokens are accepted, as JWK by kid."""
        return {key.kid: key.jwk for key in self.keys() if key.retired_at is None}

    def retire(self, kid: str, at: str) -> PublicKey | None:
        """Retire a key; a second retirement keeps the first time. None if there is no such key."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_KEYS,
                UpdateExpression="SET #kid.retired_at = if_not_exists(#kid.retired_at, :at)",
                ConditionExpression="attribute_exists(#kid)",
                ExpressionAttributeNames={"#kid": kid},
                ExpressionAttributeValues={":at": {"S": at}},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _public_key(kid, answer["Attributes"][kid]["M"])


class SecretVault:
    """A secret of Secrets Manager, of which the newest version is used."""

    def __init__(self, client: "SecretsManagerClient", secret: str) -> None:
        """Take the client and the secret's name or ARN."""
        self._client = client
        self._secret = secret

    def read(self) -> str:
        """The text of the newest version."""
        return self._client.get_secret_value(SecretId=self._secret)["SecretString"]

    def put(self, text: str) -> None:
        """Store a new version."""
        self._client.put_secret_value(SecretId=self._secret, SecretString=text)


def _key(jti: str) -> dict[str, Any]:
    return {"id": {"S": f"token/{jti}"}}


def _item(entry: IssuedToken) -> dict[str, Any]:
    expires = int(datetime.fromisoformat(entry.expires).timestamp())
    item = _key(entry.jti) | {
        "titulaire": {"S": entry.titulaire},
        "siret": {"S": entry.siret},
        "scopes": {"L": [{"S": scope} for scope in entry.scopes]},
        "kid": {"S": entry.kid},
        "issued_at": {"S": entry.issued_at},
        "expires": {"S": entry.expires},
        "expires_at": {"N": str(expires + _KEPT_EXPIRED_S)},
    }
    if entry.rate_limit_per_minute is not None:
        item["rate_limit_per_minute"] = {"N": str(entry.rate_limit_per_minute)}
    if entry.regions is not None:
        item["regions"] = {"L": [{"S": code} for code in entry.regions]}
    return item


def _entry(item: Mapping[str, Any]) -> IssuedToken:
    limit, revoked, regions = item.get("rate_limit_per_minute"), item.get("revoked_at"), item.get("regions")
    return IssuedToken(
        jti=item["id"]["S"].removeprefix("token/"),
        titulaire=item["titulaire"]["S"],
        siret=item["siret"]["S"],
        scopes=tuple(scope["S"] for scope in item["scopes"]["L"]),
        kid=item["kid"]["S"],
        issued_at=item["issued_at"]["S"],
        expires=item["expires"]["S"],
        rate_limit_per_minute=int(limit["N"]) if limit else None,
        regions=tuple(code["S"] for code in regions["L"]) if regions else None,
        revoked_at=revoked["S"] if revoked else None,
    )


def _public_key(kid: str, value: Mapping[str, Any]) -> PublicKey:
    retired = value.get("retired_at")
    return PublicKey(kid, json.loads(value["jwk"]["S"]), value["created_at"]["S"], retired["S"] if retired else None)

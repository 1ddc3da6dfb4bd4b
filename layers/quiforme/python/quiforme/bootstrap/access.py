"""Wires the authorizer and the function that issues tokens, whose layers have neither duckdb nor pydantic."""

import boto3

from quiforme.access.authorizer import Authorizer
from quiforme.access.issuing import TokenIssuer
from quiforme.access.keys import CachedKeys
from quiforme.aws.reader import FAST
from quiforme.aws.tokens import DynamoTokenStore, SecretVault
from quiforme.settings import AuthorizeSettings, TokensSettings, read


def authorizer() -> Authorizer:
    """The authorizer.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    store = DynamoTokenStore(boto3.client("dynamodb", config=FAST), read(AuthorizeSettings).token_table)
    return Authorizer(CachedKeys(store.keys_in_use), store.find)


def issuer() -> TokenIssuer:
    """What issues tokens.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(TokensSettings)
    return TokenIssuer(
        DynamoTokenStore(boto3.client("dynamodb"), settings.token_table),
        SecretVault(boto3.client("secretsmanager"), settings.signing_keys),
    )

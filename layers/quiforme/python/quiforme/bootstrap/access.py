"""Wires the authorizer and the function that issues tokens, whose layers have neither duckdb nor pydantic."""

from quiforme.access.authorizer import Authorizer
from quiforme.access.issuing import TokenIssuer
from quiforme.access.keys import CachedKeys
from quiforme.aws.clients import client
from quiforme.aws.reader import FAST
from quiforme.aws.tokens import DynamoTokenStore, SecretVault
from quiforme.settings import AuthorizeSettings, TokensSettings, read


def authorizer() -> Authorizer:
    """The authorizer.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    store = DynamoTokenStore(client("dynamodb", FAST), read(AuthorizeSettings).token_table)
    return Authorizer(CachedKeys(store.keys_in_use), store.find)


def issuer() -> TokenIssuer:
    """What issues tokens.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(TokensSettings)
    return TokenIssuer(
        DynamoTokenStore(client("dynamodb"), settings.token_table),
        SecretVault(client("secretsmanager"), settings.signing_keys),
    )

"""The settings of each function: its environment variables, read once and checked when the function starts.

A setting has its variable's name, its meaning, its unit and its form in one place. None has a default: the template sets
every variable, and a default would hide a broken deployment. The models are named tuples and not pydantic's, because the
look-up and the authorizer read theirs too: importing pydantic would take a good part of their cold start, and dataclasses
take twice as long to define.
"""

import os
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, get_type_hints

T = TypeVar("T")


class Misconfigured(Exception):
    """Environment variables are missing or unreadable: the deployment is at fault, not the call."""


class Variable(NamedTuple):
    """The environment variable of a setting.

    Attributes:
        name: The variable's name.
        description: What it holds, with its unit.
        read: Turns its text into the setting; the message of a ValueError says what is wrong with the text.

    """

    name: str
    description: str
    read: Callable[[str], Any] = str


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ValueError("is not a positive whole number")
    return int(text)


def _unless_off(text: str) -> str | None:
    return None if text == "off" else text


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


DocumentsTable = Annotated[str, Variable("DOCUMENTS_TABLE", "DynamoDB table of the documents")]
DaysTable = Annotated[str, Variable("DAYS_TABLE", "DynamoDB table of the publication current at the end of each day")]
StateTable = Annotated[str, Variable("STATE_TABLE", "DynamoDB table of the pointers and the leases")]
AccessTable = Annotated[str, Variable("ACCESS_TABLE", "DynamoDB table that counts the calls of each token")]
TokenTable = Annotated[str, Variable("REGISTER_TABLE", "DynamoDB table of the tokens and the public keys")]
FollowUpTable = Annotated[str, Variable("FOLLOW_UP_TABLE", "DynamoDB table of the anomalies and their follow-up")]
Bucket = Annotated[str, Variable("BUCKET", "S3 bucket of everything that the project stores")]
DropAddress = Annotated[str, Variable("DROP", "s3:// address of the files that ops drop")]
_SOURCE_ADDRESS = "https:// address of the source's file or dataset, or `drop`"
SigningKeys = Annotated[str, Variable("SIGNING_KEYS", "ARN of the secret that holds the private key")]
ConnectorSecret = Annotated[str, Variable("CONNECTOR_SECRET", "ARN of the secret of API Entreprise's connector")]
SireneApiAddress = Annotated[
    str | None, Variable("SIRENE_API_ADDRESS", "https:// address of INSEE's Sirene API, or `off`", _unless_off)
]
SireneApiKey = Annotated[str, Variable("SIRENE_API_KEY", "ARN of the secret that holds the key of the Sirene API")]
GeocoderAddress = Annotated[
    str | None, Variable("GEOCODER_ADDRESS", "https:// address of the geocoder, or `off`", _unless_off)
]
NdaRetentionDays = Annotated[
    int, Variable("NDA_RETENTION_DAYS", "How long an NDA that left the list stays on its documents, in days", _positive)
]
PerimeterExclusions = Annotated[
    tuple[str, ...],
    Variable("PERIMETER_EXCLUSIONS", "Marks that exclude an establishment, between commas, or `none`", _names),
]
LossPercent = Annotated[
    int,
    Variable(
        "LOSS_PERCENT", "Share of the documents that may lose something before a run is held, in per cent", _positive
    ),
]
HistoryDays = Annotated[
    int, Variable("HISTORY_DAYS", "How long replaced documents and replaced ledgers are kept, in days", _positive)
]
Stack = Annotated[str, Variable("STACK", "Name of the stack, by which its metrics are known")]
AnomalyTopic = Annotated[str, Variable("ANOMALY_TOPIC", "ARN of the SNS topic that consumers subscribe to")]
ApiUrl = Annotated[str, Variable("API_URL", "Public address of the API, without a slash at its end")]


class LookupSettings(NamedTuple):
    """The settings of the look-up."""

    documents_table: DocumentsTable
    days_table: DaysTable
    state_table: StateTable
    access_table: AccessTable
    follow_up_table: FollowUpTable
    bucket: Bucket
    connector_secret: ConnectorSecret
    history_days: HistoryDays


class AuthorizeSettings(NamedTuple):
    """The settings of the authorizer."""

    token_table: TokenTable


class TokensSettings(NamedTuple):
    """The settings of the function that issues tokens."""

    token_table: TokenTable
    signing_keys: SigningKeys


class IngestSettings(NamedTuple):
    """The settings of the ingestion."""

    stack: Stack
    documents_table: DocumentsTable
    days_table: DaysTable
    state_table: StateTable
    bucket: Bucket
    drop: DropAddress
    address_liste_of: Annotated[str, Variable("ADDRESS_LISTE_OF", _SOURCE_ADDRESS)]
    address_rncp: Annotated[str, Variable("ADDRESS_RNCP", _SOURCE_ADDRESS)]
    address_rs: Annotated[str, Variable("ADDRESS_RS", _SOURCE_ADDRESS)]
    address_sirene: Annotated[str, Variable("ADDRESS_SIRENE", _SOURCE_ADDRESS)]
    address_sirene_succession: Annotated[str, Variable("ADDRESS_SIRENE_SUCCESSION", _SOURCE_ADDRESS)]
    address_sirene_unite_legale: Annotated[str, Variable("ADDRESS_SIRENE_UNITE_LEGALE", _SOURCE_ADDRESS)]
    address_annuaire_education: Annotated[str, Variable("ADDRESS_ANNUAIRE_EDUCATION", _SOURCE_ADDRESS)]
    address_referentiel_onisep: Annotated[str, Variable("ADDRESS_REFERENTIEL_ONISEP", _SOURCE_ADDRESS)]
    nda_retention_days: NdaRetentionDays
    perimeter_exclusions: PerimeterExclusions
    loss_percent: LossPercent
    history_days: HistoryDays
    sirene_api_address: SireneApiAddress
    sirene_api_key: SireneApiKey
    geocoder_address: GeocoderAddress

    @property
    def source_addresses(self) -> dict[str, str]:
        """The address of each source, by the source's name."""
        prefix = "address_"
        return {name.removeprefix(prefix): value for name, value in self._asdict().items() if name.startswith(prefix)}


class OperateSettings(NamedTuple):
    """The settings of the function of ops' commands."""

    documents_table: DocumentsTable
    days_table: DaysTable
    state_table: StateTable
    bucket: Bucket


class ReconcileSettings(NamedTuple):
    """The settings of the reconciliation."""

    state_table: StateTable
    bucket: Bucket
    anomaly_topic: AnomalyTopic
    follow_up_table: FollowUpTable
    history_days: HistoryDays
    api_url: ApiUrl


def variables(model: type) -> dict[str, Variable]:
    """The environment variables of a settings model, by field name."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def read(model: type[T], environment: Mapping[str, str] = os.environ) -> T:
    """Read a function's settings.

    Args:
        model: One of the settings models of this module.
        environment: The environment variables, by name.

    Raises:
        Misconfigured: A variable is missing, empty or unreadable; the message names every one that is.

    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field, variable in variables(model).items():
        text = environment.get(variable.name, "").strip()
        if not text:
            problems.append(f"{variable.name} is not set")
            continue
        try:
            values[field] = variable.read(text)
        except ValueError as error:
            problems.append(f"{variable.name} {error}")
    if problems:
        raise Misconfigured(f"environment variables: {', '.join(problems)}")
    return model(**values)

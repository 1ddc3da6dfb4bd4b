"""Wires the look-up, whose layer has neither duckdb, pydantic nor cryptography."""

import time

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from quiforme.api.backend import Backend
from quiforme.api.gateway import StoreErrors
from quiforme.aws.clients import client
from quiforme.aws.exports import S3Exports
from quiforme.aws.followed_anomalies import DynamoFollowUpStore
from quiforme.aws.reader import FAST, DynamoCounter, DynamoReader
from quiforme.aws.secret import RotatingSecret
from quiforme.settings import LookupSettings, read

STORE_ERRORS = StoreErrors((ConnectTimeoutError, ReadTimeoutError), (BotoCoreError, ClientError))


def backend() -> Backend:
    """The look-up's backend.

    Raises:
        Misconfigured: A setting is missing or unreadable.

    """
    settings = read(LookupSettings)
    dynamodb = client("dynamodb", FAST)
    return Backend(
        reader=DynamoReader(
            dynamodb,
            documents_table=settings.documents_table,
            days_table=settings.days_table,
            state_table=settings.state_table,
            bucket=settings.bucket,
        ),
        counter=DynamoCounter(dynamodb, settings.access_table),
        connector=RotatingSecret(settings.connector_secret),
        exports=S3Exports(settings.bucket),
        follow_up=DynamoFollowUpStore(dynamodb, settings.follow_up_table),
        history_days=settings.history_days,
        now=time.time,
    )

"""The clients of the functions that a caller waits for: botocore's own, because importing boto3 takes a fifth of a cold start."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session, get_session


@cache
def session() -> Session:
    """The process's one session: every client shares its data and its credentials."""
    return get_session()


def client(service: str, config: Config | None = None) -> Any:  # noqa: ANN401  # each service has its own type
    """A client of a service, the same as boto3's."""
    return session().create_client(service, config=config)

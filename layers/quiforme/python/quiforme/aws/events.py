"""EventBridge: the event of a publication, which starts the reconciliation."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from quiforme.registry.ports import Publication

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class NotAnnounced(Exception):
    """EventBridge refused the event."""


class EventBridgeAnnouncer:
    """The account's default event bus."""

    def __init__(self, client: "EventBridgeClient") -> None:
        """Take the client."""
        self._client = client

    def __call__(self, scheduled_time: datetime, publication: Publication) -> None:
        """Put the event of a publication.

        Raises:
            NotAnnounced: The event was refused. The run fails and is retried, which publishes nothing twice.

        """
        detail = {"scheduled_time": scheduled_time.isoformat(), "generation": publication.generation}
        answer = self._client.put_events(
            Entries=[{"Source": "quiforme.ingest", "DetailType": "Publication", "Detail": json.dumps(detail)}]
        )
        if answer["FailedEntryCount"]:
            raise NotAnnounced(str(answer["Entries"][0].get("ErrorMessage", "refused")))

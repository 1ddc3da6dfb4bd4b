"""EventBridge: the word that an ingestion ended well."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class NotAnnounced(Exception):
    """EventBridge refused the event."""


def announce(client: "EventBridgeClient", scheduled_time: datetime, *, generation: int) -> None:
    """Put the event that starts the reconciliation.

    Raises:
        NotAnnounced: The event was refused; the run is to be tried again, which publishes nothing twice.

    """
    detail = {"scheduled_time": scheduled_time.isoformat(), "generation": generation}
    answer = client.put_events(
        Entries=[{"Source": "quiforme.ingest", "DetailType": "Publication", "Detail": json.dumps(detail)}]
    )
    if answer["FailedEntryCount"]:
        raise NotAnnounced(str(answer["Entries"][0].get("ErrorMessage", "refused")))

"""The follow-up of anomalies in DynamoDB, as the reconciliation writes it; the agents' side is aws/dossiers.py.

An anomaly is the items of one identifier: `etat`, as it stands now; `evenement#000003`, each thing that happened to it;
`suivi`, where its follow-up stands; `suivi#000002`, each step of it. The reconciliation writes the first two and agents
the others, so that neither overwrites the other. The index `par_rayon` lists what consumers know of, by region and state;
`par_sourdine` what agents dismissed.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from quiforme.anomalies.ports import AnomalyEvent
from quiforme.aws.batches import write_batches
from quiforme.aws.followed_anomalies import DISMISSED, STATE, STATISTICS, event_rank, shelf

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LISTED = frozenset({"faite", "classee"})
"""What was dismissed stays in sight; what ops hold or dropped never was."""


class DynamoFollowUp:
    """The table of the follow-up."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        """Put what happened, and how the anomaly stands since."""
        requests = ({"PutRequest": {"Item": item}} for one in news for item in _items(one))
        write_batches(self._client, self._table, requests)

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        """Put the statistics."""
        item = {**STATISTICS, "data": {"S": _json(statistics)}}
        self._client.put_item(TableName=self._table, Item=item)

    def dismissed(self) -> Iterator[tuple[str, str]]:
        """What agents dismissed."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="par_sourdine",
            KeyConditionExpression="sourdine = :dismissed",
            ExpressionAttributeValues={":dismissed": {"S": DISMISSED}},
        )
        for page in pages:
            yield from ((item["id"]["S"], item["empreinte"]["S"]) for item in page["Items"])


def _items(news: AnomalyEvent) -> Iterator[dict[str, Any]]:
    event, data = news.event, news.event["data"]
    yield {
        "id": {"S": news.anomaly},
        "rang": {"S": event_rank(news.sequence)},
        "evenement": {"S": _json({"jour": news.day, "annonce": news.announced, "message": event})},
    }
    state = {
        "id": {"S": news.anomaly},
        "rang": {"S": STATE},
        "etat": {"S": news.status},
        "annonce": {"S": news.announcement},
        "sequence": {"N": str(news.sequence)},
        "jour": {"S": news.day},
        "empreinte": {"S": news.digest},
        "data": {"S": _json(data)},
    }
    if news.announcement in _LISTED:
        state |= {
            "rayon": {"S": shelf(data["region"], news.status)},
            "evolution": {"S": f"{news.day}#{news.anomaly}"},
            "code": {"S": data["code"]},
            "severite": {"S": data["severite"]},
        }
    yield state


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

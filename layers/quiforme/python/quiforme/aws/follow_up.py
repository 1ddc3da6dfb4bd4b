"""The follow-up of anomalies in DynamoDB, as the reconciliation writes it; aws/followed_anomalies.py is the agents' side.

The items of an anomaly share the partition key `id`. Their sort key `rang` tells them apart: `etat`, its present state;
`evenement#000003`, one item for each event; `suivi`, the last step of its follow-up; `suivi#000002`, one item for each step.
The reconciliation writes the first two kinds and agents the others, so that neither overwrites the other.

The names of attributes and indexes are stored, so they stay in French: `rayon` (region and state) and `evolution` (day and
identifier) are the key of the index `par_rayon`, which lists the anomalies announced to consumers; `sourdine` is that of
`par_sourdine`, which lists those that agents dismissed; `empreinte` is a digest of the evidence, `annonce` says whether the
opening was announced, held, dropped or dismissed.
"""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from quiforme.anomalies.ports import AnomalyEvent
from quiforme.aws.batches import write_batches
from quiforme.aws.followed_anomalies import DISMISSED, STATE, STATISTICS, event_rank, section_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LISTED = frozenset({"faite", "classee"})
"""Announced and dismissed anomalies are listed; those held, or dropped by ops, are not."""


class DynamoFollowUp:
    """The table of the anomalies and their follow-up."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def record(self, news: Iterable[AnomalyEvent]) -> None:
        """Put each event, and the state of its anomaly after it."""
        requests = ({"PutRequest": {"Item": item}} for one in news for item in _items(one))
        write_batches(self._client, self._table, requests)

    def record_statistics(self, statistics: dict[str, Any]) -> None:
        """Replace the statistics."""
        item = {**STATISTICS, "data": {"S": _json(statistics)}}
        self._client.put_item(TableName=self._table, Item=item)

    def dismissed(self) -> Iterator[tuple[str, str]]:
        """The anomalies that agents dismissed, each with the digest of the evidence that they saw."""
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
            "rayon": {"S": section_key(data["region"], news.status)},
            "evolution": {"S": f"{news.day}#{news.anomaly}"},
            "code": {"S": data["code"]},
            "severite": {"S": data["severite"]},
        }
    yield state


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

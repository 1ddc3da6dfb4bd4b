"""The follow-up of anomalies in DynamoDB, as agents read and write it: see aws/follow_up.py for what lies there."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from quiforme.anomalies.follow_up import AnomalyFilter, AnomalyHistory, FollowedAnomaly, FollowUpStep, VersionConflict
from quiforme.anomalies.ports import event_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATE: Final = "etat"
STATISTICS: Final[dict[str, Any]] = {"id": {"S": "statistiques"}, "rang": {"S": STATE}}
DISMISSED: Final = "classee"
_STANDS: Final = "suivi"
_KEYS_A_BATCH: Final = 100


def shelf(region: str | None, etat: str) -> str:
    """Where the anomalies of a region and a state are listed."""
    return f"{region or 'inconnue'}#{etat}"


def event_rank(sequence: int) -> str:
    """The rank of one thing that happened; they sort as they happened."""
    return f"evenement#{sequence:06d}"


class DynamoFollowUpStore:
    """The table of the follow-up."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def listed(
        self, region: str | None, etat: str, wanted: AnomalyFilter, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """The anomalies of one region and state; `after` is the place of one, `day#identifier`."""
        rayon = shelf(region, etat)
        query = _query(self._table, rayon, wanted)
        if after:
            query["ExclusiveStartKey"] = _place(rayon, after)
        found: list[str] = []
        while True:
            # One more than wanted tells whether there is a next page.
            if "FilterExpression" not in query:
                query["Limit"] = limit + 1 - len(found)
            answer = self._client.query(**query)
            found += [item["evolution"]["S"] for item in answer["Items"]]
            if len(found) > limit or "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        page = found[:limit]
        return [place.partition("#")[2] for place in page], page[-1] if len(found) > limit else None

    def read(self, identifiers: Sequence[str]) -> list[FollowedAnomaly]:
        """Those of a page."""
        keys = [
            {"id": {"S": identifier}, "rang": {"S": rang}} for identifier in identifiers for rang in (STATE, _STANDS)
        ]
        items = {(item["id"]["S"], item["rang"]["S"]): item for item in self._get(keys)}
        return [
            _dossier(items[identifier, STATE], items.get((identifier, _STANDS)))
            for identifier in identifiers
            if (identifier, STATE) in items
        ]

    def whole(self, identifier: str) -> AnomalyHistory | None:
        """One, with all that happened to it."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": identifier}},
            ConsistentRead=True,
        )
        items = {item["rang"]["S"]: item for page in pages for item in page["Items"]}
        if STATE not in items or "sequence" not in items[STATE]:
            return None
        return AnomalyHistory(
            _dossier(items[STATE], items.get(_STANDS)),
            [json.loads(item["evenement"]["S"]) for item in items.values() if "evenement" in item],
            [_step(item) for rang, item in items.items() if rang.startswith(f"{_STANDS}#")],
        )

    def add(self, identifier: str, step: FollowUpStep) -> None:
        """Put the step, and where the follow-up stands since."""
        content = {"id": {"S": identifier}, "version": {"N": str(step.version)}, "etape": {"S": _json(asdict(step))}}
        quiet = {"sourdine": {"S": DISMISSED}, "empreinte": {"S": step.empreinte}} if step.dismisses else {}
        before: dict[str, Any] = (
            {
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": {"N": str(step.version - 1)}},
            }
            if step.version > 1
            else {"ConditionExpression": "attribute_not_exists(id)"}
        )
        stands = {**content, **quiet, "rang": {"S": _STANDS}}
        kept = {**content, "rang": {"S": f"{_STANDS}#{step.version:06d}"}}
        try:
            self._client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": self._table, "Item": stands, **before}},  # type: ignore[typeddict-item]  # one of the two above
                    {"Put": {"TableName": self._table, "Item": kept}},
                ]
            )
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" not in reasons:
                raise
            raise VersionConflict from error

    def statistics(self) -> dict[str, Any] | None:
        """What the last reconciliation counted."""
        item = self._client.get_item(TableName=self._table, Key=STATISTICS).get("Item")
        content: dict[str, Any] | None = json.loads(item["data"]["S"]) if item else None
        return content

    def _get(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Items by their keys; DynamoDB answers as many as 16 MB hold."""
        while keys:
            batch, keys = keys[:_KEYS_A_BATCH], keys[_KEYS_A_BATCH:]
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": batch, "ConsistentRead": True}})
            yield from answer["Responses"].get(self._table, [])
            if left := answer["UnprocessedKeys"].get(self._table):
                keys += left["Keys"]


def _query(table: str, rayon: str, wanted: AnomalyFilter) -> dict[str, Any]:
    values = {":rayon": {"S": rayon}}
    condition = "rayon = :rayon"
    if wanted.depuis:
        condition += " AND evolution >= :depuis"
        values[":depuis"] = {"S": wanted.depuis}
    filters = {name: value for name in ("code", "severite") if (value := getattr(wanted, name))}
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": "par_rayon",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values | {f":{name}": {"S": value} for name, value in filters.items()},
        "ScanIndexForward": False,
    }
    if filters:
        query["FilterExpression"] = " AND ".join(f"{name} = :{name}" for name in filters)
    return query


def _place(rayon: str, evolution: str) -> dict[str, Any]:
    """The key, in the index, of the last one that a walk had."""
    return {
        "rayon": {"S": rayon},
        "evolution": {"S": evolution},
        "id": {"S": evolution.partition("#")[2]},
        "rang": {"S": STATE},
    }


def _dossier(state: dict[str, Any], stands: dict[str, Any] | None) -> FollowedAnomaly:
    return FollowedAnomaly(
        data=json.loads(state["data"]["S"]),
        etat=state["etat"]["S"],
        annonce=state["annonce"]["S"],
        jour=state["jour"]["S"],
        evenement=event_id(state["id"]["S"], int(state["sequence"]["N"])),
        empreinte=state["empreinte"]["S"],
        suivi=_step(stands) if stands else None,
    )


def _step(item: dict[str, Any]) -> FollowUpStep:
    return FollowUpStep(**json.loads(item["etape"]["S"]))


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

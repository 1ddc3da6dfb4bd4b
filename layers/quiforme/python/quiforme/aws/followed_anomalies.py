"""The follow-up of anomalies in DynamoDB, as agents read and write it; aws/follow_up.py describes the table."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from quiforme.anomalies.follow_up import AnomalyFilter, AnomalyHistory, FollowedAnomaly, FollowUpStep, VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATE: Final = "etat"
STATISTICS: Final[dict[str, Any]] = {"id": {"S": "statistiques"}, "rang": {"S": STATE}}
DISMISSED: Final = "classee"
_LAST_STEP: Final = "suivi"
_KEYS_A_BATCH: Final = 100


def section_key(region: str | None, etat: str) -> str:
    """The partition key, in the index of the list, of the anomalies of one region and state."""
    return f"{region or 'inconnue'}#{etat}"


def event_rank(sequence: int) -> str:
    """The sort key of an event's item; events sort by their number."""
    return f"evenement#{sequence:06d}"


class DynamoFollowUpStore:
    """The table of the anomalies and their follow-up."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        """Take the client and the table's name."""
        self._client = client
        self._table = table

    def listed(
        self, region: str | None, etat: str, wanted: AnomalyFilter, *, after: str | None, limit: int
    ) -> tuple[list[str], str | None]:
        """List the anomalies of one region and state; a position is `day#identifier`."""
        section = section_key(region, etat)
        query = _query(self._table, section, wanted)
        if after:
            query["ExclusiveStartKey"] = _start_key(section, after)
        found: list[str] = []
        while True:
            # One more than the limit tells whether there is a next page.
            if "FilterExpression" not in query:
                query["Limit"] = limit + 1 - len(found)
            answer = self._client.query(**query)
            found += [item["evolution"]["S"] for item in answer["Items"]]
            if len(found) > limit or "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        page = found[:limit]
        return [position.partition("#")[2] for position in page], page[-1] if len(found) > limit else None

    def read(self, identifiers: Sequence[str]) -> list[FollowedAnomaly]:
        """The anomalies of these identifiers, in the same order; unknown ones are left out."""
        keys = [
            {"id": {"S": identifier}, "rang": {"S": part}} for identifier in identifiers for part in (STATE, _LAST_STEP)
        ]
        items = {(item["id"]["S"], item["rang"]["S"]): item for item in self._get(keys)}
        return [
            _anomaly(items[identifier, STATE], items.get((identifier, _LAST_STEP)))
            for identifier in identifiers
            if (identifier, STATE) in items
        ]

    def whole(self, identifier: str) -> AnomalyHistory | None:
        """One anomaly with its history; None if it is unknown."""
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
            _anomaly(items[STATE], items.get(_LAST_STEP)),
            [json.loads(item["evenement"]["S"]) for item in items.values() if "evenement" in item],
            [_step(item) for part, item in items.items() if part.startswith(f"{_LAST_STEP}#")],
        )

    def add(self, identifier: str, step: FollowUpStep) -> None:
        """Put the step, and make it the last one, if the previous one is still the last."""
        content = {"id": {"S": identifier}, "version": {"N": str(step.version)}, "etape": {"S": _json(asdict(step))}}
        dismissal = {"sourdine": {"S": DISMISSED}, "empreinte": {"S": step.empreinte}} if step.dismisses else {}
        condition: dict[str, Any] = (
            {
                "ConditionExpression": "version = :previous",
                "ExpressionAttributeValues": {":previous": {"N": str(step.version - 1)}},
            }
            if step.version > 1
            else {"ConditionExpression": "attribute_not_exists(id)"}
        )
        last = {**content, **dismissal, "rang": {"S": _LAST_STEP}}
        step_item = {**content, "rang": {"S": f"{_LAST_STEP}#{step.version:06d}"}}
        try:
            self._client.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": self._table, "Item": last, **condition}},  # type: ignore[typeddict-item]  # one of the two above
                    {"Put": {"TableName": self._table, "Item": step_item}},
                ]
            )
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {reason.get("Code") for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" not in reasons:
                raise
            raise VersionConflict from error

    def statistics(self) -> dict[str, Any] | None:
        """The statistics of the last reconciliation."""
        item = self._client.get_item(TableName=self._table, Key=STATISTICS).get("Item")
        content: dict[str, Any] | None = json.loads(item["data"]["S"]) if item else None
        return content

    def _get(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Items by their keys; DynamoDB may return only some, at most 16 MB at once."""
        while keys:
            batch, keys = keys[:_KEYS_A_BATCH], keys[_KEYS_A_BATCH:]
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": batch, "ConsistentRead": True}})
            yield from answer["Responses"].get(self._table, [])
            if left := answer["UnprocessedKeys"].get(self._table):
                keys += left["Keys"]


def _query(table: str, section: str, wanted: AnomalyFilter) -> dict[str, Any]:
    values = {":rayon": {"S": section}}
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


def _start_key(section: str, position: str) -> dict[str, Any]:
    """The key, in the index of the list, of the last anomaly read."""
    return {
        "rayon": {"S": section},
        "evolution": {"S": position},
        "id": {"S": position.partition("#")[2]},
        "rang": {"S": STATE},
    }


def _anomaly(state: dict[str, Any], last_step: dict[str, Any] | None) -> FollowedAnomaly:
    from quiforme.anomalies.ports import event_id  # noqa: PLC0415  # not at a cold start: few calls need it

    return FollowedAnomaly(
        data=json.loads(state["data"]["S"]),
        etat=state["etat"]["S"],
        annonce=state["annonce"]["S"],
        jour=state["jour"]["S"],
        evenement=event_id(state["id"]["S"], int(state["sequence"]["N"])),
        empreinte=state["empreinte"]["S"],
        suivi=_step(last_step) if last_step else None,
    )


def _step(item: dict[str, Any]) -> FollowUpStep:
    return FollowUpStep(**json.loads(item["etape"]["S"]))


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

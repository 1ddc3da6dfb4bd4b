"""The AWS adapters on moto, and what they do when AWS does only half of what it was asked."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from quiforme.aws.anomalies import NotSent, SqsOutbox
from quiforme.aws.documents import LARGEST_INLINE, DynamoRegistry
from quiforme.aws.lease import Busy, lease
from quiforme.aws.reader import DynamoCounter, DynamoReader
from quiforme.registry.ports import Conflict, Item, Publication

from tests.stack.template import template

NAMES = {"documents_table": "Documents", "state_table": "State", "bucket": "bucket"}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables with the template's own keys, so that the two cannot drift apart."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    with mock_aws():
        for name in ("Documents", "State", "Access"):
            table = template()["Resources"][name]["Properties"]
            wanted = {key: table[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
            boto3.client("dynamodb").create_table(TableName=name, **wanted)
        boto3.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        yield


def publication(generation: int) -> Publication:
    return Publication(
        generation, generation, "2026-11-23", "2026-11-23", "snapshots/a/manifest.json", {"liste_of": "2026-11-23"}
    )


def test_generations_of_any_size() -> None:
    client = boto3.client("dynamodb")
    registry, reader = DynamoRegistry(client, boto3.client("s3"), **NAMES), DynamoReader(client, **NAMES)
    big = '{"x":"' + "é" * LARGEST_INLINE + '"}'
    registry.write(1, [Item("1", "document", big, "{}"), Item("2", "document", '{"a":1}', "{}")])
    registry.write(2, [Item("2", "retire"), Item("3", "hors_perimetre")])
    assert reader.read("1", 1) == reader.read("1", 2) == Item("1", "document", big, "{}")
    assert reader.read("2", 1) == Item("2", "document", '{"a":1}', "{}")
    assert reader.read("2", 2) == Item("2", "retire")
    assert reader.read("3", 1) is None
    registry.erase([("2", 2), ("3", 2)])
    assert reader.read("2", 2) == Item("2", "document", '{"a":1}', "{}")


def test_the_pointer_moves_from_where_it_was_seen() -> None:
    registry = DynamoRegistry(boto3.client("dynamodb"), boto3.client("s3"), **NAMES)
    registry.publish(publication(1), replacing=None)
    registry.publish(publication(2), replacing=publication(1))
    registry.publish(publication(2), replacing=publication(1))  # repeated after a lost answer
    with pytest.raises(Conflict):
        registry.publish(publication(3), replacing=publication(1))
    assert registry.current() == publication(2)


def test_unprocessed_items_are_written_again() -> None:
    client = boto3.client("dynamodb")
    refused: list[int] = []

    class Throttled:
        exceptions, meta = client.exceptions, client.meta

        def batch_write_item(self, RequestItems: dict[str, list[Any]], **_: str) -> dict[str, Any]:  # noqa: N803  # boto3's
            requests = RequestItems["Documents"]
            keep = len(requests) // 2 if len(refused) < 3 else 0
            refused.append(keep)
            client.batch_write_item(RequestItems={"Documents": requests[keep:]})
            return {"UnprocessedItems": {"Documents": requests[:keep]} if keep else {}}

    registry = DynamoRegistry(Throttled(), boto3.client("s3"), **NAMES)  # type: ignore[arg-type]  # a double
    registry.write(1, [Item(str(number), "retire") for number in range(60)])
    assert client.scan(TableName="Documents", Select="COUNT")["Count"] == 60
    assert refused[0]


def test_refused_messages_are_sent_again_or_raise() -> None:
    sent: list[str] = []

    class Flaky:
        fault = False

        def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803  # boto3's
            failed = [{"Id": entry["Id"], "SenderFault": self.fault, "Code": "x"} for entry in Entries[1:]]
            sent.extend(entry["MessageBody"] for entry in Entries[:1])
            return {"Successful": [], "Failed": failed}

    event = {"type": "fr.quiforme.anomalie.ouverte.v1", "data": {"code": "c", "severite": "info", "region": None}}
    events = [{**event, "id": str(number)} for number in range(4)]
    SqsOutbox(Flaky(), "q").send(events)  # type: ignore[arg-type]  # a double
    assert len(sent) == 4
    faulty = Flaky()
    faulty.fault = True
    with pytest.raises(NotSent):
        SqsOutbox(faulty, "q").send(events)  # type: ignore[arg-type]  # a double


def test_lease_keeps_others_out() -> None:
    client = boto3.client("dynamodb")

    def hold(owner: str, remaining: int = 60_000) -> Any:
        return lease(client, "State", "ingest", owner=owner, purpose="p", remaining_ms=lambda: remaining, wait=False)

    with hold("a"):
        with pytest.raises(Busy), hold("b"):
            pass
        with hold("a"):  # the same request, tried again
            pass
    with hold("b", remaining=-1000), hold("c"):  # b died: its time is over
        pass


def test_calls_are_counted_by_token_and_minute() -> None:
    counter = DynamoCounter(boto3.client("dynamodb"), "Access")
    assert [counter.count("a", 60), counter.count("a", 60), counter.count("b", 60), counter.count("a", 120)] == [
        1,
        2,
        1,
        1,
    ]

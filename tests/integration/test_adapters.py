"""The AWS adapters on moto, and what they do when AWS does only half of what it was asked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from quiforme.aws.anomalies import NotSent, SnsOutbox
from quiforme.aws.documents import LARGEST_INLINE, DynamoRegistry
from quiforme.aws.lease import DynamoLease
from quiforme.aws.reader import DynamoCounter, DynamoReader
from quiforme.aws.storage import NotDeleted, S3Storage
from quiforme.jobs.lease import Busy
from quiforme.registry.ports import Conflict, Held, Item, Losses, Publication

from tools.local_stack.template import template

DAY = date(2026, 11, 23)
NAMES = {"documents_table": "Documents", "days_table": "Days", "state_table": "State", "bucket": "bucket"}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables with the template's own keys, so that the two cannot drift apart."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    with mock_aws():
        for name in ("Documents", "Days", "State", "Access"):
            table = template()["Resources"][name]["Properties"]
            wanted = {key: table[key] for key in ("BillingMode", "AttributeDefinitions", "KeySchema")}
            boto3.client("dynamodb").create_table(TableName=name, **wanted)
        boto3.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        yield


def publication(generation: int) -> Publication:
    return Publication(
        generation, generation, "2026-11-23", "2026-11-23", "snapshots/a/manifest.json", {"liste_of": "2026-11-23"}, {}
    )


def test_generations_of_any_size() -> None:
    client = boto3.client("dynamodb")
    registry, reader = DynamoRegistry(client, boto3.client("s3"), **NAMES), DynamoReader(client, **NAMES)
    big = '{"x":"' + "é" * LARGEST_INLINE + '"}'
    large = Item("1", "document", "2026-11-23", big, "{}", "{}", non_diffusible=True, generation=1)
    small = Item("2", "document", "2026-11-23", '{"a":1}', "{}", "{}", generation=1)
    gone = Item("2", "retire", "2026-11-24", generation=2)
    everybody = Item("siren/1", "index", "2026-11-24", '["' + '","'.join(["1" * 14] * 30_000) + '"]', generation=2)
    registry.write(1, [large, small])
    registry.write(2, [gone, Item("3", "hors_perimetre", "2026-11-24"), everybody])
    assert reader.read("1", 1) == reader.read("1", 2) == large
    assert reader.read("2", 1) == small
    assert reader.read("2", 2) == gone
    assert reader.read("3", 1) is None
    assert reader.read("siren/1", 2) == everybody
    assert reader.versions("2", 2, 5) == [gone, small]
    assert [key.startswith("documents/1/") for key in registry.objects("1")] == [True]
    assert registry.objects("2") == registry.objects("9") == set()
    registry.erase([("2", 2), ("3", 2)])
    assert reader.read("2", 2) == small


def test_what_was_published_on_a_day() -> None:
    client = boto3.client("dynamodb")
    registry, reader = DynamoRegistry(client, boto3.client("s3"), **NAMES), DynamoReader(client, **NAMES)
    registry.publish(publication(1), replacing=None, day=date(2026, 11, 1))
    registry.publish(publication(2), replacing=publication(1), day=date(2026, 11, 20))
    with pytest.raises(Conflict):
        registry.publish(publication(9), replacing=publication(1), day=date(2026, 11, 21))
    registry.publish(publication(3), replacing=publication(2), day=date(2026, 11, 20))
    assert reader.publication_on(date(2026, 10, 31)) is None
    assert reader.publication_on(date(2026, 11, 19)) == publication(1)
    assert reader.publication_on(date(2026, 11, 20)) == reader.publication_on(date(2027, 1, 1)) == publication(3)


def test_another_fault_of_a_publication_is_no_conflict() -> None:
    def fault(**_: Any) -> Any:
        raise client.exceptions.TransactionCanceledException(
            {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": "ThrottlingError"}]},
            "TransactWriteItems",
        )

    client = boto3.client("dynamodb")
    registry = DynamoRegistry(client, boto3.client("s3"), **NAMES)
    client.transact_write_items = fault  # type: ignore[method-assign]  # a double
    with pytest.raises(client.exceptions.TransactionCanceledException):
        registry.publish(publication(1), replacing=None, day=date(2026, 11, 1))


def test_thousands_of_objects_are_deleted_and_others_stay() -> None:
    client = boto3.client("s3")
    storage = S3Storage(client, "bucket")
    wanted = [f"gone/{number:04}" for number in range(1_005)]
    for key in (*wanted[::100], wanted[-1], "kept/1"):
        storage.write(key, b"")
    storage.delete(wanted)  # most of them are not there
    assert storage.keys("") == ["kept/1"]
    storage.delete([])


def test_an_object_that_stays_is_no_success() -> None:
    class Denied:
        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "accepted/a", "Code": "AccessDenied"}]}

    with pytest.raises(NotDeleted, match="accepted/a the first: AccessDenied"):
        S3Storage(Denied(), "bucket").delete(["accepted/a", "accepted/b"])  # type: ignore[arg-type]  # a double


def test_the_pointer_moves_from_where_it_was_seen() -> None:
    registry = DynamoRegistry(boto3.client("dynamodb"), boto3.client("s3"), **NAMES)
    registry.publish(publication(1), replacing=None, day=DAY)
    registry.publish(publication(2), replacing=publication(1), day=DAY)
    registry.publish(publication(2), replacing=publication(1), day=DAY)  # repeated after a lost answer
    with pytest.raises(Conflict):
        registry.publish(publication(3), replacing=publication(1), day=DAY)
    assert registry.current() == publication(2)


def test_what_is_held_is_read_with_the_pointer_and_goes_when_it_moves() -> None:
    client = boto3.client("dynamodb")
    registry, reader = DynamoRegistry(client, boto3.client("s3"), **NAMES), DynamoReader(client, **NAMES)
    losses = Losses(in_force=100, losing=6, kinds={"uai": 6}, examples={"1": ["uai"]}, percent=5, least=1)
    held = Held(publication(2), "2026-11-24T04:00:00+00:00", losses)
    with pytest.raises(Conflict):  # there is nothing to hold it beside
        registry.hold(held, beside=publication(1))
    registry.publish(publication(1), replacing=None, day=DAY)
    assert (registry.held(), reader.current(), reader.held()) == (None, publication(1), None)
    registry.hold(held, beside=publication(1))
    registry.hold(held, beside=publication(1))  # repeated after a lost answer
    assert (registry.held(), registry.current()) == (held, publication(1))
    assert reader.held() is None  # as `current` read it
    assert (reader.check(), reader.held()) == (publication(1), held)
    assert reader.publication_on(DAY) == publication(1)
    with pytest.raises(Conflict):
        registry.hold(held, beside=publication(3))
    released = replace(held, decision="released")
    registry.publish(publication(2), replacing=publication(1), day=DAY, released=released)
    registry.publish(publication(2), replacing=publication(1), day=DAY, released=released)
    assert (registry.held(), registry.current()) == (released, publication(2))
    registry.publish(publication(3), replacing=publication(2), day=DAY)
    assert (registry.held(), reader.check(), reader.held()) == (None, publication(3), None)


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
    registry.write(1, [Item(str(number), "retire", "2026-11-23") for number in range(60)])
    assert client.scan(TableName="Documents", Select="COUNT")["Count"] == 60
    assert refused[0]


class Topic:
    """Takes the first message of each batch, and says of the others that it did not, whoever is to blame."""

    def __init__(self, *, sender_fault: bool = False, takes: int = 1) -> None:
        self.sender_fault, self.takes = sender_fault, takes
        self.batches: list[list[Any]] = []
        self.taken: list[Any] = []

    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[Any]) -> dict[str, Any]:  # noqa: N803  # boto3's
        assert TopicArn == "t"
        entries = PublishBatchRequestEntries
        self.batches.append(entries)
        self.taken += entries[: self.takes]
        failed = [{"Id": one["Id"], "SenderFault": self.sender_fault, "Code": "x"} for one in entries[self.takes :]]
        return {"Successful": [], "Failed": failed}


def told(number: int, *, text: str = "", region: str | None = None) -> dict[str, Any]:
    data = {"code": "c", "severite": "info", "region": region, "message": text}
    return {"type": "fr.quiforme.anomalie.ouverte.v1", "data": data, "id": str(number)}


def publish(topic: Topic, events: list[dict[str, Any]]) -> list[float]:
    """Send them; the pauses made meanwhile, none of which is waited for."""
    clock, pauses = [0.0], []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    with (
        patch("quiforme.aws.anomalies.time.sleep", sleep),
        patch("quiforme.aws.anomalies.time.monotonic", lambda: clock[0]),
        patch("quiforme.aws.anomalies.random.uniform", lambda _, longest: longest),
    ):
        SnsOutbox(topic, "t").send(events)  # type: ignore[arg-type]  # a double
    return pauses


def test_refused_messages_are_sent_again() -> None:
    topic = Topic()
    pauses = publish(topic, [told(number) for number in range(4)])
    assert [json.loads(entry["Message"])["id"] for entry in topic.taken] == ["0", "1", "2", "3"]
    assert pauses == [0.1, 0.2, 0.4]


def test_what_is_wrong_with_a_message_raises_at_once() -> None:
    topic = Topic(sender_fault=True)
    with pytest.raises(NotSent, match="1 events refused: x"):
        publish(topic, [told(0), told(1)])
    assert len(topic.batches) == 1


def test_a_topic_that_refuses_for_ever_raises_at_the_deadline() -> None:
    topic = Topic(takes=0)
    with pytest.raises(NotSent, match="2 events refused"):
        publish(topic, [told(0), told(1)])
    assert 20 < len(topic.batches) < 40
    assert not topic.taken


def test_batches_stay_under_what_the_topic_takes() -> None:
    topic = Topic(takes=10)
    publish(topic, [told(number, text="é" * (60_000 if number % 5 == 0 else 10)) for number in range(25)])
    assert len(topic.taken) == 25
    for batch in topic.batches:
        assert len(batch) == len({entry["Id"] for entry in batch}) <= 10
        assert sum(len(entry["Message"].encode()) for entry in batch) < 256_000


def test_attributes_are_those_that_filters_look_at() -> None:
    topic = Topic(takes=10)
    publish(topic, [told(0, region="11"), told(1)])
    known = {"code": "c", "severite": "info", "evenement": "ouverte"}
    assert [
        {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()} for entry in topic.taken
    ] == [{**known, "region": "11"}, known]


def test_no_character_is_sent_that_a_queue_refuses() -> None:
    topic = Topic(takes=10)
    publish(topic, [told(0, text="a\ufffe\uffffb")])
    body = topic.taken[0]["Message"]
    assert "\ufffe" not in body
    assert "\uffff" not in body
    assert json.loads(body) == told(0, text="a\ufffe\uffffb")


def test_lease_keeps_others_out() -> None:
    client = boto3.client("dynamodb")

    def hold(owner: str, remaining: int = 60_000) -> Any:
        lease = DynamoLease(client, "State", "ingest", owner=owner, remaining_ms=lambda: remaining, wait=False)
        return lease.hold("p")

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

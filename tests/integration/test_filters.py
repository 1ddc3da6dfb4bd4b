"""The filters that the consumers' guide gives let through what it says that they do."""

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from quiforme.aws.anomalies import SnsOutbox
from quiforme_anomalies import exemples

from tools.in_process.cloud import deployed
from tools.local_stack.emulator import ROOT

_GUIDE = (ROOT / "docs" / "anomalies.md").read_text(encoding="utf-8")
FILTERS = re.findall(r"^\| `(\{.+\})` \|", _GUIDE, re.MULTILINE)
PROMISED: list[Callable[[dict[str, Any], str], bool]] = [
    lambda data, _: data.get("region") == "11",
    lambda data, _: data.get("region") in ("11", None),
    lambda data, kind: data["severite"] == "critique" and kind in ("ouverte", "resolue"),
    lambda data, _: data["code"].startswith("perte_") or data["code"] == "etablissement_ferme",
]


@pytest.mark.parametrize(("filter_policy", "promised"), list(zip(FILTERS, PROMISED, strict=True)), ids=FILTERS)
def test_a_filter(filter_policy: str, promised: Callable[[dict[str, Any], str], bool]) -> None:
    events = [event for story in exemples().values() for event in story]
    expected = sorted(event["id"] for event in events if promised(event["data"], event["type"].split(".")[3]))
    assert 0 < len(expected) < len(events)
    with deployed() as cloud:
        sns, sqs, topic = boto3.client("sns"), boto3.client("sqs"), cloud.names["AnomalyTopic"]
        cloud.names["team"] = sqs.create_queue(QueueName="team")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{sqs.meta.region_name}:123456789012:team",
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": filter_policy},
        )
        SnsOutbox(sns, topic).send(events)
        assert sorted(json.loads(message["Body"])["id"] for message in cloud.drain("team")) == expected
        assert len(cloud.drain("Anomalies")) == len(events)

"""The project's own code at national size: an ingestion from local files, and the client that publishes."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from quiforme.aws.documents import DynamoRegistry
from quiforme.enrichment.services import Services
from quiforme.ingestion import Order, World, ingest
from quiforme.registry.ports import Item
from quiforme.snapshot.ports import Offer, Version
from quiforme.sources.catalogue import SOURCES, Source

from tests.bench.data import DAY
from tests.doubles import FolderStorage, MemoryRegistry, four_o_clock
from tests.integration.play import SETTINGS

MEMORY_MB = 3008
"""Of the Lambda function."""


class _Drop:
    """The files of a folder where they lie: nothing is copied or hashed on the way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        [path] = [path for path in self._folder.iterdir() if source.matches(path.name)]
        target.hardlink_to(path)
        version = Version(path.name, str(path.stat().st_mtime_ns))
        return Offer(version, DAY, fetched=version != known)


class _Storage(FolderStorage):
    """A folder on the same disk, where putting costs nothing."""

    def put(self, key: str, source: Path) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(source)


@dataclass
class _Registry(MemoryRegistry):
    """Takes documents and keeps them only when asked to."""

    keep: bool = False
    kept: dict[str, str] = field(default_factory=dict)

    def write(self, generation: int, items: Iterable[Item]) -> None:
        for item in items:
            if self.keep and item.etat == "document":
                self.kept[item.siret] = item.data


def ingestion(folder: Path, scratch: Path, *, keep: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """The summary of a first run on a drop, and the documents' JSON by SIRET where they are to be kept."""
    registry = _Registry(keep=keep)
    with TemporaryDirectory(dir=scratch) as own, TemporaryDirectory(dir=scratch) as storage:
        world = World(
            origins=dict.fromkeys((source.name for source in SOURCES), _Drop(folder)),
            storage=_Storage(Path(storage)),
            registry=registry,
            announce=lambda *_: None,
            scratch=Path(own),
            memory_limit_mb=MEMORY_MB // 2,
            settings=SETTINGS,
            history_days=3650,
            services=Services(None, "", None, lambda: 3600.0),
        )
        summary = ingest(world, Order(four_o_clock(DAY), "bench"))
    return summary, registry.kept


def publication(items: int) -> None:
    """Write that many documents of 1.6 KB through the real client on one core; only the network is missing."""
    os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})
    client = boto3.client("dynamodb", region_name="eu-west-3", aws_access_key_id="none", aws_secret_access_key="none")
    client.meta.events.register("before-send.dynamodb.BatchWriteItem", _answer)
    s3: Any = None  # no document here is too big for an item
    registry = DynamoRegistry(client, s3, documents_table="documents", state_table="state", bucket="bucket")
    registry.write(1, _items(items))


def _items(number: int) -> Iterator[Item]:
    data, details = '{"siret": "' + "é" * 50 + "x" * 1_100 + '"}', '{"etablissement": "' + "x" * 360 + '"}'
    for rank in range(number):
        yield Item(f"{rank:014d}", "document", data, details)


def _answer(request: Any, **_: Any) -> Any:
    answer: Any = AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.0"}, None)  # type: ignore[arg-type]  # read as a mapping
    answer._content = b'{"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"documents","CapacityUnits":50.0}]}'
    return answer

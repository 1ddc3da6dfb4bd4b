"""The project's own code at national size: an ingestion from local files, and the client that publishes."""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from quiforme.aws.documents import BULK, LARGEST_INLINE, DynamoRegistry
from quiforme.enrichment.services import EnrichmentServices
from quiforme.jobs.ingestion import IngestionContext, RunRequest, ingest
from quiforme.pipeline.losses import LEAST, LossLimits
from quiforme.registry.ports import Item
from quiforme.snapshot.ports import Offer, Version
from quiforme.sources.catalogue import SOURCES, Source

from tools.bench.data import DAY
from tools.fictitious_france.formats import liste_of
from tools.in_process.doubles import FolderStorage, MemoryRegistry, four_o_clock
from tools.in_process.system import SETTINGS

MEMORY_MB = 3008
"""The memory of the Lambda function."""
MOST_INLINE = 500
"""The number of habilitations up to which a document surely fits into an item, with its details."""
_KEYS = 60
"""Bytes of an item besides its two texts: attribute names and key."""


class Drop:
    """The files of a folder, used in place as if they had been fetched; fetching computes the digest."""

    def __init__(self, folder: Path) -> None:
        self._digests = {path: _digest(path) for path in folder.iterdir()}

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        [path] = [path for path in self._digests if source.matches(path.name)]
        target.hardlink_to(path)
        version = Version(path.name, str(path.stat().st_mtime_ns))
        return Offer(version, DAY, fetched=version != known, sha256=self._digests[path])


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class Storage(FolderStorage):
    """A folder on the same disk, so that storing costs nothing."""

    def put(self, key: str, source: Path) -> None:
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(source)


@dataclass
class Registry(MemoryRegistry):
    """Accepts documents, counts DynamoDB's write units, and keeps the documents only on request."""

    keep: bool = False
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    written: int = 0
    units: int = 0

    def write(self, generation: int, items: Iterable[Item]) -> None:
        for item in items:
            self.written += 1
            size = len(item.data.encode()) + len(item.details.encode()) + len(item.identite.encode())
            # A document too big for an item is in S3, and its item holds only the key.
            self.units += -(-((size if size <= LARGEST_INLINE else 0) + _KEYS) // 1024)
            if self.keep and item.etat == "document":
                self.kept[item.id] = (item.data, item.details)


def ingestion(folder: Path, scratch: Path, *, keep: bool = False) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """The summary of a first run on a drop and, if they are to be kept, the documents' JSON by SIRET."""
    registry = Registry(keep=keep)
    with TemporaryDirectory(dir=scratch) as storage:
        return run(Drop(folder), scratch, Path(storage), registry, DAY), registry.kept


def second_day(folder: Path, scratch: Path) -> dict[str, float]:
    """A day on which one row in a hundred of the OF list has another date: what it writes and costs."""
    registry = Registry()
    with TemporaryDirectory(dir=scratch) as storage, TemporaryDirectory(dir=scratch) as tomorrow:
        first = run(Drop(folder), scratch, Path(storage), registry, DAY)
        written, units = registry.written, registry.units
        write_second_day(folder, Path(tomorrow))
        drop = Drop(Path(tomorrow))
        start = time.perf_counter()
        run(drop, scratch, Path(storage), registry, DAY + timedelta(days=1))
        seconds = time.perf_counter() - start
    return {
        "total": first["documents"]["total"],
        "first_units": units,
        "written": registry.written - written,
        "units": registry.units - units,
        "seconds": seconds,
        "gb_seconds": seconds * MEMORY_MB / 1024,
    }


def write_second_day(folder: Path, tomorrow: Path) -> None:
    """Copy the files; one row in a hundred of the OF list gets another date."""
    for path in folder.iterdir():
        (tomorrow / path.name).hardlink_to(path)
    _change_dates(tomorrow / liste_of.FILE)


def _change_dates(path: Path) -> None:
    header, *lines = path.read_text(encoding="utf-8").split("\n")
    lines[::100] = [re.sub(r"\d\d/\d\d/\d{4}", "28/08/2026", line, count=1) for line in lines[::100]]
    path.unlink()  # the hard-linked original does not change
    path.write_text("\n".join([header, *lines]), encoding="utf-8")


def run(drop: Drop, scratch: Path, storage: Path, registry: MemoryRegistry, day: date) -> dict[str, Any]:
    """The summary of one ingestion."""
    with TemporaryDirectory(dir=scratch) as own:
        world = IngestionContext(
            origins=dict.fromkeys((source.name for source in SOURCES), drop),
            storage=Storage(storage),
            registry=registry,
            announce=lambda *_: None,
            scratch=Path(own),
            memory_limit_mb=MEMORY_MB // 2,
            settings=SETTINGS,
            loss_limits=LossLimits(5, LEAST),
            history_days=3650,
            services=EnrichmentServices(None, "", None, lambda: 3600.0),
            reconciled=lambda: None,
            today=day,
        )
        return ingest(world, RunRequest(four_o_clock(day), f"bench-{day}"))


def publication(items: int) -> None:
    """Write that many documents of 1.6 KB through the real client on one core; only the network is missing."""
    os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})
    write(_items(items))


def write(items: Iterable[Item]) -> None:
    """Write documents through the real client; only the network is missing."""
    _client().write(1, items)


def _client() -> DynamoRegistry:
    client = boto3.client(
        "dynamodb", region_name="eu-west-3", aws_access_key_id="none", aws_secret_access_key="none", config=BULK
    )
    client.meta.events.register("before-send.dynamodb.BatchWriteItem", answer)
    s3: Any = None  # no document here is too big for an item
    return DynamoRegistry(
        client, s3, documents_table="documents", days_table="days", state_table="state", bucket="bucket"
    )


@dataclass
class _Client(MemoryRegistry):
    """The real client without the network, for the documents that the straightforward version also writes."""

    client: DynamoRegistry = field(default_factory=_client)
    last: float = 0.0

    def write(self, generation: int, items: Iterable[Item]) -> None:
        documents = [item for item in items if _written_by_both(item)]
        if documents:  # the index, which the straightforward version lacks, is written after them
            self.client.write(generation, documents)
            self.last = time.perf_counter()


def _written_by_both(item: Item) -> bool:
    return item.etat == "document" and item.details.count('"intitule"') < MOST_INLINE


def published(folder: Path, scratch: Path) -> dict[str, float]:
    """Seconds from files to documents, and from documents to the last one written, the comparison included.

    The reduced copy of the stock is made in parallel.
    """
    registry, drop = _Client(), Drop(folder)
    with TemporaryDirectory(dir=scratch) as storage:
        start = time.perf_counter()
        seconds = run(drop, scratch, Path(storage), registry, DAY)["seconds"]
    ready = seconds["sources"] + seconds["services"] + seconds["documents"]
    return {"documents": ready, "written": registry.last - start - ready}


def _items(number: int) -> Iterator[Item]:
    data, details = '{"siret": "' + "é" * 50 + "x" * 1_100 + '"}', '{"etablissement": "' + "x" * 260 + '"}'
    identity = '{"denomination": "' + "x" * 80 + '"}'
    for rank in range(number):
        yield Item(f"{rank:014d}", "document", "2026-11-24", data, details, identity)


def answer(request: AWSPreparedRequest, **_: object) -> Any:  # the stubs do not allow a handler that answers
    """DynamoDB's answer to a batch, without DynamoDB."""
    body = b'{"UnprocessedItems":{},"ConsumedCapacity":[{"TableName":"documents","CapacityUnits":50.0}]}'
    response: Any = AWSResponse(request.url, 200, HTTPHeaders(), None)
    response._content = body  # set by botocore when it reads the body
    return response

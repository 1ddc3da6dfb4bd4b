"""S3: the drop, which ops fill, and the bucket of everything that the project stores."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError

from quiforme.snapshot.ports import Offer, Unfetchable, Version
from quiforme.sources.catalogue import Source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_ATTEMPTS = 3
_DELETED_AT_ONCE = 1000
"""S3's maximum."""


class NotDeleted(Exception):
    """S3 did not delete some objects."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """An object of the drop, and the day of its upload, UTC."""

    version: Version
    uploaded: date


class S3Drop:
    """A prefix of a bucket, such as ``s3://bucket/drop/``, where files keep the producers' own names."""

    def __init__(self, client: "S3Client", url: str) -> None:
        """Take the drop's address; raises ValueError when it is not an s3:// address."""
        scheme, _, rest = url.partition("://")
        self._bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not self._bucket:
            raise ValueError(f"a drop is an s3:// address, not {url!r}")
        self._prefix = prefix.rstrip("/") + "/" if prefix.strip("/") else ""
        self._client = client

    def take(self, source: Source, known: Version | None, target: Path) -> Offer | None:
        """Copy the source's newest file, unless it is the known version."""
        dated = [(self._day(source, file), file) for file in self._files() if source.matches(file.version.file)]
        if not dated:
            return None
        day, file = max(dated, key=lambda pair: (pair[0], pair[1].version.file))
        if file.version == known:
            return Offer(file.version, day, fetched=False)
        return Offer(file.version, day, fetched=True, sha256=self._fetch(file.version, target))

    def _files(self) -> list[_Listed]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        return [
            _Listed(Version(entry["Key"].removeprefix(self._prefix), entry["ETag"]), entry["LastModified"].date())
            for page in pages
            for entry in page.get("Contents", [])
        ]

    def _day(self, source: Source, file: _Listed) -> date:
        """The day in the file's name, else in the object's metadata `date-donnees`, else the day of its upload."""
        if in_name := source.day_in_name(file.version.file):
            return in_name
        head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + file.version.file)
        try:
            return date.fromisoformat(head["Metadata"].get("date-donnees", "").strip())
        except ValueError:
            return file.uploaded

    def _fetch(self, version: Version, target: Path) -> str:
        """Copy the version that was listed, with retries when the transfer breaks off; returns its SHA-256."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._client.get_object(
                    Bucket=self._bucket, Key=self._prefix + version.file, IfMatch=version.tag
                )
                digest = hashlib.sha256()
                with target.open("wb") as copy:
                    for chunk in answer["Body"].iter_chunks(1 << 20):
                        digest.update(chunk)
                        copy.write(chunk)
            except ClientError as error:
                if error.response["Error"]["Code"] in ("PreconditionFailed", "412", "NoSuchKey"):
                    raise Unfetchable(
                        "fetch_failed", detail=f"{version.file} was replaced or removed while it was read"
                    ) from error
                raise
            except HTTPClientError as error:
                if attempt == _ATTEMPTS:
                    raise Unfetchable("fetch_failed", detail=f"{version.file} breaks off: {error}") from error
                continue
            if target.stat().st_size == answer["ContentLength"]:
                return digest.hexdigest()
        raise Unfetchable("fetch_failed", detail=f"{version.file} came cut short")


class S3Storage:
    """The bucket of everything that the project stores."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Take the bucket's name."""
        self._client = client
        self._bucket = bucket

    def keys(self, prefix: str) -> list[str]:
        """The keys that start with a prefix, in ascending order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def get(self, key: str, target: Path) -> None:
        """Copy an object to a file."""
        self._client.download_file(self._bucket, key, str(target))

    def put(self, key: str, source: Path) -> None:
        """Store a file."""
        self._client.upload_file(str(source), self._bucket, key)

    def read(self, key: str) -> bytes:
        """An object's content."""
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def write(self, key: str, content: bytes) -> None:
        """Store content."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that do not exist are no error.

        Raises:
            NotDeleted: Some were not deleted.

        """
        left = list(keys)
        for start in range(0, len(left), _DELETED_AT_ONCE):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in left[start : start + _DELETED_AT_ONCE]]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                raise NotDeleted(f"{len(errors)} objects, {errors[0].get('Key')} the first: {errors[0].get('Code')}")

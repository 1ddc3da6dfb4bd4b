"""S3: the drop that ops fill, and the storage of what the project makes."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from quiforme.snapshot.ports import DropFile, Unfetchable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Drop:
    """A prefix of a bucket, such as ``s3://bucket/drop/``."""

    def __init__(self, client: "S3Client", url: str) -> None:
        """Take the address of the drop; raises ValueError when it is not an s3:// address."""
        scheme, _, rest = url.partition("://")
        self._bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not self._bucket:
            raise ValueError(f"a drop is an s3:// address, not {url!r}")
        self._prefix = prefix.rstrip("/") + "/" if prefix.strip("/") else ""
        self._client = client

    def files(self) -> list[DropFile]:
        """The files directly below the prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        return [
            DropFile(entry["Key"].removeprefix(self._prefix), entry["ETag"], entry["LastModified"].date())
            for page in pages
            for entry in page.get("Contents", [])
        ]

    def declared_day(self, file: DropFile) -> date | None:
        """The object's metadata `date-donnees`, when it holds a day."""
        head = self._client.head_object(Bucket=self._bucket, Key=self._prefix + file.name)
        try:
            return date.fromisoformat(head["Metadata"].get("date-donnees", "").strip())
        except ValueError:
            return None

    def fetch(self, file: DropFile, target: Path) -> None:
        """Copy the very version that was listed."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + file.name, IfMatch=file.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "412", "NoSuchKey"):
                raise Unfetchable(f"{file.name} was replaced or removed while it was read") from error
            raise
        with target.open("wb") as copy:
            for chunk in answer["Body"].iter_chunks(1 << 20):
                copy.write(chunk)
        if target.stat().st_size != answer["ContentLength"]:
            raise Unfetchable(f"{file.name} came cut short")


class S3Storage:
    """A bucket whose objects are written once."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Take the bucket's name."""
        self._client = client
        self._bucket = bucket

    def get(self, key: str, target: Path) -> None:
        """Copy an object to a file."""
        self._client.download_file(self._bucket, key, str(target))

    def put(self, key: str, source: Path) -> None:
        """Keep a file."""
        self._client.upload_file(str(source), self._bucket, key)

    def read(self, key: str) -> bytes:
        """An object's content."""
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def write(self, key: str, content: bytes) -> None:
        """Keep content."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content)

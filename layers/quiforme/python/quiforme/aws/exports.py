"""The exports in S3, and presigned links to them."""

from functools import cached_property
from typing import TYPE_CHECKING

from botocore.config import Config

from quiforme.api.backend import Export
from quiforme.aws.clients import client
from quiforme.registry.ports import exports_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Exports:
    """The exports in a bucket."""

    def __init__(self, bucket: str) -> None:
        """Take the bucket's name."""
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        # Made at first use: most processes never need this client. Newer regions accept only signature version 4.
        s3: S3Client = client(
            "s3",
            Config(connect_timeout=1, read_timeout=2, signature_version="s3v4", s3={"addressing_style": "auto"}),
        )
        return s3

    def of_generation(self, generation: int, *, seconds: int) -> list[Export]:
        """The exports of a generation, each with a link that expires after so many seconds."""
        prefix = exports_prefix(generation)
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix).get("Contents", [])
        return [
            Export(
                name=entry["Key"].removeprefix(prefix),
                size=entry["Size"],
                url=self._s3.generate_presigned_url(
                    "get_object",
                    Params={
                        "Bucket": self._bucket,
                        "Key": entry["Key"],
                        "ResponseContentDisposition": f'attachment; filename="{entry["Key"].removeprefix(prefix)}"',
                    },
                    ExpiresIn=seconds,
                ),
            )
            for entry in listed
        ]

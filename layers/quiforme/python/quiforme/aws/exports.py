"""The exports in S3, and links that open them for a while."""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from quiforme.api.backend import Export
from quiforme.registry.ports import exports_prefix

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Exports:
    """The bucket's exports."""

    def __init__(self, bucket: str) -> None:
        """Take the bucket's name."""
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        # Links are asked for now and then: most processes never need this client. Signature version 4, since the
        # links of version 2 are refused for buckets of the newer regions.
        return boto3.client(
            "s3",
            config=Config(connect_timeout=1, read_timeout=2, signature_version="s3v4", s3={"addressing_style": "auto"}),
        )

    def of_generation(self, generation: int, *, seconds: int) -> list[Export]:
        """Those of a generation, each with a link."""
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

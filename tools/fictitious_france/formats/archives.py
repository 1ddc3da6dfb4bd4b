"""Zip files whose bytes depend on their content only."""

import zipfile
from pathlib import Path

_NO_TIME = (1980, 1, 1, 0, 0, 0)


def write_zip(path: Path, inner_name: str, content: bytes) -> None:
    """Write a zip with one file inside, with a fixed date."""
    entry = zipfile.ZipInfo(inner_name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, content, compresslevel=6)

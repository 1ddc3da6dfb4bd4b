"""Zips from producers: one file is read from each, with protection against malicious archives.

Nothing is written under a name from the archive. Path-traversal names are refused nonetheless: no producer has a
reason for them.
"""

import errno
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from quiforme.sources.reading import FileRefused

FICHES_BYTES = 4_000_000_000
"""The XML of the fiches is 570 MB (2026): the limit is seven times that."""
STOCK_BYTES = 24_000_000_000
"""INSEE's stock of 44 million establishments is a CSV file of 8 to 10 GB (2026): the limit is more than twice that."""
UNITS_BYTES = 16_000_000_000
"""The 30 million legal units are a CSV file of about 5 GB (2026)."""
SUCCESSION_BYTES = 4_000_000_000
"""The succession links are some hundred MB."""

_RATIO = 200
"""The largest compression ratio accepted. Real files have 4 to 8; a bomb has a thousand, the most deflate can reach."""
_SMALL_BYTES = 50_000_000
"""Smaller files may have any ratio: small and repetitive is harmless."""


@contextmanager
def open_only(path: Path, suffix: str, *, limit_bytes: int) -> Iterator[IO[bytes]]:
    """Open the only file of a zip that has a suffix, as a stream.

    The stream ends at the announced size; zipfile verifies the checksum there.

    Args:
        path: A zip.
        suffix: The suffix of the file, in lower case, such as ``.xml``; the file's may be in any case. The zip may
            contain files with other suffixes, and what a packer adds (``__MACOSX/``, hidden files).
        limit_bytes: The most that all files may measure together, unpacked.

    Raises:
        FileRefused: Not a readable zip, not exactly one such file, encrypted, a path-traversal name, or too large
            unpacked. Damaged, when the stream reaches the damage within the `with` block.

    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            stream = stack.enter_context(archive.open(_only(archive.infolist(), suffix, limit_bytes)))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error) as error:
            raise FileRefused("zip_unreadable", detail=str(error)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # seek to a negative offset: the zip's directory is damaged
                raise
            raise FileRefused("zip_unreadable", detail=str(error)) from error
        try:
            yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise FileRefused("zip_unreadable", detail=str(error)) from error


def _only(members: list[zipfile.ZipInfo], suffix: str, limit_bytes: int) -> zipfile.ZipInfo:
    for member in members:
        if _leads_elsewhere(member.orig_filename):
            raise FileRefused("zip_unsafe_name", name=member.orig_filename[:100])
    expected = [member for member in members if member.filename.lower().endswith(suffix) and not _is_packers(member)]
    if len(expected) != 1:
        raise FileRefused("zip_members", count=len(expected), suffix=suffix)
    unpacked = sum(member.file_size for member in members)
    if unpacked > limit_bytes:
        raise FileRefused("zip_too_large", unpacked=unpacked, limit=limit_bytes)
    [member] = expected
    if member.file_size > max(_SMALL_BYTES, member.compress_size * _RATIO):
        raise FileRefused("zip_bomb", packed=member.compress_size, unpacked=member.file_size)
    if member.flag_bits & 0x1:
        raise FileRefused("zip_encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused("zip_unreadable", detail=f"it is packed by method {member.compress_type}")
    return member


def _is_packers(member: zipfile.ZipInfo) -> bool:
    """Whether the packer made it and not the producer: a folder, or what is hidden or macOS keeps beside a file."""
    parts = PureWindowsPath(member.filename).parts  # splits at both slashes
    return member.is_dir() or "__MACOSX" in parts or any(part.startswith(".") for part in parts)


def _leads_elsewhere(name: str) -> bool:
    """Whether a path has a parent folder, a root, a drive or a NUL in it."""
    return (
        "\0" in name
        or ".." in PureWindowsPath(name).parts  # splits at both slashes
        or PurePosixPath(name).is_absolute()
        or bool(PureWindowsPath(name).anchor)
    )

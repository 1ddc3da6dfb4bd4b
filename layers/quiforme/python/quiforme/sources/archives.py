"""The zips of the producers: one file is taken out of each, and nothing that an archive may do to its reader happens.

Nothing is ever written under a name that an archive gives; names that would matter if it were are refused all the
same, since no producer has a reason for them.
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
"""The XML of the fiches is 570 MB (2026): room for seven times that."""
STOCK_BYTES = 24_000_000_000
"""INSEE's stock of 44 million establishments is a CSV file of 8 to 10 GB (2026): room for more than twice that."""
SUCCESSION_BYTES = 4_000_000_000
"""The links of succession are some hundred MB."""

_RATIO = 200
"""Real files shrink 4 to 8 times; a bomb shrinks a thousand times, the most that deflate can."""
_HARMLESS_BYTES = 50_000_000
"""Under this a ratio says nothing: small and repetitive is no bomb."""


@contextmanager
def open_only(path: Path, suffix: str, *, limit_bytes: int) -> Iterator[IO[bytes]]:
    """Open the one file of a zip with that suffix, as a stream; what is done with it is within the `with`.

    The stream ends at the size that was announced, and its checksum is verified at its end.

    Args:
        path: A zip.
        suffix: Of the file inside, such as ``.xml``, whatever its case. Other files may lie beside it.
        limit_bytes: The most that all files may come to, unpacked.

    Raises:
        FileRefused: Not a readable zip, or not with exactly one such file, or encrypted, or with a name that leads
            elsewhere, or too large unpacked; or damaged, once the stream meets it.

    """
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
            stream = stack.enter_context(archive.open(_only(archive.infolist(), suffix, limit_bytes)))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise FileRefused("zip_unreadable", detail=str(error)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # a directory that points before the file's start
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
    expected = [member for member in members if member.filename.lower().endswith(suffix)]
    if len(expected) != 1:
        raise FileRefused("zip_members", count=len(expected), suffix=suffix)
    unpacked = sum(member.file_size for member in members)
    if unpacked > limit_bytes:
        raise FileRefused("zip_too_large", unpacked=unpacked, limit=limit_bytes)
    [member] = expected
    if member.file_size > max(_HARMLESS_BYTES, member.compress_size * _RATIO):
        raise FileRefused("zip_bomb", packed=member.compress_size, unpacked=member.file_size)
    if member.flag_bits & 0x1:
        raise FileRefused("zip_encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused("zip_unreadable", detail=f"it is packed by method {member.compress_type}")
    return member


def _leads_elsewhere(name: str) -> bool:
    """Whether a path climbs, starts at a root or a drive, or hides its end behind a NUL."""
    return (
        "\0" in name
        or ".." in PureWindowsPath(name).parts  # splits at both kinds of slash
        or PurePosixPath(name).is_absolute()
        or bool(PureWindowsPath(name).anchor)
    )

"""What is wrong with the bytecode of built artifacts."""

import struct
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

_UNCHECKED_HASH = 0b01
"""The flags of PEP 552: by hash, and not compared with the source."""


def faults(artifacts: Path) -> Iterator[str]:
    """The modules of a built layer or function whose bytecode this Python would not load unread, each with the reason."""
    for source in sorted(artifacts.rglob("*.py")):
        compiled = Path(cache_from_source(str(source)))
        if not compiled.is_file():
            yield f"{source}: not compiled"
            continue
        header = compiled.read_bytes()[:8]
        if header[:4] != MAGIC_NUMBER:
            yield f"{source}: compiled by another Python"
        elif struct.unpack("<I", header[4:]) != (_UNCHECKED_HASH,):
            yield f"{source}: its source would be checked"

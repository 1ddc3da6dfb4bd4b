"""Files of a drop, found by their source and changed on their way."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from quiforme.sources.catalogue import BY_NAME

from tools.fictitious_france.formats.archives import write_zip


def path_of(folder: Path, name: str) -> Path:
    """A source's only file in a drop."""
    (path,) = (path for path in folder.iterdir() if BY_NAME[name].matches(path.name))
    return path


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's content, or that of the one file in a zip."""
    if path.suffix != ".zip":
        path.write_bytes(change(path.read_bytes()))
        return
    with zipfile.ZipFile(path) as archive:
        (inner,) = archive.namelist()
        content = archive.read(inner)
    write_zip(path, inner, change(content))

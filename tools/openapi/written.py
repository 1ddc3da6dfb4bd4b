"""Where the description lies, and how it is written."""

import json
import tomllib
from pathlib import Path
from typing import Any

from tools.local_stack.emulator import ROOT
from tools.openapi.description.openapi import describe
from tools.openapi.examples import answers

SERVED = ROOT / "layers" / "quiforme" / "python" / "quiforme" / "api" / "openapi.json"
"""What /openapi.json answers."""
PUBLISHED = ROOT / "docs" / "openapi-publiee.json"
"""What callers were last promised."""


def generated() -> dict[str, Any]:
    """The description, as the code makes it now; its version is the project's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return describe(project["version"], answers())


def write(path: Path, description: dict[str, Any]) -> None:
    """Put a description on disk."""
    path.write_text(text(description), encoding="utf-8")


def text(description: dict[str, Any]) -> str:
    """A description as it is written: a line a value, so that a change is read at a glance."""
    return json.dumps(description, ensure_ascii=False, indent=1) + "\n"


def read(path: Path) -> dict[str, Any]:
    """A description on disk."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

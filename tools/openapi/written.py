"""The files of the description, and how they are written."""

import json
import tomllib
from pathlib import Path
from typing import Any

from tools.local_stack.emulator import ROOT
from tools.openapi.description.openapi import describe
from tools.openapi.examples import answers

SERVED = ROOT / "layers" / "quiforme" / "python" / "quiforme" / "api" / "openapi.json"
"""The description that /openapi.json answers."""
PUBLISHED = ROOT / "docs" / "openapi-publiee.json"
"""The description that callers were last promised."""


def generated() -> dict[str, Any]:
    """Build the description from the code; its version is the project's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return describe(project["version"], answers())


def write(path: Path, description: dict[str, Any]) -> None:
    """Write a description to a file."""
    path.write_text(text(description), encoding="utf-8")


def text(description: dict[str, Any]) -> str:
    """The text of a description: one value a line, for readable diffs."""
    return json.dumps(description, ensure_ascii=False, indent=1) + "\n"


def read(path: Path) -> dict[str, Any]:
    """Read a description from a file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

"""The examples of the consumers' guide, run as a reader would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from tools.local_stack.emulator import ROOT

_FENCE = re.compile(r"^( *)```(sh|python|javascript|yaml)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[tuple[str, str]]:
    """Each example of a page: its language, its text."""
    return [(language, dedent(text)) for _, language, text in _FENCE.findall(page.read_text(encoding="utf-8"))]


def in_the_guide(language: str) -> list[str]:
    """The examples of the consumers' guide in a language."""
    return [text for written_in, text in examples(ROOT / "docs" / "anomalies.md") if written_in == language]


def run(language: str, text: str, folder: Path, environment: dict[str, str]) -> str | None:
    """What an example prints; None where there is nothing to run its language."""
    interpreter = {"sh": shutil.which("sh"), "python": sys.executable, "javascript": shutil.which("node")}[language]
    if interpreter is None or (language == "sh" and shutil.which("curl") is None):
        return None
    file = folder / {"sh": "example.sh", "python": "example.py", "javascript": "example.mjs"}[language]
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [interpreter, str(file)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (text, done.stderr, done.stdout)
    return done.stdout

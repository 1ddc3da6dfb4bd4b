"""The deployed stack against the description that it serves itself: see schemathesis.toml for what is called."""

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tools.local_stack.deploy import Stack
from tools.local_stack.emulator import ROOT

pytestmark = pytest.mark.usefixtures("days")

SHORT = ("--phases=examples,fuzzing", "--max-examples=1")


@pytest.mark.parametrize("options", [SHORT, pytest.param((), marks=pytest.mark.prove)], ids=["short", "whole"])
def test_the_service_keeps_to_its_description(stack: Stack, options: tuple[str, ...]) -> None:
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            ROOT / "tests" / "e2e" / "schemathesis.toml",
            "run",
            f"{stack.api_url}/openapi.json",
            "--url",
            stack.api_url,
            *options,
            "--no-color",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT), *(str(ROOT / "layers" / layer / "python") for layer in ("anomalies", "quiforme"))]
            ),
            "QUIFORME_TOKEN": stack.token,
            "QUIFORME_SECRET": stack.connector_secret,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("address", ["docs", "docs/"])
def test_the_page_finds_its_parts(stack: Stack, address: str) -> None:
    where = f"{stack.api_url}/{address}"
    with urllib.request.urlopen(where, timeout=60) as answer:
        page = answer.read().decode()
    parts = re.findall(r'(?:src|href)="([^":]+)"', page)
    assert len(parts) == 3
    for part in parts:
        with urllib.request.urlopen(urljoin(where, part), timeout=60) as answer:
            assert answer.status == 200

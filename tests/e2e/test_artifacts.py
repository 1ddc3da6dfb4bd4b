"""Every built function imports with nothing but its own artifacts."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.stack.deploy import Stack
from tests.stack.emulator import LOCAL

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-3",
    "DOCUMENTS_TABLE": "d",
    "STATE_TABLE": "s",
    "ACCESS_TABLE": "a",
    "BUCKET": "b",
    "TOKEN_KEYS": '{"keys":[]}',
}


@pytest.mark.parametrize("name", ["Ingest", "Lookup", "Authorize", "Reconcile"])
def test_import(stack: Stack, name: str) -> None:
    assert stack.api_url
    built = LOCAL / "build"
    resources: dict[str, Any] = yaml.safe_load((built / "template.yaml").read_text())["Resources"]
    function = resources[name]["Properties"]
    paths = [built / function["CodeUri"]]
    paths += [built / resources[layer["Ref"]]["Properties"]["ContentUri"] / "python" for layer in function["Layers"]]
    assert all(path.is_dir() for path in paths)
    code = (
        f"import sys; sys.path[:0] = {[str(Path(os.path.normpath(path))) for path in paths]!r}; import app; app.handler"
    )
    # -I and -S: no environment, no site-packages, no working folder.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], env=_ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

"""The Makefiles of the layers and functions, as `sam build` runs them; those that install packages are in tests/e2e."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compiled import faults
from tools.local_stack.emulator import LOCAL, ROOT
from tools.local_stack.template import defaults, of_type, template

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
OWN = {
    **{name: properties["CodeUri"] for name, properties in of_type("AWS::Serverless::Function").items()},
    **{
        name: properties["ContentUri"]
        for name, properties in of_type("AWS::Serverless::LayerVersion").items()
        if not properties["ContentUri"].startswith("layers/dependencies-")
    },
}
"""The folders of the project's own code, by the name of their resource."""


def built(name: str, scratch: Path, *, python: str = PYTHON) -> "subprocess.CompletedProcess[str]":
    """Build a resource for a minor version of Python in `scratch / "artifacts"`, from a copy, as SAM does."""
    source = shutil.copytree(ROOT / OWN[name], scratch / "copy")
    (scratch / "artifacts").mkdir()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(LOCAL / "tools" / "bin"), os.environ["PATH"]]),
        "ARTIFACTS_DIR": str(scratch / "artifacts"),
        "LAYER_PYTHON": python,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    command = ["make", "--makefile", str(ROOT / OWN[name] / "Makefile"), f"build-{name}"]
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", OWN)
def test_own_code_ships_the_bytecode_that_the_runtime_loads(name: str, tmp_path: Path) -> None:
    done = built(name, tmp_path)
    assert done.returncode == 0, done.stderr
    shipped = {path.relative_to(tmp_path / "artifacts") for path in (tmp_path / "artifacts").rglob("*.py")}
    assert shipped == {path.relative_to(ROOT / OWN[name]) for path in (ROOT / OWN[name]).rglob("*.py")}
    assert not list(faults(tmp_path / "artifacts"))


def test_a_build_without_the_runtime_s_python_fails_and_says_so(tmp_path: Path) -> None:
    done = built("Lookup", tmp_path, python="3.99")
    assert done.returncode
    assert "uv python install 3.99" in done.stderr


def test_no_resource_with_code_is_shipped_unbuilt() -> None:
    kinds = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    resources = {name: one for name, one in template()["Resources"].items() if one["Type"] in kinds}
    assert {one["Metadata"].get("BuildMethod") for one in resources.values()} == {"makefile"}


def test_the_layers_are_built_for_the_template_s_runtime() -> None:
    default = re.search(r"^LAYER_PYTHON \?= (.+)$", (ROOT / "layers" / "build.mk").read_text(), re.MULTILINE)
    assert default
    assert defaults()["PythonRuntime"] == f"python{default[1]}"

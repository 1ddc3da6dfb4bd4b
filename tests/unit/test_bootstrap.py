"""Each function starts with the packages of its own layers, and no others."""

import subprocess
import sys

import pytest

from tools.local_stack.emulator import ROOT
from tools.local_stack.template import of_type

PACKAGES = {
    "LookupDependencies": {"boto3", "botocore", "aws_lambda_powertools"},
    "TokenDependencies": {"jwt", "cryptography"},
    "DataDependencies": {"boto3", "botocore", "aws_lambda_powertools", "duckdb", "lxml", "pydantic"},
    "ConsumerDependencies": {"boto3", "botocore", "aws_lambda_powertools", "pydantic"},
    "AnomalyKit": {"quiforme_anomalies"},
    "QuiformeLayer": {"quiforme"},
}
"""What each layer brings that another one lacks."""


def loaded(function: str) -> set[str]:
    """The packages of PACKAGES that a function's module loads in a process of its own."""
    properties = of_type("AWS::Serverless::Function")[function]
    environment = dict.fromkeys(properties["Environment"]["Variables"], "1")
    environment |= {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    paths = [ROOT / properties["CodeUri"], *(ROOT / "layers" / name / "python" for name in ("anomalies", "quiforme"))]
    code = "import sys, app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"PYTHONPATH": ":".join(map(str, paths))},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split()) & set().union(*PACKAGES.values())


@pytest.mark.parametrize("function", of_type("AWS::Serverless::Function"))
def test_a_function_loads_what_its_layers_have(function: str) -> None:
    layers = [layer["Ref"] for layer in of_type("AWS::Serverless::Function")[function]["Layers"]]
    assert loaded(function) <= set().union(*(PACKAGES[layer] for layer in layers))


def test_what_a_caller_waits_for_starts_with_botocore_alone() -> None:
    """A logger or boto3 would take more than a cold start may cost beside the SDK (docs/lookup-speed.md)."""
    assert loaded("Lookup") == {"botocore", "quiforme"}
    assert loaded("Authorize") == {"botocore", "quiforme", "jwt", "cryptography"}

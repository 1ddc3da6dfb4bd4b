"""`sam build` and `sam deploy` of the real template, as on AWS, with the emulator's endpoint."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
from botocore.config import Config
from quiforme.access.tokens import HIGHEST_RATE_LIMIT, SCOPES

from tools.local_stack import gateway
from tools.local_stack.emulator import LOCAL, REGION, ROOT, Failed
from tools.local_stack.template import all_from_the_drop

STACK = "quiforme"
_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "aarch64": "aarch64-manylinux_2_28"}

_TOKEN = {
    "command": "issue",
    "titulaire": "pile locale",
    "siret": "00000000000000",
    "scopes": SCOPES,
    "months": 12,
    "rate_limit_per_minute": HIGHEST_RATE_LIMIT,
}
"""A token with every scope."""


@dataclass(frozen=True)
class Stack:
    """What a script needs to use the stack: the content of stack.json."""

    name: str
    endpoint_url: str
    region: str
    api_url: str
    token: str
    connector_secret: str
    drop: str
    ingest_function: str
    lookup_function: str
    reconcile_function: str
    anomaly_queue_url: str

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator; it waits for long function calls and never retries."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service's name
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(read_timeout=900, retries={"total_max_attempts": 1}),
        )

    def output(self, name: str) -> str:
        """One of the deployed stack's outputs."""
        stacks = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        outputs: dict[str, str] = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
        return outputs[name]

    def call(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Invoke a function and wait for its answer; raises Failed with what it raised."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise Failed(f"{function}: {payload.get('errorType')}: {payload.get('errorMessage')}")
        return payload

    def save(self, path: Path, authorization: Path) -> None:
        """Write stack.json, and the header that curl takes from a file; both hold a token: nobody else may read them."""
        for file, text in (
            (path, json.dumps({name: value for name, value in asdict(self).items() if name != "name"}, indent=2)),
            (authorization, f"Authorization: Bearer {self.token}"),
        ):
            file.touch(mode=0o600)
            file.write_text(text + "\n")


def build() -> Path:
    """Build the template for this machine; returns the folder of the artifacts."""
    architecture = platform.machine()
    if architecture not in _PLATFORMS:
        raise Failed(f"cette architecture n'est pas prévue : {architecture}")
    target = LOCAL / "build"
    environment = {
        "LAYER_PLATFORM": _PLATFORMS[architecture],
        "LAYER_PYTHON": _python(),
    }
    _sam(["build", "--build-dir", str(target), *_overrides({})], environment, log=LOCAL / "build.log")
    return target


def deploy(
    endpoint: str, build_dir: Path, *, name: str = STACK, parameters: Mapping[str, str] = MappingProxyType({})
) -> Stack:
    """Deploy the built template to the emulator, under that name, its sources in the drop unless a parameter says otherwise."""
    environment = {"AWS_ENDPOINT_URL": endpoint}
    arguments = ["deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
    arguments += ["--stack-name", name, "--template-file", str(build_dir / "template.yaml")]
    overrides = _overrides({"ScheduleState": "DISABLED", **all_from_the_drop(), **parameters})
    _sam([*arguments, *overrides], environment, log=LOCAL / "deploy.log")
    bare = Stack(name, endpoint, REGION, "", "", "", "", "", "", "", "")
    stacks = bare.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0]["Outputs"]}
    gateway.complete(bare.client("apigateway"), outputs["ApiId"])
    secret = bare.client("secretsmanager").get_secret_value(SecretId=outputs["ConnectorSecret"])["SecretString"]
    return Stack(
        name=name,
        endpoint_url=endpoint,
        region=REGION,
        api_url=f"{endpoint}/restapis/{outputs['ApiId']}/api/_user_request_",
        token=bare.call(outputs["TokensFunction"], _TOKEN)["token"],
        connector_secret=secret,
        drop=outputs["Drop"],
        ingest_function=outputs["IngestFunction"],
        lookup_function=outputs["LookupFunction"],
        reconcile_function=outputs["ReconcileFunction"],
        anomaly_queue_url=outputs["AnomalyQueueUrl"],
    )


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _overrides(more: dict[str, str]) -> list[str]:
    architecture = "arm64" if platform.machine() == "aarch64" else "x86_64"
    parameters = {"PythonRuntime": f"python{_python()}", "Architecture": architecture, **more}
    quoted = (f"ParameterKey={name},ParameterValue={json.dumps(value)}" for name, value in parameters.items())
    return ["--parameter-overrides", *quoted]


def _sam(arguments: list[str], more: dict[str, str], *, log: Path) -> None:
    paths = [str(LOCAL / "deploy" / "bin"), str(LOCAL / "tools" / "bin"), os.environ.get("PATH", "")]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(paths),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **more,
    }
    with log.open("wb") as output:
        done = subprocess.run(["sam", *arguments], cwd=ROOT, env=environment, stdout=output, stderr=output, check=False)
    if done.returncode:
        last = [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-3:]
        raise Failed(f"sam {arguments[0]} a échoué, voir {log} : {' / '.join(last)}")

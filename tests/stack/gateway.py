"""The one thing of the template that the emulator passes over: gateway responses inside an API's definition."""

from pathlib import Path
from typing import Any

import yaml

from tests.stack.emulator import ROOT


class _Loader(yaml.SafeLoader):
    """Reads a template whose short forms (!Ref, !Sub…) are of no interest here."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def template(path: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """The template, its intrinsic functions left out."""
    content: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    return content


def complete(apigateway: Any, api_id: str) -> None:
    """Put the template's gateway responses and deploy the stage once more, as AWS does by itself."""
    api = template()["Resources"]["Api"]["Properties"]
    for response_type, response in api["GatewayResponses"].items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        apigateway.put_gateway_response(
            restApiId=api_id,
            responseType=response_type,
            statusCode=str(response["StatusCode"]),
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
        )
    apigateway.create_deployment(restApiId=api_id, stageName=api["StageName"])

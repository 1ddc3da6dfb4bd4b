"""Adds what the emulator ignores in the template: gateway responses inside an API's definition."""

from typing import Any

from tools.local_stack.template import template


def complete(apigateway: Any, api_id: str) -> None:
    """Create the template's gateway responses and deploy the stage again, as AWS does by itself."""
    api = template()["Resources"]["Api"]["Properties"]
    for response_type, response in api["GatewayResponses"].items():
        headers = response.get("ResponseParameters", {}).get("Headers", {})
        apigateway.put_gateway_response(
            restApiId=api_id,
            responseType=response_type,
            **({"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}),
            responseParameters={f"gatewayresponse.header.{name}": value for name, value in headers.items()},
            responseTemplates=response["ResponseTemplates"],
        )
    apigateway.create_deployment(restApiId=api_id, stageName=api["StageName"])

"""The look-up behind API Gateway: see quiforme.api.routes."""

from typing import TYPE_CHECKING, Any

from quiforme.api.gateway import serve
from quiforme.bootstrap import lookup

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

backend = lookup.backend()


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one call and leave its audit line."""
    return serve(event, backend, lookup.STORE_ERRORS, request_id=context.aws_request_id)

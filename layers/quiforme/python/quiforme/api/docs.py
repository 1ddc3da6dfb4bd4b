"""The OpenAPI description and the page that shows it; both are public."""

from importlib.resources import files

from quiforme.access.caller import Caller
from quiforme.api.backend import Backend
from quiforme.api.http import Request, Response, text_response
from quiforme.errors import UNKNOWN_ROUTE, ApiError

_CACHE = "public, max-age=300"
_PAGE = """<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quiforme : documentation de l'API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{base}docs/swagger-ui.css">
<div id="documentation"></div>
<script src="{base}docs/swagger-ui.js"></script>
<script src="{base}docs/page.js"></script>
</html>
"""
"""Its addresses are relative, so that it works under any prefix, such as the gateway's stage."""
_SCRIPT = """SwaggerUIBundle({
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#documentation",
  docExpansion: "list",
  deepLinking: false,
  validatorUrl: null,
});
"""
_ASSETS = {
    "swagger-ui.js": ("swagger-ui-bundle.min.js", "text/javascript"),
    "swagger-ui.css": ("swagger-ui.min.css", "text/css"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Everything is loaded from this API; `data:` is for the icons in Swagger UI's style sheet."""


def openapi(_request: Request, _backend: Backend, _caller: Caller | None) -> Response:
    """The OpenAPI 3.1 description."""
    return text_response(files("quiforme.api").joinpath("openapi.json").read_text("utf-8"), cache=_CACHE)


def page(request: Request, _backend: Backend, _caller: Caller | None) -> Response:
    """The interactive page, at /docs and at /docs/."""
    base = "../" if request.address.endswith("/") else ""
    response = text_response(_PAGE.format(base=base), content_type="text/html; charset=utf-8", cache=_CACHE)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def asset(request: Request, _backend: Backend, _caller: Caller | None) -> Response:
    """A script or style sheet of the page."""
    name = request.path["fichier"]
    if name == "page.js":
        return text_response(_SCRIPT, content_type="text/javascript; charset=utf-8", cache=_CACHE)
    if name not in _ASSETS:
        raise ApiError(404, UNKNOWN_ROUTE)
    file, kind = _ASSETS[name]
    folder = files("aws_lambda_powertools.event_handler.openapi").joinpath("swagger_ui")
    return text_response(folder.joinpath(file).read_text("utf-8"), content_type=f"{kind}; charset=utf-8", cache=_CACHE)

"""What the OpenAPI description says of refusals, which the framework cannot know: their one shape, and those that any route may answer."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from api.errors import MEDIA_TYPE, ProblemBody, problem_responses
from api.security.csrf import HEADER

_FRAMEWORK_S = ("HTTPValidationError", "ValidationError")
_SESSION = "session"


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, as programs get it."""
    document = deepcopy(app.openapi())
    components = document["components"]
    for name in _FRAMEWORK_S:
        components["schemas"].pop(name, None)
    shape = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    components["schemas"] |= {**shape.pop("$defs"), "ProblemBody": shape}
    components["securitySchemes"] = {
        _SESSION: {
            "type": "apiKey",
            "in": "cookie",
            "name": "vigil_session",
            "description": f"Given by `POST /api/v1/session`; `__Host-vigil` behind TLS. Whatever changes something needs `{HEADER}` beside it.",
        }
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe(path, method, operation)
    return document


def _describe(path: str, method: str, operation: dict[str, Any]) -> None:
    signs_in = (path, method) == ("/api/v1/session", "post")
    if not signs_in and path not in {"/livez", "/readyz"}:
        operation["security"] = [{_SESSION: []}]
    if not path.startswith("/api/"):
        return
    responses = operation["responses"]
    also = {422, 503, 401, 403, *({400, 413} if "requestBody" in operation else ()), *({429} if signs_in else ())}
    for status, said in problem_responses(*also).items():
        responses.setdefault(str(status), said)
    for status, said in responses.items():
        if status >= "400":
            said["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}

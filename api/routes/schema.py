"""The description of the API for programs (OpenAPI 3.1). It holds no data of any facility."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from api.deps import PUBLIC
from api.description import described

router = APIRouter(prefix="/api/v1", include_in_schema=False)


@router.get("/openapi.json", dependencies=[PUBLIC])
def openapi(request: Request) -> JSONResponse:
    return JSONResponse(described(request.app))

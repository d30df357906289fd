"""Whether the process lives, whether it can serve, and what it is made of. A camera that is down is no reason to be unready."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import structlog
from fastapi import APIRouter, Response, status

from api.deps import PUBLIC, HealthReader, ServiceDep
from api.schemas import CheckOut, HealthOut
from api.service import Service
from pipelines.errors import StoreError

log = structlog.get_logger(__name__)
router = APIRouter(tags=["health"])

_LEAST_FREE_BYTES = 500_000_000


@router.get("/livez", dependencies=[PUBLIC])
async def live() -> dict[str, str]:
    """The process answers, also while its database does not."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[PUBLIC], responses={503: {"model": dict[str, str]}})
def ready(service: ServiceDep, response: Response) -> dict[str, str]:
    """Database and evidence folder can be used. Says only yes or no: nobody has signed in here."""
    if all(check.ok for check in _checks(service)):
        return {"status": "ok"}
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return {"status": "not_ready"}


@router.get("/healthz", responses={503: {"model": HealthOut}})
def health(principal: HealthReader, service: ServiceDep, response: Response) -> HealthOut:
    """The same checks, each with what was found."""
    checks = _checks(service)
    fit = all(check.ok for check in checks)
    if not fit:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return HealthOut(status="ok" if fit else "not_ready", checks=checks)


def _checks(service: Service) -> list[CheckOut]:
    return [
        _check("database", lambda: _database(service)),
        _check("evidence", lambda: _folder(service)),
        _check("space", lambda: _space(service)),
    ]


def _check(name: str, look: Callable[[], tuple[bool, str]]) -> CheckOut:
    try:
        ok, detail = look()
    except (StoreError, OSError) as error:
        log.warning("health_check_failed", check=name, error=str(error))
        ok, detail = False, type(error).__name__
    return CheckOut(name=name, ok=ok, detail=detail)


def _database(service: Service) -> tuple[bool, str]:
    facilities = len(service.repository.facilities())
    return True, f"{facilities} facilities; Python {sys.version.split()[0]}"


def _folder(service: Service) -> tuple[bool, str]:
    if not service.evidence.is_dir():
        return False, "the evidence folder is missing"
    return os.access(service.evidence, os.R_OK | os.X_OK), "readable"


def _space(service: Service) -> tuple[bool, str]:
    folder = next(parent for parent in (service.evidence, *service.evidence.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    return free >= _LEAST_FREE_BYTES, f"{free // 1_000_000} MB free"

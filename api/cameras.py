"""Adding, changing and stopping a camera: the same steps whether a program or a page asks.

Nothing is done to a camera here: a wish is stored, and the watching process makes it so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from analyzer.types import CameraId, FacilityId
from api.errors import FaultCode, FieldFault, Problem
from api.schemas import CameraChangeIn, CameraIn
from api.service import Service
from pipelines.errors import AddressFault, AlreadyThere, BadAddress, NotFound, StoreError
from pipelines.records import CameraRecord
from pipelines.secrets_folder import drop_secrets, keep_secret
from pipelines.store.repository import Repository
from pipelines.store.wishes import WishAction
from pipelines.wanted import CameraReport, CameraWish, check_wished, part_password, with_password

REPORT_LASTS = timedelta(seconds=30)
"""The watching process reports every ten seconds at least; after three times that nothing is known about now."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A camera with what is wanted of it and how it was found."""

    record: CameraRecord
    wish: CameraWish | None
    report: CameraReport | None

    def state(self, now: datetime) -> str:
        """A state of `pipelines.sources.lifecycle.State`, or ``unknown`` when nobody has said anything lately."""
        if self.wish is not None and not self.wish.running:
            return "stopped"
        return self.report.state.value if self.report is not None and self.is_fresh(now) else "unknown"

    def is_fresh(self, now: datetime) -> bool:
        return self.report is not None and now - self.report.at <= REPORT_LASTS


def watched(repository: Repository, facility: FacilityId | None = None) -> list[Watched]:
    """Every camera in force."""
    wishes, reports = {wish.camera: wish for wish in repository.wishes()}, repository.reports()
    return [Watched(camera, wishes.get(camera.id), reports.get(camera.id)) for camera in repository.cameras(facility)]


def watched_camera(repository: Repository, camera: CameraId) -> Watched:
    """Raises: NotFound."""
    return Watched(repository.camera(camera), repository.wish(camera), repository.reports().get(camera))


def add(service: Service, actor: str, given: CameraIn) -> Watched:
    """Ask for a camera that the site file does not know.

    Raises:
        Problem: an address cannot be used.
        AlreadyThere: another camera has this id.
        NotFound: no such facility.
    """
    camera = CameraId(given.id)
    if any(known.id == camera for known in service.repository.cameras()):  # before a secret is written for it
        raise AlreadyThere(f"there is a camera {camera!r} already")
    with _no_orphans(service, camera):
        service.repository.put_wish(_wish_of(service, actor, given), WishAction.ADD)
    return watched_camera(service.repository, camera)


def _wish_of(service: Service, actor: str, given: CameraIn) -> CameraWish:
    camera = CameraId(given.id)
    password = given.password.get_secret_value() if given.password else None
    wish = CameraWish(
        camera=camera,
        facility=FacilityId(given.facility),
        name=given.name,
        source=_Place(service, camera, "source").stored(given.source, password),
        evidence=_Place(service, camera, "evidence_source").stored(given.evidence_source, password),
        rate=given.rate,
        running=given.running,
        own=True,
        version=0,
        changed_at=service.now(),
        changed_by=actor,
    )
    if password is not None and not any("@" in text for text in (wish.source, wish.evidence)):
        raise _homeless()
    return wish


def change(service: Service, actor: str, camera: CameraId, given: CameraChangeIn, version: int) -> Watched:
    """Ask for something else of a camera; what is not given stays as it is.

    Raises:
        Problem: an address cannot be used, or a camera of which the site file says nothing is to lose its name.
        NotFound: no such camera.
        VersionConflict: somebody else changed it since ``version`` was read.
    """
    known = watched_camera(service.repository, camera)
    if all(camera != one.id for one in service.repository.cameras()):
        raise NotFound(f"camera {camera!r} is not in force any more")
    old = known.wish or _untouched(service, known.record)
    if given.name == "" and old.own:
        raise Problem("invalid", "the camera needs a name", (FieldFault(place="body.name", problem="is missing"),))
    with _no_orphans(service, camera):
        wish = _changed(service, actor, old, given, version)
        service.repository.put_wish(wish, _action(old, wish))
    if service.secrets is not None:
        drop_secrets(service.secrets, camera, wish.source, wish.evidence)
    return watched_camera(service.repository, camera)


def _changed(service: Service, actor: str, old: CameraWish, given: CameraChangeIn, version: int) -> CameraWish:
    camera = old.camera
    password = given.password.get_secret_value() if given.password else None
    source = _Place(service, camera, "source").changed(given.source, old.source, password)
    evidence = _Place(service, camera, "evidence_source").changed(given.evidence_source, old.evidence, password)
    if password is not None and (source, evidence) == (old.source, old.evidence):
        raise _homeless()
    return replace(
        old,
        name=old.name if given.name is None else given.name,
        source=source,
        evidence=evidence,
        rate=old.rate if "rate" not in given.model_fields_set else given.rate,
        running=old.running if given.running is None else given.running,
        version=version,
        changed_at=service.now(),
        changed_by=actor,
    )


def withdraw(service: Service, actor: str, camera: CameraId, version: int) -> None:
    """Take back everything that was asked of a camera.

    Raises:
        NotFound: nothing was.
        VersionConflict: somebody else changed it since ``version`` was read.
    """
    service.repository.withdraw_wish(camera, version, actor, service.now())
    if service.secrets is not None:
        drop_secrets(service.secrets, camera)


@contextmanager
def _no_orphans(service: Service, camera: CameraId) -> Iterator[None]:
    """What is refused leaves no password behind."""
    try:
        yield
    except (Problem, StoreError):
        if service.secrets is not None:
            with suppress(StoreError):  # nobody can tell now which are still named
                wish = service.repository.wish(camera)
                drop_secrets(service.secrets, camera, *((wish.source, wish.evidence) if wish else ()))
        raise


def _homeless() -> Problem:
    problem = "no address names a user whose password it could be; write USER@ before the host"
    return Problem("invalid", problem, (FieldFault(place="body.password", problem=problem, code=FaultCode.OWNERLESS),))


def _untouched(service: Service, record: CameraRecord) -> CameraWish:
    return CameraWish(record.id, record.facility, "", "", "", None, True, False, 0, service.now(), "")


def _action(old: CameraWish, new: CameraWish) -> WishAction:
    if old.running is new.running:
        return WishAction.CHANGE
    return WishAction.START if new.running else WishAction.STOP


@dataclass(frozen=True, slots=True)
class _Place:
    """One of the two addresses of a camera, on its way into the store."""

    service: Service
    camera: CameraId
    field: str

    def changed(self, given: str | None, old: str, password: str | None) -> str:
        """The address as it is to be stored, when ``given`` (if anything) replaces ``old``."""
        if given is None and (password is None or "@" not in old):
            return old
        return self.stored(old if given is None else given, password)

    def stored(self, text: str, password: str | None) -> str:
        """The address as it may be stored: its password in a file of its own.

        Raises:
            Problem: it cannot be used.
        """
        try:
            return self._checked(text, password) if text else ""
        except BadAddress as problem:
            said = f"{problem.problem}; {problem.remedy}"
            fault = FieldFault(place=problem.place, problem=said, code=problem.fault, about=problem.about)
            raise Problem("invalid", said, (fault,)) from problem

    def _checked(self, text: str, password: str | None) -> str:
        place, folder = f"body.{self.field}", self.service.secrets
        check_wished(text, place)
        bare, written = part_password(text, place)
        if password is not None and written is not None:
            problem = "there is a password in the address and another beside it"
            raise BadAddress(place, problem, "give one", AddressFault.TWO_PASSWORDS)
        secret = password if password is not None and "@" in bare else written
        if secret is None:
            return bare
        if folder is None:
            remedy = "set VIGIL_SECRETS_DIR, or write ${env:VIGIL_CAMERA_...}"
            raise BadAddress(place, "this service keeps no passwords", remedy, AddressFault.SECRETS_NOT_KEPT)
        with_password(bare, place, "x")  # refuses before anything is written
        return with_password(bare, place, keep_secret(folder, self.camera, secret))

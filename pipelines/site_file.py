"""Reads a site file: TOML in, `analyzer.site.Site` out, or one clear line that names file, line, key and remedy."""

from __future__ import annotations

import hashlib
import re
import stat
import tomllib
from dataclasses import dataclass
from datetime import UTC, tzinfo
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, NoReturn, Union, get_args, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analyzer.catalogue import CATALOGUE, explain_rules
from analyzer.entry import Entry, Level
from analyzer.errors import ComplianceError, InvalidSetting, InvalidSite
from analyzer.ground import Ground
from analyzer.settings import applied, thresholds
from analyzer.site import FORBIDDEN_KINDS, MANDATORY_KINDS, RuleSetting, Site
from analyzer.types import Attire, Role, Severity, ZoneKind
from pipelines.errors import BadSite
from pipelines.site_build import Misplaced, build_site
from pipelines.site_schema import NOBODY, SiteForm
from pipelines.toml_lines import Path as KeyPath
from pipelines.toml_lines import key_lines, line_of

_LARGEST = 4 * 1024 * 1024
_DEEPEST = 32
"""Parts of a dotted key; the standard reader needs memory with the square of them."""
_SHOWN = 80
"""Characters of a wrong value that a message shows."""


@dataclass(frozen=True, slots=True)
class SiteDocument:
    """A site and the very text it was read from. ``sha256`` is of the bytes of the file and names it in every event."""

    site: Site
    sha256: str
    path: Path
    text: str


def load_site(path: Path) -> SiteDocument:
    """Read and check a site file.

    Raises:
        BadSite: it cannot be read, or something in it cannot be judged by; names the line and what may stand there.
    """
    try:
        state = path.stat()
        if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode)):
            raise BadSite(str(path), "is a pipe or device, not a file", "name a site file (TOML)")
        if state.st_size > _LARGEST:
            raise BadSite(str(path), "is larger than any site file", "name a site file (TOML)")
        content = path.read_bytes()
    except OSError as problem:
        raise BadSite(str(path), f"cannot be read ({problem.strerror})", "name a readable site file (TOML)") from problem
    return parse_site(content, path)


def parse_site(content: bytes, path: Path) -> SiteDocument:
    """Check the bytes of a site file; ``path`` is for messages.

    Raises:
        BadSite: as `load_site`.
    """
    text, document = _document(content, path)
    place = _Places(path, text)
    try:
        form = SiteForm.model_validate(document)
    except ValidationError as problem:
        # A misspelt key is both unknown and missing; only the first says what was meant.
        place.refuse_form(min(problem.errors(), key=lambda error: error["type"] != "extra_forbidden"))
    try:
        site = build_site(form, _zone_of(form, place))
        _check_rules(site, place)
        _check_uniforms(site, place)
        _check_contradictions(site, place)
        _check_floors(site, place)
    except Misplaced as problem:
        place.refuse(problem.key, f"{problem.where} {problem.problem}", problem.remedy)
    except ComplianceError as problem:
        raise BadSite(str(path), str(problem), "correct the site file") from problem
    return SiteDocument(site, hashlib.sha256(content).hexdigest(), path, text)


def _document(content: bytes, path: Path) -> tuple[str, dict[str, Any]]:
    """The text and what TOML makes of it."""
    try:
        text = content.decode("utf-8-sig")
        if not _too_deep(text):
            return text, tomllib.loads(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as problem:
        raise BadSite(str(path), "is not UTF-8 text", "save it as UTF-8") from problem
    except tomllib.TOMLDecodeError as problem:
        raise BadSite(str(path), f"is not TOML: {problem}", "see docs/site-file.md for an example") from problem
    except RecursionError:
        pass
    except ValueError as problem:
        raise BadSite(str(path), "holds a number of thousands of digits", "write numbers as people do") from problem
    raise BadSite(str(path), "is nested too deeply", "see docs/site-file.md for an example")


def site_schema() -> dict[str, Any]:
    """The JSON Schema of site files, for editors."""
    return SiteForm.model_json_schema()


def _zone_of(form: SiteForm, place: _Places) -> tzinfo:
    name = form.facility.timezone
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = get_close_matches(name, sorted(available_timezones()), n=1)
        remedy = f'did you mean "{near[0]}"?' if near else 'write an IANA name such as "Asia/Ho_Chi_Minh"'
        place.refuse(("facility", "timezone"), f"the time zone {_short(name)} is not known", remedy)


def _check_rules(site: Site, place: _Places) -> None:
    for number, setting in enumerate(site.rules):
        key: KeyPath = ("rule", number)
        if setting.rule not in CATALOGUE:
            place.refuse((*key, "id"), f'no rule "{setting.rule}"', _choices(setting.rule, list(CATALOGUE)))
        if not setting.enabled and not (setting.reason.strip() and setting.since):
            place.refuse(key, f"{setting.rule} is switched off without a reason and a date", "add reason = ... and since = ...")
        entry = CATALOGUE[setting.rule]
        _check_selection(entry, setting, key, place)
        for name, _ in setting.thresholds:
            if name not in thresholds(entry):
                where = (*key, "thresholds", *name.split("."))
                place.refuse(where, f'{setting.rule} has no threshold "{name}"', _choices(name, list(thresholds(entry))))
        try:
            applied(entry, setting)
        except InvalidSetting as problem:
            place.refuse((*key, "thresholds"), f"{problem.where} {problem.problem}", "change the numbers")
    explain_rules(site)


def _check_selection(entry: Entry, setting: RuleSetting, key: KeyPath, place: _Places) -> None:
    """A rule for nobody or for no place is one that is switched off, and that needs a reason and a date."""
    off = "switch it off with enabled = false, a reason and a date"
    if setting.zones is not None and not setting.zones - FORBIDDEN_KINDS and entry.level is Level.CAMERA:
        place.refuse((*key, "zones"), f"leaves {setting.rule} no zone in which anybody may be analysed", f"name zones, or {off}")
    if setting.roles is not None and not setting.roles - {Role.VEHICLE, Role.FACILITY} and entry.level is Level.CAMERA:
        place.refuse((*key, "roles"), f"leaves {setting.rule} nobody to judge", f"name roles, or {off}")
    if entry.severity is Severity.ASSIST and setting.severity not in {None, Severity.ASSIST}:
        place.refuse((*key, "severity"), f"{setting.rule} only assists: it never counts as a violation", "leave severity out")


def _check_contradictions(site: Site, place: _Places) -> None:
    """What is said twice in two ways, or takes back what is drawn."""
    drawn = {zone.kind for zone in site.zones}
    absent: set[ZoneKind] = set()
    for number, one in enumerate(site.absent):
        key: KeyPath = ("absent", number, "kind")
        if one.kind not in MANDATORY_KINDS:
            kinds = ", ".join(MANDATORY_KINDS)
            place.refuse(key, f"{one.kind.value} is no area that every facility must have", f"leave it out; those are: {kinds}")
        if one.kind in drawn:
            place.refuse(
                key, f"{one.kind.value} is said to be absent, and a camera has a zone of that kind", "take one of them out"
            )
        if one.kind in absent:
            place.refuse(key, f"{one.kind.value} is there twice", "give one reason")
        absent.add(one.kind)
    cells: set[tuple[Role, ZoneKind]] = set()
    for number, row in enumerate(site.requirements):
        for kind in sorted(row.zones):
            if (row.role, kind) in cells:
                place.refuse(("ppe", number, "zones"), f"{row.role.value} in {kind.value} is there twice", "say it once")
            cells.add((row.role, kind))
    for number, rooms in enumerate(site.roommates):
        if len(rooms) < 2:
            place.refuse(("households", number), "a household of fewer than two rooms says nothing", "name two rooms or more")


def _check_floors(site: Site, place: _Places) -> None:
    for number, camera in enumerate(site.cameras):
        if camera.calibration is not None:
            try:
                Ground(camera, camera.calibration)
            except InvalidSite as problem:
                place.refuse(("camera", number, "calibration"), problem.problem, "mark other points")


def _too_deep(text: str) -> bool:
    return any(
        part.count(".") > _DEEPEST and all(step.strip() for step in part.split("."))
        for line in text.split("\n")
        if not line.lstrip().startswith("#")
        for part in re.split(r"[,={}\[\]]", line)
    )


def _check_uniforms(site: Site, place: _Places) -> None:
    known = [attire.value for attire in Attire if attire is not Attire.NOT_VISIBLE]
    for name in site.uniforms:
        if name not in known:
            place.refuse(("roles", "uniforms", name), f'no class of clothes "{name}"', _choices(name, known))


class _Places:
    """Turns a problem at a key path into a message that names the line."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = key_lines(text)

    def refuse(self, key: KeyPath, problem: str, remedy: str) -> NoReturn:
        raise BadSite(f"{self._path}:{line_of(self._lines, key)} ({_dotted(key)})", problem, remedy)

    def refuse_form(self, error: ErrorDetails) -> NoReturn:
        """The first thing the form does not allow, with what would be allowed there."""
        key = tuple(step for step in error["loc"] if _leads(step))
        last = str(key[-1]) if key else ""
        match error["type"]:
            case "extra_forbidden":
                known = _fields_at(key[:-1])
                self.refuse(key, f'unknown key "{last}"', _choices(last, known))
            case "enum":
                allowed = _enum_at(key)
                wrong = _short(error["input"])
                self.refuse(key, f"{wrong} is not allowed here", _choices(str(error["input"]), allowed))
            case "value_error":
                problem, _, remedy = str(error["ctx"]["error"]).partition(": ")
                self.refuse(key, f"{_short(error['input'])} {problem}", remedy or _choices("", _people()))
            case "list_type" | "model_type" if _form_in(_annotation_at(key)) is not None:
                header = _dotted(tuple(step for step in key if isinstance(step, str)))
                many = error["type"] == "list_type"
                self.refuse(key, "stands under the wrong kind of header", f"write {f'[[{header}]]' if many else f'[{header}]'}")
            case "string_pattern_mismatch":
                self.refuse(key, f"{_short(error['input'])} is no id", "use A-Z, a-z, 0-9, and . _ : - after the first character")
            case "missing":
                self.refuse(key, f'the key "{last}" is missing', "add it")
            case _:
                self.refuse(key, f"{_short(error['input'])}: {error['msg']}", "see docs/site-file.md")


def _short(value: object) -> str:
    """A wrong value as it may stand in a message: on one line, and not for pages."""
    if not isinstance(value, str | int | float):
        return "what is written here"
    text = str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def _people() -> list[str]:
    return [role.value for role in Role if role not in NOBODY]


def _leads(step: str | int) -> bool:
    """Steps of the form's own making (the arms of unions) are no keys of the file."""
    return isinstance(step, int) or step not in {"float", "dict[str,float]", "[key]"}


def _dotted(key: KeyPath) -> str:
    text = ""
    for step in key:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "document"


def _choices(wrong: str, allowed: list[str]) -> str:
    lower = {one.lower(): one for one in allowed}
    near = [lower[one] for one in get_close_matches(wrong.lower(), list(lower), n=1, cutoff=0.5)]
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return f"{hint}allowed: {', '.join(allowed)}"


def _annotation_at(key: KeyPath) -> Any:
    """The declared type at a key path of the form."""
    here: Any = SiteForm
    for step in key:
        form = _form_in(here)
        if isinstance(step, str) and form is not None and step in form.model_fields:
            here = form.model_fields[step].annotation
    return here


def _form_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {list, tuple, dict, Union, UnionType}:
        return next((form for inner in get_args(annotation) if (form := _form_in(inner))), None)
    return None


def _fields_at(key: KeyPath) -> list[str]:
    form = _form_in(_annotation_at(key))
    return list(form.model_fields) if form else []


def _enum_at(key: KeyPath) -> list[str]:
    def values(annotation: Any) -> list[str]:
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return [str(member.value) for member in annotation]
        return [value for inner in get_args(annotation) for value in values(inner)]

    return values(_annotation_at(key))

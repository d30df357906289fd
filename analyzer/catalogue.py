"""All rules, and which of them run at a site: on, off, or unable, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from analyzer import facility_rules, gate_rules, quarantine_rules, staff_rules
from analyzer.entry import Entry, Level, Text
from analyzer.labels import ACTIVITIES, SIDES, SUPPLIES, ZONES
from analyzer.layout import Layout
from analyzer.settings import applied
from analyzer.site import RuleSetting, Site
from analyzer.supply import DEFAULT_SUPPLY, Supply
from analyzer.types import Reason, RuleId

CATALOGUE: Mapping[RuleId, Entry] = MappingProxyType(
    {entry.id: entry for entry in (*quarantine_rules.ENTRIES, *staff_rules.ENTRIES, *gate_rules.ENTRIES, *facility_rules.ENTRIES)}
)


class RuleState(StrEnum):
    """``UNABLE``: switched on, but something it needs is missing here."""

    ON = "on"
    OFF = "off"
    UNABLE = "unable"


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """Whether a rule runs, and why. ``missing`` says in words what a person must enter or perception deliver."""

    entry: Entry
    state: RuleState
    why: Text
    reasons: tuple[Reason, ...] = ()
    missing: tuple[Text, ...] = ()
    since: date | None = None


def active_rules(site: Site, level: Level, supply: frozenset[Supply] = DEFAULT_SUPPLY) -> tuple[Entry, ...]:
    """The rules of a level that run at a site (or at one camera of it), as the site wants them, in catalogue order.

    Raises:
        InvalidSetting: a setting names no rule, or cannot be met.
    """
    return tuple(
        status.entry for status in explain_rules(site, supply) if status.state is RuleState.ON and status.entry.level is level
    )


def explain_rules(site: Site, supply: frozenset[Supply] = DEFAULT_SUPPLY) -> tuple[RuleStatus, ...]:
    """For every rule whether it runs at a site, and why.

    Raises:
        InvalidSetting: a setting names no rule, or cannot be met.
    """
    settings = {setting.rule: setting for setting in site.rules}
    return tuple(_explain(entry, settings.get(entry.id), site, supply) for entry in CATALOGUE.values())


def _explain(entry: Entry, setting: RuleSetting | None, site: Site, supply: frozenset[Supply]) -> RuleStatus:
    if setting is not None:
        entry = applied(entry, setting)
        if not setting.enabled:
            why = Text(f"đã tắt: {setting.reason}", f"switched off: {setting.reason}")
            return RuleStatus(entry, RuleState.OFF, why, since=setting.since)
    missing = tuple(_missing(entry, site, supply))
    if missing:
        return RuleStatus(
            entry,
            RuleState.UNABLE,
            Text("không chạy được: thiếu dữ liệu", "cannot run: something is missing"),
            tuple(dict.fromkeys(reason for reason, _ in missing if reason is not None)),
            tuple(text for _, text in missing),
        )
    wanting = tuple(_wanting(entry, site))
    changed = setting is not None and (setting.thresholds or setting.zones or setting.roles or setting.severity)
    why = Text("đang bật, theo cấu hình cơ sở", "on, as changed by the site") if changed else Text("đang bật", "on")
    reasons, texts = tuple(reason for reason, _ in wanting), tuple(text for _, text in wanting)
    return RuleStatus(entry, RuleState.ON, why, reasons, texts)


def _wanting(entry: Entry, site: Site) -> Iterable[tuple[Reason, Text]]:
    """What a running rule lacks, so that (part of) its answers are that it cannot tell."""
    requires = entry.requires
    planned = {slot.activity for slot in site.slots} | {permit.activity for permit in site.permits}
    if requires.plan and not planned & set(requires.plan):
        names = _listed(ACTIVITIES[activity] for activity in requires.plan)
        yield Reason.NO_SCHEDULE, Text(f"chưa có lịch nào cho: {names.vi}", f"no schedule for any of: {names.en}")
    if requires.table and not site.allowances:
        yield Reason.NO_SCHEDULE, Text("chưa có bảng cho phép vai trò theo khu vực", "no table of roles allowed in zones")
    if requires.gate_log and not site.gate_log:
        yield (
            Reason.NO_SCHEDULE,
            Text("chưa có sổ ra vào cổng: chỉ xét việc dừng tại chốt", "no gate log: only the stop at the guard counts"),
        )
    if requires.calibration and not any(camera.calibration for camera in site.cameras):
        yield Reason.NO_CALIBRATION, Text("chưa hiệu chuẩn mặt sàn camera nào", "the floor of no camera is calibrated")


def _missing(entry: Entry, site: Site, supply: frozenset[Supply]) -> Iterable[tuple[Reason | None, Text]]:
    requires = entry.requires
    for lacking in sorted(requires.supply - supply):
        name = SUPPLIES[lacking]
        yield None, Text(f"hệ thống nhận dạng chưa cung cấp: {name.vi}", f"perception does not deliver: {name.en}")
    if requires.zones:
        wanted = frozenset().union(*(clause.rule.scope.zones for clause in entry.clauses))
        if not any(zone.kind in wanted for zone in Layout(site).zones):
            kinds = _listed(ZONES[kind] for kind in sorted(wanted))
            yield Reason.NO_ZONE, Text(f"chưa khai báo khu vực nào trong: {kinds.vi}", f"no zone of a kind among: {kinds.en}")
    if requires.doors and not site.doors:
        yield Reason.NO_ZONE, Text("chưa khai báo cửa nào", "no door is drawn")
    if requires.lines and not site.lines:
        yield Reason.NO_ZONE, Text("chưa vẽ đường ranh giới nào", "no line is drawn")
    if requires.sides and not any({line.left, line.right} == requires.sides for line in site.lines):
        sides = _listed(SIDES[side] for side in sorted(requires.sides))
        yield Reason.NO_ZONE, Text(f"chưa vẽ đường ranh giới giữa: {sides.vi}", f"no line is drawn between: {sides.en}")


def _listed(names: Iterable[Text]) -> Text:
    told = tuple(names)
    return Text(", ".join(name.vi for name in told), ", ".join(name.en for name in told))

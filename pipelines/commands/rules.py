"""`vigil rules`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from analyzer.catalogue import RuleStatus

_HEADS = {
    "vi": ("quy tắc", "mức độ", "căn cứ", "trạng thái", "nội dung / còn thiếu"),
    "en": ("rule", "severity", "basis", "state", "what it says / what is missing"),
}
_MARKS = {
    "vi": {"on": "[green]bật[/]", "off": "[yellow]tắt[/]", "unable": "[red]không chạy được[/]"},
    "en": {"on": "[green]on[/]", "off": "[yellow]off[/]", "unable": "[red]cannot run[/]"},
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def rules(
        *,
        site: Annotated[Path | None, typer.Option(help="Site file; without one the bare catalogue is shown.")] = None,
        language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """List the rules: on what basis each stands, and why it is on, off, or cannot run here and what is missing."""
        from analyzer.catalogue import explain_rules
        from analyzer.labels import NATURES, SEVERITIES
        from analyzer.site import Camera, Facility, Site
        from analyzer.types import CameraId, FacilityId
        from pipelines.errors import BadInput
        from pipelines.site_file import load_site

        if language not in {"vi", "en"}:
            raise BadInput(f"--language {language}", "is not offered", "write vi or en")
        bare = Site(Facility(FacilityId("none"), "-"), (Camera(CameraId("none"), "-"),))
        statuses = explain_rules(load_site(site).site if site else bare)
        if as_json:
            print(json.dumps([_json(status) for status in statuses], ensure_ascii=False, indent=2))
            return
        table = Table(*_HEADS[language])
        for status in statuses:
            entry = status.entry
            missing = "; ".join(getattr(text, language) for text in status.missing)
            text = getattr(entry.text, language) + (f"\n[dim]{escape(missing)}[/]" if missing else "")
            if status.state.value == "off":
                text += f"\n[dim]{escape(getattr(status.why, language))} ({status.since})[/]"
            table.add_row(
                entry.id,
                getattr(SEVERITIES[entry.severity], language),
                f"{getattr(NATURES[entry.nature], language)}: {', '.join(entry.basis)}",
                _MARKS[language][status.state.value],
                text,
            )
        Console().print(table)


def _json(status: RuleStatus) -> dict[str, object]:
    from analyzer.settings import thresholds

    entry = status.entry
    return {
        "id": entry.id,
        "version": entry.version,
        "vi": entry.text.vi,
        "en": entry.text.en,
        "level": entry.level.value,
        "severity": entry.severity.value,
        "nature": entry.nature.value,
        "basis": list(entry.basis),
        "evidence": entry.evidence.value,
        "not_assessable": sorted(entry.not_assessable),
        "thresholds": dict(thresholds(entry)),
        "state": status.state.value,
        "why": {"vi": status.why.vi, "en": status.why.en},
        "reasons": list(status.reasons),
        "missing": [{"vi": text.vi, "en": text.en} for text in status.missing],
        "since": status.since.isoformat() if status.since else None,
    }

"""What one analysis found, for people (a table) and for programs (JSON)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analyzer.entry import Text
from analyzer.types import CameraId, Reason, RuleId, RunId, Tally
from pipelines.records import CoverageInterval, CoverageState, FrameCounts, RunState, TimeBasis


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in figures.

    ``elapsed`` is the time this command spent on it (zero when it was done before). ``signs`` names what the events are
    signs of, ``mask_only`` says that nobody drew anything for this camera, so that masks are judged and nothing else.
    """

    run: RunId
    recording: str
    camera: CameraId
    state: RunState
    time_basis: TimeBasis
    first_at: datetime
    coverage: tuple[CoverageInterval, ...]
    counts: FrameCounts
    tracks: int
    events: tuple[tuple[RuleId, int], ...]
    tallies: tuple[Tally, ...]
    evidence_ready: int
    evidence_failed: int
    elapsed: timedelta
    analysed_now: timedelta
    already_done: bool = False
    signs: tuple[tuple[RuleId, Text], ...] = ()
    mask_only: bool = False
    notes: tuple[str, ...] = ()

    @property
    def observed(self) -> timedelta:
        """Time watched, gaps left out."""
        return sum((i.duration for i in self.coverage if i.state is not CoverageState.GAP), timedelta(0))

    @property
    def gaps(self) -> tuple[CoverageInterval, ...]:
        return tuple(interval for interval in self.coverage if interval.state is CoverageState.GAP)

    @property
    def speed(self) -> float | None:
        """Seconds of recording a second of work; ``None`` when nothing was analysed now."""
        return self.analysed_now / self.elapsed if self.elapsed and self.analysed_now else None

    @property
    def not_assessable(self) -> tuple[tuple[Reason, float], ...]:
        """Share of all judgements that could not be made, by reason, largest first."""
        total = sum(tally.votes.total for tally in self.tallies)
        reasons: Counter[Reason] = Counter()
        for tally in self.tallies:
            reasons.update(dict(tally.votes.unknown))
        return tuple((reason, n / total) for reason, n in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True)
class Refusal:
    """An input that could not be used, in one line."""

    place: str
    problem: str
    remedy: str


def as_json(runs: Sequence[RunSummary], refused: Sequence[Refusal]) -> str:
    """The contract of ``vigil analyze --json``; times are ISO 8601 in UTC, durations seconds."""
    document = {
        "runs": [_run_json(run) for run in runs],
        "refused": [{"place": r.place, "problem": r.problem, "remedy": r.remedy} for r in refused],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _run_json(run: RunSummary) -> dict[str, object]:
    return {
        "run": run.run,
        "recording": run.recording,
        "camera": run.camera,
        "state": run.state.value,
        "already_done": run.already_done,
        "time_basis": run.time_basis.value,
        "first_at": run.first_at.isoformat(),
        "observed_s": run.observed.total_seconds(),
        "gaps": [
            {"start": gap.start.isoformat(), "end": gap.end.isoformat(), "reason": gap.reason.value if gap.reason else None}
            for gap in run.gaps
        ],
        "frames": {
            "captured": run.counts.captured,
            "analysed": run.counts.analysed,
            "dropped": {reason.value: n for reason, n in run.counts.dropped},
        },
        "tracks": run.tracks,
        "events": dict(run.events),
        "signs": [{"rule": rule, "vi": name.vi, "en": name.en} for rule, name in run.signs],
        "mask_only": run.mask_only,
        "judgements": [
            {
                "rule": tally.rule,
                "violating": tally.votes.violating,
                "compliant": tally.votes.compliant,
                "unknown": {reason.value: n for reason, n in tally.votes.unknown},
                "subjects": tally.subjects,
                "assessed_subjects": tally.assessed_subjects,
            }
            for tally in run.tallies
        ],
        "not_assessable": {reason.value: round(share, 6) for reason, share in run.not_assessable},
        "evidence": {"ready": run.evidence_ready, "failed": run.evidence_failed},
        "speed_x_real_time": None if run.speed is None else round(run.speed, 2),
        "elapsed_s": round(run.elapsed.total_seconds(), 3),
        "notes": list(run.notes),
    }


def show(console: Console, runs: Sequence[RunSummary], refused: Sequence[Refusal]) -> None:
    """Print what was found, then what was noted, then what was refused.

    A few recordings stand beside each other with all figures; of many, each is one line.
    """
    if runs:
        console.print(_side_by_side(runs) if len(runs) * 34 + 20 <= max(console.width, 88) else _one_a_line(runs))
    for rule, name in dict.fromkeys(sign for run in runs for sign in run.signs):
        console.print(f"[bold]{rule}[/]: {name.en}", highlight=False, soft_wrap=True)
    for note in dict.fromkeys(note for run in runs for note in run.notes):
        whose = [escape(run.recording) for run in runs if note in run.notes]
        console.print(f"[yellow]{', '.join(whose)}[/]: {escape(note)}", highlight=False, soft_wrap=True)
    for refusal in refused:
        line = f"{escape(refusal.place)}: {escape(refusal.problem)}; {escape(refusal.remedy)}"
        console.print(f"[red]refused[/] {line}", highlight=False, soft_wrap=True)


def _side_by_side(runs: Sequence[RunSummary]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for run in runs:
        table.add_column(escape(run.recording), overflow="fold")
    columns = [_figures(run) for run in runs]
    for row, name in enumerate(_FIGURES):
        table.add_row(f"[bold]{name}[/]", *(column[row] for column in columns))
    return table


def _one_a_line(runs: Sequence[RunSummary]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Recording", overflow="fold", min_width=24)
    for heading in ("Observed", "Gaps", "People", "Not assessed", "Speed"):
        table.add_column(heading, justify="right")
    table.add_column("Signs of violation")
    for run in runs:
        gaps = sum((gap.duration for gap in run.gaps), timedelta(0))
        missing = sum(share for _, share in run.not_assessable)
        table.add_row(
            escape(run.recording),
            _seconds(run.observed),
            _seconds(gaps) if gaps else "-",
            str(run.tracks),
            f"{missing:.0%}",
            _speed(run),
            ", ".join(f"{rule} {n}" for rule, n in run.events) or "none",
        )
    return table


_FIGURES = (
    "Camera",
    "Run",
    "Begins",
    "Observed",
    "Gaps",
    "Frames captured",
    "  analysed",
    "  dropped",
    "People",
    "Signs of violation",
    "Evidence",
    "Not assessable",
    "Speed",
)


def _figures(run: RunSummary) -> tuple[str, ...]:
    """The cells of one run, in the order of `_FIGURES`."""
    state = "" if run.state is RunState.FINISHED else f" ({run.state.value})"
    known = run.time_basis is not TimeBasis.UNKNOWN
    failed = f", {run.evidence_failed} failed" if run.evidence_failed else ""
    return (
        escape(run.camera),
        f"{run.run[:12]}{state}",
        f"{run.first_at:%Y-%m-%d %H:%M:%S} UTC ({run.time_basis.value})" if known else "unknown",
        _seconds(run.observed),
        "\n".join(f"{_seconds(gap.duration)} {gap.reason.value if gap.reason else ''}" for gap in run.gaps) or "none",
        str(run.counts.captured),
        str(run.counts.analysed),
        ", ".join(f"{n} {reason.value}" for reason, n in run.counts.dropped) or "none",
        str(run.tracks),
        "\n".join(f"{rule}: {n}" for rule, n in run.events) or "none",
        f"{run.evidence_ready} ready{failed}" if run.events else "-",
        "\n".join(f"{share:.0%} {reason.value}" for reason, share in run.not_assessable[:5]) or "none",
        _speed(run),
    )


def _seconds(duration: timedelta) -> str:
    seconds = duration.total_seconds()
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 60:.1f} min"


def _speed(run: RunSummary) -> str:
    return "done before" if run.already_done else "-" if run.speed is None else f"{run.speed:.1f} x real time"

"""What Vigil says about a folder of recordings: one table, made by one command.

    python benchmarks/recordings.py FOLDER [--site SITE] [--write docs/measurements.md]

For each recording: time observed, people (tracks), how often which mask state was read, events, share of judgements
that could not be made, and speed against real time on this machine. The recordings themselves stay where they are.
With --write the table replaces the one between the two marks in that page; what a person saw by eye stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analyzer.types import MaskState
from pipelines.scene_file import read_scenes

BEGIN, END = "<!-- recordings: begin -->", "<!-- recordings: end -->"
ROOT = Path(__file__).resolve().parent.parent


def analyse(folder: Path, data: Path, site: Path | None) -> Any:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "analyze", str(folder), "--json"]
    command += ["--record-scenes", str(data / "scenes"), *(["--site", str(site)] if site else [])]
    environment = os.environ | {"VIGIL_DATA_DIR": str(data)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 3}:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def states(scenes: Path) -> Counter[MaskState]:
    """Fresh readings only: a carried one is not another look."""
    readings = (seen.mask for scene in read_scenes(scenes) for seen in scene.observations)
    return Counter(reading.state for reading in readings if reading is not None and reading.fresh)


def row(run: Any, scenes: Path) -> str:
    seen = states(scenes)
    total = sum(seen.values())
    shares = ", ".join(f"{state.value} {seen[state] / total:.0%}" for state in MaskState if seen[state]) or "-"
    mask = next((entry for entry in run["judgements"] if entry["rule"] == "Q01"), None)
    unknown = sum(mask["unknown"].values()) if mask else 0
    judged = unknown + mask["violating"] + mask["compliant"] if mask else 0
    missing = f"{unknown / judged:.0%} of {judged}" if judged else "-"
    events = ", ".join(f"{rule} {n}" for rule, n in run["events"].items()) or "none"
    gaps = sum((datetime.fromisoformat(g["end"]) - datetime.fromisoformat(g["start"])).total_seconds() for g in run["gaps"])
    observed = f"{run['observed_s']:.1f} s" + (f" (+ {gaps:.1f} s gap)" if gaps else "")
    speed = f"{run['speed_x_real_time']} x" if run["speed_x_real_time"] else "-"
    return f"| {run['recording']} | {observed} | {run['tracks']} | {shares} | {events} | {missing} | {speed} |"


def table(folder: Path, site: Path | None) -> str:
    with tempfile.TemporaryDirectory() as name:
        result = analyse(folder, Path(name), site)
        rows = [row(run, Path(name) / "scenes" / f"{Path(run['recording']).stem}.scenes.jsonl") for run in result["runs"]]
    observed = sum(run["observed_s"] for run in result["runs"])
    elapsed = sum(run["elapsed_s"] for run in result["runs"])
    said = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; "
        f"{observed:.0f} s of recordings in {elapsed:.0f} s ({observed / elapsed:.1f} x real time, evidence included)."
    )
    head = "| recording | observed | people (tracks) | mask states read | events | Q01 not assessable | speed |\n|---|---|---|---|---|---|---|"
    return "\n".join([said, "", head, *rows])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--site", type=Path)
    arguments.add_argument("--write", type=Path)
    chosen = arguments.parse_args()
    made = table(chosen.folder.resolve(), chosen.site)
    print(made)
    if chosen.write:
        page = chosen.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        chosen.write.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

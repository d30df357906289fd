"""Prints the fault matrix at the end: what was injected, what was measured, what was asked for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.faults.matrix import RESULTS


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not RESULTS:
        return
    terminalreporter.section("fault matrix")
    for row in sorted(RESULTS, key=lambda one: (one.row[0], int(one.row[1:]), one.fault)):
        verdict = "pass" if row.passed else "FAIL"
        terminalreporter.write_line(f"{row.row:4} {verdict}  {row.fault}: {row.measured} (asked: {row.asked})")
    if target := os.environ.get("FAULT_TABLE"):
        rows = [{"row": r.row, "fault": r.fault, "measured": r.measured, "asked": r.asked, "passed": r.passed} for r in RESULTS]
        Path(target).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

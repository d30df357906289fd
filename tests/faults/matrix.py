"""One line of the fault matrix a measurement. A row that misses its figure fails the test, and is in the table all the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    row: str
    fault: str
    measured: str
    asked: str
    passed: bool


RESULTS: list[Result] = []


def judge(row: str, fault: str, measured: str, asked: str, *, passed: bool) -> None:
    """Write the line, then fail if it does not meet what was asked."""
    RESULTS.append(Result(row, fault, measured, asked, bool(passed)))  # numpy has truths of its own, which JSON does not know
    assert passed, f"{row} {fault}: {measured}, asked: {asked}"

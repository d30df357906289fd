"""`vigil analyze`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from pipelines.commands.instants import plausible
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.batch import Request

BAD_INPUT, PARTIAL, INTERRUPTED = 2, 3, 130


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def analyze(
        recordings: Annotated[
            list[str],
            typer.Argument(
                metavar="[CAMERA=]PATH...",
                help="Recordings, folders of recordings, or folders of pictures; CAMERA= says which camera of the site file it is of, else the file name does.",
            ),
        ],
        *,
        site: Annotated[Path | None, typer.Option(help="Site file; without one masks are judged and nothing else.")] = None,
        rate: Annotated[
            float | None,
            typer.Option(min=0.1, max=30, help="Analysed instants a second; from VIGIL_RATE, else 5, when not given."),
        ] = None,
        start: Annotated[
            datetime | None,
            typer.Option(
                help="When the recording began, such as 2021-06-12T07:15:00, in the facility's time; else taken from the file name or the container."
            ),
        ] = None,
        record_scenes: Annotated[
            Path | None, typer.Option(help="Folder to copy the scenes of each run to, for `vigil replay`.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
    ) -> None:
        """Analyse recordings into the database and the evidence folder.

        Ctrl-C loses no sign that was told; running again goes on from at most five seconds before; running twice adds nothing.
        Example: vigil analyze corridor=rec_20210612_071500.mp4 --site site.toml

        Exit code 0: everything analysed; 2: bad input; 3: something was analysed only in part; 130: interrupted.
        """
        from pipelines.batch import Request

        settings = Settings()
        request = Request(tuple(recordings), site, rate or settings.rate, plausible("--start", start), record_scenes)
        raise typer.Exit(run(settings, request, as_json=as_json, quiet=quiet))


def run(settings: Settings, request: Request, *, as_json: bool = False, quiet: bool = False) -> int:
    """Analyse and report; returns the exit code."""
    from pipelines.batch import Batch
    from pipelines.errors import BadInput
    from pipelines.records import RunState
    from pipelines.summary import Refusal, show
    from pipelines.summary import as_json as to_json

    errors = Console(stderr=True)
    try:
        with (
            Batch.open(settings, request) as batch,
            _progress(errors, quiet=quiet or as_json) as bars,
            _interruptible() as stopped,
        ):
            runs, problems = batch.analyse(bars, stopped.is_set)
    except BadInput as problem:
        line = f"[red]{escape(problem.place)}[/]: {escape(problem.problem)}; {escape(problem.remedy)}"
        errors.print(line, highlight=False, soft_wrap=True)
        return BAD_INPUT
    refused = [Refusal(problem.place, problem.problem, problem.remedy) for problem in problems]
    if as_json:
        print(to_json(runs, refused))
    else:
        console = Console()
        # Not a terminal: a file or a pipe has room for the whole table.
        show(console if console.is_terminal else Console(width=140), runs, refused)
    if stopped.is_set():
        return INTERRUPTED
    if any(run.state is not RunState.FINISHED for run in runs):
        return PARTIAL
    return (PARTIAL if runs else BAD_INPUT) if refused else 0


class _Stop:
    """Whether somebody asked to stop. A plain value: a signal handler must not wait for the lock of an event."""

    asked = False

    def is_set(self) -> bool:
        return self.asked


@contextmanager
def _interruptible() -> Iterator[_Stop]:
    """Turn Ctrl-C and SIGTERM into a request to stop after the picture at hand; a second Ctrl-C stops at once."""
    stopped = _Stop()

    def ask(number: int, _frame: object) -> None:
        if stopped.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        stopped.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@contextmanager
def _progress(console: Console, *, quiet: bool) -> Iterator[Progress]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as bars:
        yield bars

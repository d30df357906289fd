"""The command `vigil`: one typer application, the commands live in `pipelines.commands`."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from analyzer.errors import ComplianceError
from models.errors import PerceptionError
from pipelines.commands import (
    account,
    alerts,
    analyze,
    camera,
    coverage,
    data,
    database,
    demo,
    doctor,
    evaluate,
    evidence,
    gates,
    live,
    perceive,
    replay,
    rules,
    serve,
    site,
    train,
)
from pipelines.errors import BadInput, PipelineError
from pipelines.sources.address import redact

app = typer.Typer(
    name="vigil",
    help=(
        "Judges compliance in quarantine facilities from video, with evidence.\n\n"
        "Begin with `vigil analyze RECORDING... --site site.toml`, look at the result with `vigil serve`, "
        "and when something does not work ask `vigil doctor`. Every command explains itself with --help."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    analyze,
    live,
    coverage,
    gates,
    camera,
    alerts,
    serve,
    demo,
    doctor,
    perceive,
    evaluate,
    train,
    data,
    database,
    evidence,
    account,
    replay,
    site,
    rules,
):
    command.register(app)


def main() -> None:
    """Entry point of the console script.

    Bad input is one clear line and exit code 2; what else the product itself refuses is one line and exit code 1.
    """
    try:
        app()
    except BadInput as problem:
        _say(f"{problem.place}: {problem.problem}; {problem.remedy}")
        sys.exit(2)
    except (PipelineError, PerceptionError, ComplianceError) as problem:
        _say(f"{problem}; `vigil doctor` tells what is not in order")
        sys.exit(1)


def _say(line: str) -> None:
    Console(stderr=True).print(redact(line), style="red", highlight=False, markup=False, soft_wrap=True)

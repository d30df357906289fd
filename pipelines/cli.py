"""The command `vigil`: one typer application, the commands live in `pipelines.commands`."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer
from pydantic import ValidationError
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
from pipelines.identity import code_version
from pipelines.kept import end_with_keeper
from pipelines.settings import Settings
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


def _say_version(wanted: bool) -> None:
    if wanted:
        Console().print(f"vigil {code_version()}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version judges here, and end.")
    ] = False,
) -> None:
    pass


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


_WANTED = {
    "ip_v4_address": "input should be an IPv4 or IPv6 address such as 127.0.0.1",
    "string_pattern_mismatch": "input should be auto, cpu or cuda:N",  # the device is the only one with a pattern
}
"""What the library says too technically, by its codes."""


def main() -> None:
    """Entry point of the console script.

    Bad input, settings that cannot be used and what the system refuses are one clear line each and exit code 2; what else the
    product itself refuses is one line and exit code 1.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal without Vietnamese letters, or a file name that is no text, ends no command.
            stream.reconfigure(errors="backslashreplace")
    end_with_keeper()
    try:
        app()
    except BadInput as problem:
        _say(f"{problem.place}: {problem.problem}; {problem.remedy}")
        sys.exit(2)
    except ValidationError as problem:
        if problem.title != Settings.__name__:
            raise
        for line in _wrong_settings(problem):
            _say(line)
        sys.exit(2)
    except OSError as problem:
        said = problem.strerror or str(problem) or type(problem).__name__
        _say(said if problem.filename is None else f"{problem.filename}: {said}")
        sys.exit(2)
    except (PipelineError, PerceptionError, ComplianceError) as problem:
        _say(f"{problem}; `vigil doctor` tells what is not in order")
        sys.exit(1)


def _wrong_settings(problem: ValidationError) -> list[str]:
    """One line a setting: a value that fits none of several types is wrong once."""
    prefix = Settings.model_config.get("env_prefix", "")
    said: dict[str, str] = {}
    for error in problem.errors(include_url=False, include_context=False):
        name = f"{prefix}{error['loc'][0]}".upper()
        wanted = _WANTED.get(error["type"], f"{error['msg'][:1].lower()}{error['msg'][1:]}")
        said.setdefault(name, f"{name}: {wanted}, not {error['input']!r}; set it right or unset it")
    return list(said.values())


def _say(line: str) -> None:
    Console(stderr=True).print(redact(line), style="red", highlight=False, markup=False, soft_wrap=True)

"""`vigil demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from pipelines.private_folder import make_private
from pipelines.settings import Settings

_REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "demo.txt"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def demo(
        recordings: Annotated[
            list[str] | None, typer.Argument(metavar="[PATH...]", help="Your own recordings instead of the demo.")
        ] = None,
        *,
        once: Annotated[bool, typer.Option("--once", help="Stop after the analysis, without serving the page.")] = False,
        site: Annotated[
            Path | None, typer.Option(help="Site file for your own recordings; without one masks are judged and nothing else.")
        ] = None,
    ) -> None:
        """Compose the demo recording, analyse it, and serve the review page on this machine.

        The recording is composed: photographs of people in drawn rooms, masks drawn. Nothing is asked.
        """
        from pipelines.batch import Request
        from pipelines.commands import analyze, serve

        settings = Settings()
        console = Console(stderr=True)
        if recordings:
            request = Request(tuple(recordings), site, settings.rate)
        else:
            folder = _compose(settings, console)
            console.print(
                "The demo recording is [bold]composed[/]: photographs of people in drawn rooms, the masks drawn. It shows the way, not accuracy."
            )
            request = Request((str(folder),), folder / "site.toml", settings.rate)
        code = analyze.run(settings, request)
        if code not in {0, analyze.PARTIAL}:
            raise typer.Exit(code)
        if once:
            console.print("To review it: `scripts/demo` without --once (or `vigil serve`) serves the review page.", markup=False)
            raise typer.Exit(code)
        serve.run(settings)


def _compose(settings: Settings, console: Console) -> Path:
    from pipelines.demo.photographs import collect
    from pipelines.demo.recording import compose

    make_private(settings.data_dir)
    folder = settings.data_dir / "demo"
    photographs = collect(folder / "photographs", _REQUIREMENTS)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        bar = bars.add_task("Composing the demo recording", total=1.0)
        compose(photographs, folder / "recordings", lambda share: bars.update(bar, completed=share))
    return folder / "recordings"

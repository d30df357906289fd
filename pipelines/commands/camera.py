"""`vigil camera`."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.onvif.client import Declared
    from pipelines.readiness import HeadFinder
    from pipelines.readiness_standard import Readiness
    from pipelines.sources.address import CameraAddress

UNFIT = 3


def register(app: typer.Typer) -> None:
    """Add the commands."""
    camera = typer.Typer(help="Look at single cameras.", no_args_is_help=True)
    app.add_typer(camera, name="camera")

    @camera.callback()
    def _camera() -> None:
        """Look at single cameras."""

    @camera.command()
    def check(
        address: Annotated[str, typer.Argument(metavar="URL", help="rtsp://, http:// ...; ${env:NAME} stands for a secret.")],
        *,
        seconds: Annotated[float, typer.Option(min=3, max=600, help="How long to look, in seconds.")] = 10.0,
        people: Annotated[
            bool, typer.Option("--people", help="Measure the heads of people who walk by, with the networks.")
        ] = False,
        onvif: Annotated[
            str,
            typer.Option(
                metavar="URL|no", help="Its ONVIF service, for clock and declared profile; the usual place unless told otherwise."
            ),
        ] = "",
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
        sheet: Annotated[Path | None, typer.Option(help="Write the printable sheet (.html, or .pdf with Chromium).")] = None,
        facility: Annotated[str, typer.Option(help="Name of the facility, for the sheet.")] = "",
        name: Annotated[str, typer.Option(help="Name of the camera, for the sheet.")] = "",
    ) -> None:
        """Say whether a camera is fit: connection, access, codec, size, rate, damage, clock, picture, height of heads.

        Exit code 0: fit, perhaps with remarks; 2: bad address; 3: not fit.
        """
        from zoneinfo import ZoneInfo

        from pipelines.readiness_sheet import About, write_sheet
        from pipelines.readiness_standard import Grade

        found = run(Settings(), address, seconds, people=people, onvif=onvif)
        if sheet is not None:
            write_sheet(sheet, found, About(seconds, ZoneInfo("Asia/Ho_Chi_Minh"), facility=facility, camera=name))
        _print_json(found) if as_json else _print_table(found)
        raise typer.Exit(UNFIT if found.verdict is Grade.FAIL else 0)

    @camera.command()
    def discover(
        *,
        seconds: Annotated[float, typer.Option(min=0.1, max=60, help="How long to listen, in seconds.")] = 3.0,
        to: Annotated[str, typer.Option(metavar="HOST[:PORT]", help="Ask one host instead of the whole network.")] = "",
        source: Annotated[
            str, typer.Option("--from", metavar="ADDRESS", help="Our own address on the network that is meant.")
        ] = "",
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Find ONVIF cameras of this network. `vigil camera check` then says what each can do."""
        find(seconds, to, source, as_json=as_json)


def run(settings: Settings, text: str, seconds: float, *, people: bool, onvif: str) -> Readiness:
    """Measure and judge."""
    from pipelines.readiness import look
    from pipelines.readiness_standard import judge
    from pipelines.sources.address import Scheme, destination, parse_address

    address, loopback = parse_address(text, "URL"), settings.allow_loopback_cameras
    if address.scheme in {Scheme.FILE, Scheme.FOLDER}:
        address = replace(address, path=str(Path(address.path).resolve()))  # the process that looks works in another folder
    with contextlib.suppress(OSError):  # a name that cannot be resolved stands on the sheet
        destination(address, "URL", loopback=loopback)
    seen = look(address, seconds, loopback=loopback, heads=_heads(settings) if people else None)
    seen.declared = _declared(address, onvif, loopback=loopback)
    return judge(address, seen)


def _declared(address: CameraAddress, onvif: str, *, loopback: bool) -> Declared | None:
    from pipelines.onvif.client import Declared
    from pipelines.readiness import ask
    from pipelines.sources.address import CameraAddress, Scheme, destination, parse_address

    if onvif == "no" or not (onvif or address.is_network):
        return None
    device = CameraAddress(Scheme.HTTP, address.host, None, "/onvif/device_service")
    if onvif:
        device = parse_address(onvif, "--onvif")
    try:
        return ask(address, destination(device, "--onvif", loopback=loopback))
    except OSError:
        return Declared(text="the host cannot be resolved")


def find(seconds: float, to: str, source: str, *, as_json: bool) -> None:
    """Ask the network and print who answered."""
    from pipelines.errors import BadInput
    from pipelines.onvif.discovery import MULTICAST, discover

    host, _, port = to.partition(":")
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise BadInput("--to", "the port is no number from 1 to 65535", "write HOST or HOST:PORT")
    try:
        target = (socket.gethostbyname(host), int(port or MULTICAST[1])) if to else MULTICAST
    except OSError as error:
        raise BadInput(f"--to {host}", f"cannot be resolved ({error.strerror or error})", "write HOST or HOST:PORT") from None
    except UnicodeError as error:
        raise BadInput("--to", "the address cannot be resolved", "write HOST or HOST:PORT") from error
    try:
        devices = discover(seconds, target, source)
    except UnicodeError as error:
        raise BadInput("--from", "is no address", "name an address of this machine") from error
    except OSError as error:
        raise BadInput(
            "the network", f"cannot be asked ({error.strerror or error})", "name an address of this machine with --from"
        ) from error
    if as_json:
        print(json.dumps([asdict(device) for device in devices], ensure_ascii=False, indent=2))
        return
    table = Table("host", "name", "hardware", "location", "ONVIF service")
    for device in devices:
        table.add_row(*(escape(text) for text in (device.host, device.name, device.hardware, device.location, device.service)))
    console = Console()
    console.print(
        table if devices else "nobody answered: cameras may have ONVIF switched off, or lie on another network (--from, --to)"
    )


def _print_json(sheet: Readiness) -> None:
    findings = [{**asdict(one), "asked": asdict(one.asked)} for one in sheet.findings]
    print(
        json.dumps(
            {"source": sheet.source, "at": sheet.at.isoformat(), "verdict": sheet.verdict, "findings": findings},
            ensure_ascii=False,
            indent=2,
        )
    )


def _print_table(sheet: Readiness) -> None:
    from pipelines.readiness_standard import POINTS, Grade

    table = Table("point", "measured", "asked", "grade", title=escape(sheet.source))
    colours = {Grade.PASS: "green", Grade.WARN: "yellow", Grade.FAIL: "red", Grade.NOT_MEASURED: "dim"}
    for one in sheet.findings:
        table.add_row(POINTS[one.point][0].en, escape(one.measured.en), one.asked.en, f"[{colours[one.grade]}]{one.grade}[/]")
    console = Console()
    console.print(table)
    console.print(f"verdict: [{colours[sheet.verdict]}]{sheet.verdict}[/]")
    for one in sheet.reasons:
        console.print(f"  {POINTS[one.point][0].en}: {escape(one.measured.en)} (asked: {one.asked.en})", highlight=False)


def _heads(settings: Settings) -> HeadFinder:
    from collections.abc import Sequence

    from analyzer.types import Label
    from models.frame import Frame
    from models.perception import load_perception

    detector = load_perception(settings.device, settings.precision, settings.backend).detector

    def finder(frames: Sequence[Frame]) -> list[list[float]]:
        return [
            [one.box.height for one in detector.detect([frame])[0] if one.label is Label.HEAD and one.score >= 0.5]
            for frame in frames
        ]

    return finder

"""`vigil site`: begin, check, show, draw and compare site files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.commands.targets import writes_over

SiteArgument = Annotated[Path, typer.Argument(help="Site file (TOML).")]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(help="Begin, check, show, draw and compare site files.", no_args_is_help=True)
    for command in (new, check, show, draw, changes, schema):
        group.command()(command)
    app.add_typer(group, name="site")


def new(
    path: Annotated[Path, typer.Argument(help="File to write; must not exist.")],
    *,
    area: Annotated[str, typer.Option(help="Kind of area the first camera looks at, or masks.")] = "masks",
    facility: Annotated[str, typer.Option(help="Id of the facility.")] = "facility-01",
    name: Annotated[str, typer.Option(help="Name of the facility.")] = "Cơ sở cách ly 01",
    camera: Annotated[str, typer.Option(help="Id of the camera.")] = "camera-01",
) -> None:
    """Write a small valid site file to begin with."""
    from pipelines.errors import BadInput, BadSite
    from pipelines.site_file import parse_site
    from pipelines.sites import PRESETS, beginning

    if area not in PRESETS:
        raise BadInput(f"--area {area}", "is not offered", f"choose one of: {', '.join(PRESETS)}")
    text = beginning(area, facility, name, camera)
    try:
        parse_site(text.encode(), path)
    except UnicodeEncodeError as problem:
        raise BadInput("--facility, --name or --camera", "is not valid UTF-8", "write it in UTF-8") from problem
    except BadSite as problem:  # there is no file yet whose line could be looked up
        raise BadInput("--facility, --name or --camera", problem.problem, problem.remedy) from problem
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as problem:
        raise BadInput(str(path), f"cannot be written ({problem.strerror})", "name a new file in a writable folder") from problem
    typer.echo(f"{path}: draw your zones, then `vigil site check {path}`")


def check(path: SiteArgument) -> None:
    """Say whether a site file can be used: one clear line and exit code 2 when not."""
    from pipelines.site_doubts import doubts, source_doubts
    from pipelines.site_file import load_site

    document = load_site(path)
    site = document.site
    typer.echo(
        f"{path}: {site.facility.name}: {len(site.cameras)} cameras, {len(site.zones)} zones, {len(site.doors)} doors,"
        f" {len(site.lines)} lines; mode {site.mode.value}"
    )
    for doubt in (*doubts(site), *source_doubts(document)):
        typer.echo(f"note: {doubt}")


def show(path: SiteArgument) -> None:
    """Show what a site file says: cameras with their drawings, and how good each calibration is."""
    from analyzer.ground import Ground
    from pipelines.site_file import load_site

    document = load_site(path)
    site = document.site
    console = Console()
    head = f"{site.facility.name} ({site.facility.id}), {site.facility.timezone_name}, {site.mode.value}, sha256 {document.sha256[:12]}"
    console.print(escape(head), highlight=False)
    table = Table("camera", "position", "zones", "doors", "lines", "floor")
    for camera in site.cameras:
        own = site.of_camera(camera.id)
        floor = "-"
        if camera.calibration is not None:
            ground = Ground(camera, camera.calibration)
            told = (
                f"residual {ground.residual:.2f} m"
                if len(camera.calibration.points) > 4
                else "a fifth would tell how good they are"
            )
            floor = f"{len(camera.calibration.points)} points, {told}"
            if ground.scale_error:
                floor += f", scale ±{ground.scale_error:.0%} (from heights)"
        table.add_row(
            escape(camera.id),
            escape(camera.position),
            escape("\n".join(f"{zone.id} ({zone.kind.value} v{zone.version})" for zone in own.zones) or "-"),
            escape("\n".join(f"{door.number or door.id} ({door.kind.value})" for door in own.doors) or "-"),
            escape("\n".join(f"{line.id} ({line.left.value} | {line.right.value})" for line in own.lines) or "-"),
            floor,
        )
    console.print(table)


def draw(
    path: SiteArgument,
    camera: Annotated[str, typer.Argument(help="Id of the camera.")],
    *,
    picture: Annotated[Path | None, typer.Option(help="A picture of its view; else the drawings stand on grey.")] = None,
    out: Annotated[Path | None, typer.Option(help="PNG to write; else CAMERA.png.")] = None,
) -> None:
    """Draw zones, doors, lines, the scale of the floor and forbidden areas over the view of a camera."""
    import cv2
    import numpy as np

    from analyzer.types import CameraId
    from pipelines.errors import BadInput
    from pipelines.site_file import load_site
    from pipelines.site_picture import draw as drawn

    site = load_site(path).site
    if camera not in {known.id for known in site.cameras}:
        known = ", ".join(each.id for each in site.cameras)
        raise BadInput(f'camera "{camera}"', f"is not in {path}", f"its cameras are: {known}")
    view = None
    if picture is not None:
        try:
            view = cv2.imdecode(np.frombuffer(picture.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        except (OSError, cv2.error) as problem:
            raise BadInput(str(picture), "cannot be read", "name a JPEG or PNG picture") from problem
        if view is None:
            raise BadInput(str(picture), "is no picture", "name a JPEG or PNG picture")
    target = out or Path(f"{camera}.png")
    if target.suffix.lower() != ".png":
        raise BadInput(f"--out {target}", "is no name of a PNG", "let it end in .png")
    if picture is not None and writes_over(target, [picture]):
        raise BadInput(f"--out {target}", "is the picture that is drawn over", "name another file")
    _, encoded = cv2.imencode(".png", drawn(site, CameraId(camera), view))
    try:
        target.write_bytes(encoded.tobytes())
    except OSError as problem:
        raise BadInput(str(target), f"cannot be written ({problem.strerror})", "name a writable file") from problem
    typer.echo(str(target))


def changes(
    old: Annotated[Path, typer.Argument(help="Site file as it was.")],
    new: Annotated[Path, typer.Argument(help="Site file as it is to be.")],
) -> None:
    """Say what changed between two versions of a site file."""
    from pipelines.site_changes import changes as changed
    from pipelines.site_file import load_site

    lines = list(changed(load_site(old).site, load_site(new).site))
    for line in lines or ["nothing changed"]:
        typer.echo(line)


def schema() -> None:
    """Print the JSON Schema of site files, for editors."""
    from pipelines.site_file import site_schema

    print(json.dumps(site_schema(), ensure_ascii=False, indent=2))

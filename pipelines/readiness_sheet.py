"""The printable sheet of a camera's technical check, Vietnamese first: HTML, and PDF where a Chromium can print it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.entry import Nature, Text
from pipelines.errors import BadInput
from pipelines.identity import code_version
from pipelines.readiness_standard import POINTS, Grade, Readiness

_GRADES: Final = {
    Grade.PASS: ("✓", Text("Đạt", "Pass")),
    Grade.WARN: ("!", Text("Cần lưu ý", "Remark")),
    Grade.FAIL: ("✗", Text("Không đạt", "Fail")),
    Grade.NOT_MEASURED: ("?", Text("Chưa đo", "Not measured")),
}
_VERDICTS: Final = {
    Grade.PASS: Text("ĐẠT ở những nội dung đã đo", "fit, in what was measured"),
    Grade.WARN: Text("ĐẠT, có điểm cần lưu ý", "fit, with remarks"),
    Grade.FAIL: Text("KHÔNG ĐẠT", "not fit"),
}
_MARKS: Final = {Nature.LAW: "", Nature.LATER_LAW: "", Nature.PRACTICE: " ¹", Nature.INFERENCE: " ²"}
_BY_HAND: Final = (
    Text("Hình ban đêm / hồng ngoại", "Night and infrared picture"),
    Text("Mật độ điểm ảnh tại vạch quyết định (px/m)", "Pixel density at the decision line (px/m)"),
    Text("Mật khẩu mặc định đã đổi, phần mềm đã cập nhật (QCVN 135:2024)", "Default password changed, firmware current"),
    Text("Vùng theo dõi đã vẽ và đúng vị trí", "Zones drawn and in place"),
    Text("Không nhìn vào phòng ở, nhà vệ sinh, phòng tắm", "Does not look into rooms, toilets, bathrooms"),
)
_PRINTING: Final = 90.0  # s


@dataclass(frozen=True, slots=True)
class About:
    """What the sheet says beside the measurements; empty is a line to write on."""

    seconds: float
    zone: tzinfo
    body: str = ""
    facility: str = ""
    camera: str = ""


def sheet_html(sheet: Readiness, about: About) -> str:
    """The sheet as one page without outside parts."""
    environment = Environment(
        loader=PackageLoader("pipelines", "sheets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    at = sheet.at.astimezone(about.zone)
    return environment.get_template("readiness.html").render(
        sheet=sheet,
        body=about.body,
        facility=about.facility,
        camera=about.camera,
        seconds=f"{about.seconds:g}".replace(".", ","),
        measured_at=f"{at:%H:%M:%S} ngày {at:%d/%m/%Y} ({about.zone})",
        verdict=_VERDICTS[sheet.verdict],
        points=POINTS,
        grades=_GRADES,
        marks=_MARKS,
        by_hand=_BY_HAND,
        version=code_version(),
    )


def write_sheet(path: Path, sheet: Readiness, about: About) -> None:
    """Write the sheet where its name says how: ``.html`` or ``.pdf``.

    Raises:
        BadInput: another ending, no Chromium for a PDF, or a place that cannot be written.
    """
    html = sheet_html(sheet, about)
    try:
        match path.suffix.lower():
            case ".html":
                path.write_text(html, encoding="utf-8")
            case ".pdf":
                _print(html, path)
            case _:
                raise BadInput(str(path), "is neither .html nor .pdf", "name the sheet so that it ends in one of them")
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})", "name another place") from error


def _print(html: str, path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        remedy = "install chromium, or name the sheet .html and print it from any browser"
        raise BadInput(str(path), "no Chromium is here to make a PDF", remedy)
    with tempfile.TemporaryDirectory(prefix="vigil-sheet-") as folder:
        page, made = Path(folder, "sheet.html"), Path(folder, "sheet.pdf")
        page.write_text(html, encoding="utf-8")
        command = [chromium, "--headless=new", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        # Without the sandbox only where it cannot work: for root, as in containers. The page is our own, without scripts.
        command += ["--no-sandbox"] if os.geteuid() == 0 else []
        command += [f"--print-to-pdf={made}", page.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=_PRINTING, check=True)
            shutil.copyfile(made, path)
        except (subprocess.SubprocessError, FileNotFoundError) as error:
            raise BadInput(
                str(path), "Chromium could not print it", "name the sheet .html and print it from any browser"
            ) from error

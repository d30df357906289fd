"""Deployment settings: where things lie and how the service listens. Built in `main` only, handed down from there."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _networks(text: str) -> str:
    """Addresses and networks, parted by commas, as the server takes them."""
    return ",".join(
        str(ip_network(part.strip())).removesuffix("/32").removesuffix("/128") for part in text.split(",") if part.strip()
    )


class Settings(BaseSettings):
    """Read from ``VIGIL_*`` environment variables; everything has a default that works on one machine.

    ``data_dir`` holds the database (unless ``database_url`` says otherwise), the evidence folder and the
    scenes of past runs.
    """

    # A variable without a value, as environment files have them, is one that is not set: never the current folder.
    model_config = SettingsConfigDict(env_prefix="VIGIL_", frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path("var")
    database_url: str | None = None
    evidence_dir: Path | None = None
    secrets_dir: Path | None = None
    host: IPv4Address | IPv6Address = IPv4Address("127.0.0.1")
    port: Annotated[int, Field(ge=1, le=65535)] = 8400
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda:\d{1,2})$")] = "auto"
    backend: Literal["openvino", "onnxruntime", "torch"] = "openvino"
    precision: Literal["f32", "bf16"] = "f32"
    rate: Annotated[float, Field(gt=0, le=30)] = 5.0
    language: Literal["vi", "en"] = "vi"
    secure_cookies: bool = False
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    allow_loopback_cameras: bool = False
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    link_minutes: Annotated[float, Field(ge=0, le=1440)] = 0.0
    still_minutes: Annotated[float, Field(ge=0, le=1440)] = 60.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database. What means something else in an address (`%41`, `?`) is a name in that of a folder."""
        return self.database_url or f"sqlite:///{quote(str(self.data_dir.resolve() / 'vigil.db'), errors='surrogateescape')}"

    @property
    def evidence(self) -> Path:
        """Folder of the evidence files."""
        return (self.evidence_dir or self.data_dir / "evidence").resolve()

    @property
    def secrets(self) -> Path:
        """Folder of the passwords of cameras that were added through the service, readable by its owner alone."""
        return (self.secrets_dir or self.data_dir / "secrets").resolve()

    @property
    def heartbeat(self) -> Path:
        """Where the live process says that it is alive."""
        return (self.data_dir / "run" / "live.heartbeat").resolve()

    @property
    def watch(self) -> Path:
        """Held by the live process, so that no second one works with the same folder."""
        return (self.data_dir / "run" / "live.lock").resolve()

    @property
    def alerts(self) -> Path:
        """Which channel of alerts has which message."""
        return (self.data_dir / "run" / "alerts.jsonl").resolve()

    @property
    def runs(self) -> Path:
        """Folder of the scenes of past runs, one sub-folder a run."""
        return (self.data_dir / "runs").resolve()

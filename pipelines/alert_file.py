"""Reads the alerts file: TOML that names channels; secrets stand elsewhere as ``${env:NAME}`` or ``${file:PATH}``."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, ValidationError
from pydantic_core import PydanticCustomError

from analyzer.types import Severity
from pipelines.alerts import Channel, MailChannel, MqttChannel, WebhookChannel
from pipelines.errors import BadInput
from pipelines.sources.address import fill_in

_Port = Annotated[int, Field(ge=1, le=65535)]


def _one_line(value: str) -> str:
    if any(unicodedata.category(sign) in {"Cc", "Zl", "Zp"} for sign in value):
        raise PydanticCustomError("control_characters", "control characters and line breaks are not accepted")
    return value


_Mailbox = Annotated[str, AfterValidator(_one_line)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Webhook(_Form):
    kind: Literal["webhook"]
    name: str
    url: str
    secret: Annotated[str, Field(min_length=1)]
    least: Severity = Severity.LOW
    private: bool = False
    ca: FilePath | None = None

    def channel(self) -> Channel:
        return WebhookChannel(self.name, self.url, self.secret, self.least, private=self.private, ca=self.ca)


class _Mail(_Form):
    kind: Literal["mail"]
    name: str
    host: str
    sender: _Mailbox
    to: Annotated[tuple[_Mailbox, ...], Field(min_length=1)]
    port: _Port = 587
    tls: bool = True
    user: str = ""
    password: str = ""
    least: Severity = Severity.HIGH
    ca: FilePath | None = None

    def channel(self) -> Channel:
        return MailChannel(
            self.name, self.host, self.sender, self.to, self.port, self.tls, self.user, self.password, self.least, ca=self.ca
        )


class _Mqtt(_Form):
    kind: Literal["mqtt"]
    name: str
    host: str
    prefix: str = "vigil/events"
    port: _Port = 8883
    tls: bool = True
    user: str = ""
    password: str = ""
    least: Severity = Severity.LOW
    ca: FilePath | None = None

    def channel(self) -> Channel:
        return MqttChannel(
            self.name, self.host, self.prefix, self.port, self.tls, self.user, self.password, self.least, ca=self.ca
        )


class _File(_Form):
    channel: Annotated[list[Annotated[_Webhook | _Mail | _Mqtt, Field(discriminator="kind")]], Field(min_length=1)]


def load_channels(path: Path) -> tuple[Channel, ...]:
    """The channels of a file.

    Raises:
        BadInput: it cannot be read or something in it is wrong; the message never quotes a value.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadInput(str(path), f"cannot be read ({problem.strerror})", "name a readable file (TOML)") from problem
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInput(str(path), "is not TOML in UTF-8", "see docs/alerts.md for an example") from problem
    try:
        form = _File.model_validate(_filled(document, str(path)))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path} ({key})", first["msg"].lower(), "see docs/alerts.md") from None
    names = [one.name for one in form.channel]
    if len(set(names)) != len(names):
        raise BadInput(str(path), "two channels have one name", "give each its own")
    return tuple(one.channel() for one in form.channel)


def _filled(value: object, place: str) -> object:
    match value:
        case str():
            return fill_in(value, place)
        case dict():
            return {key: _filled(inner, place) for key, inner in value.items()}
        case list():
            return [_filled(inner, place) for inner in value]
        case _:
            return value

"""Tells others about events: from the outbox of the store to webhooks, mail and MQTT, at least once each.

A notice is written in the transaction that stored its event, so none is lost; it is struck off when every channel has it
or has given up. A channel that fails is tried again on its own schedule and holds up no other. The id of a message is the
same at every attempt, so a receiver can tell a repetition.
"""

from __future__ import annotations

import json
import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import certifi
import httpx2 as httpx
import structlog
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion
from standardwebhooks import Webhook

from analyzer.sentences import Language
from analyzer.types import EventId, Severity
from pipelines.alert_memory import Taken
from pipelines.errors import NotFound, PipelineError, Transient
from pipelines.notice_text import TRIAL, Names, NameStore, Trial, names_of, subject, text
from pipelines.outages import OutageNotice
from pipelines.records import StoredEvent
from pipelines.sources.address import redact
from pipelines.store.entries import OUTAGES, Notice, Topic
from pipelines.telling import reason

SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds until each attempt after the one before: about three days in all, as the Standard Webhooks specification has it."""

# The library complains of every connection that it has closed itself, in plain lines among ours; what went wrong is raised as well.
logging.getLogger("paho.mqtt.client").setLevel(logging.CRITICAL)

_TIMEOUT: Final = 15.0
_PAGE: Final = 1000
_STRUCK_OFF_EVERY: Final = 20
_RANK: Final = {Severity.ASSIST: 0, Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 3, Severity.CRITICAL: 4}


class Undelivered(PipelineError, Transient):
    """A channel did not take a message. ``retry_after``: seconds that it asked for."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(why)


class Refused(PipelineError):
    """A channel wants no more messages."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message, about an event or an outage, or a trial, which has no topic. No pictures and no tracks of people leave the facility with it."""

    id: str
    topic: Topic | None
    at: datetime
    about: StoredEvent | OutageNotice | Trial
    names: Names

    def body(self) -> str:
        """JSON; the same at every attempt."""
        match self.about:
            case OutageNotice():
                data = _outage_data(self.about)
            case Trial():
                data = {"text": {"vi": TRIAL.vi, "en": TRIAL.en}}
            case _:
                data = _event_data(self.about, self.names)
        document = {"type": self.topic or "channel.test", "timestamp": self.at.isoformat(), "data": data}
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def severity(self) -> Severity:
        return self.about.severity

    @property
    def path(self) -> str:
        """Where it belongs in a tree of topics."""
        if isinstance(self.about, Trial):
            return "test"
        if isinstance(self.about, OutageNotice):
            return (
                f"{'thin' if self.about.thin else 'outage'}/{self.about.cameras[0] if len(self.about.cameras) == 1 else 'line'}"
            )
        return f"{self.about.camera}/{self.about.rule}"


def _outage_data(outage: OutageNotice) -> dict[str, object]:
    return {
        "outage": outage.id,
        "severity": outage.severity,
        "facility": outage.facility,
        "cause": outage.cause,
        "cameras": list(outage.cameras),
        "since": outage.start.isoformat(),
        "ended_at": None if outage.end is None else outage.end.isoformat(),
    }


def _event_data(event: StoredEvent, names: Names) -> dict[str, object]:
    return {
        "event": event.id,
        "rule": event.rule,
        "severity": event.severity,
        "facility": event.facility,
        "camera": event.camera,
        "zone": event.zone,
        "since": event.since.isoformat(),
        "opened_at": event.opened_at.isoformat(),
        "review_state": event.review_state,
        "text": {language.value: reason(event, names.zone, language) for language in Language},
        "claim": "sign of a violation, not yet a violation" if event.review_state == "awaiting" else "reviewed",
    }


class Channel(Protocol):
    """One way to tell somebody. ``least``: nothing below this severity."""

    @property
    def name(self) -> str: ...
    @property
    def least(self) -> Severity: ...
    @property
    def topics(self) -> frozenset[Topic]: ...
    def send(self, alert: Alert) -> None:
        """Raises: Undelivered, Refused."""
        ...


def trusted(ca: Path | None) -> ssl.SSLContext:
    """Whom a channel trusts: the authorities of a file, or those of the system and of Mozilla's list.

    Raises:
        Undelivered: the file cannot be read any more, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise Undelivered(f"the certificates in {ca} cannot be used ({error.strerror or error})") from None
    if ca is None:
        context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Signed as Standard Webhooks. Without ``private`` only https to public addresses; redirects are never followed."""

    name: str
    url: str
    secret: str = field(repr=False)
    least: Severity = Severity.LOW
    topics: frozenset[Topic] = frozenset(Topic)
    private: bool = False
    ca: Path | None = None

    def send(self, alert: Alert) -> None:
        body = alert.body()
        moment = datetime.now(UTC)
        try:
            self._check()
            headers = {
                "content-type": "application/json",
                "webhook-id": alert.id,
                "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": Webhook(self.secret).sign(alert.id, moment, body),
            }
            answer = httpx.post(
                self.url,
                content=body.encode(),
                headers=headers,
                timeout=_TIMEOUT,
                follow_redirects=False,
                verify=trusted(self.ca),
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Undelivered(redact(f"{type(error).__name__}: {error}", self.url)) from None
        if answer.status_code == httpx.codes.GONE:
            raise Refused("the receiver says that it is gone (410)")
        if not answer.is_success:
            raise Undelivered(f"answered {answer.status_code}", _retry_after(answer.headers.get("retry-after"), moment))

    def _check(self) -> None:
        parts = urlsplit(self.url)
        if self.private:
            return
        if parts.scheme != "https":
            raise Refused("only https goes out to the public")
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Undelivered(f"the host cannot be resolved: {error.strerror}") from error
        except UnicodeError:
            raise Undelivered("the host is not a name that can be resolved") from None
        if any(not ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found):
            raise Refused("the address is not a public one")


@dataclass(frozen=True, slots=True)
class MailChannel:
    """One mail a message. ``user`` empty: no login."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    tls: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    least: Severity = Severity.HIGH
    topics: frozenset[Topic] = frozenset({Topic.OPENED, Topic.ESCALATED, *OUTAGES})
    ca: Path | None = None

    def send(self, alert: Alert) -> None:
        try:
            message = EmailMessage()
            message["From"], message["To"] = self.sender, ", ".join(self.to)
            message["Subject"] = subject(alert.about, alert.names)
            message["Message-ID"] = f"<{alert.id}@vigil.invalid>"
            message["Date"] = alert.at
            message.set_content(text(alert.about, alert.names))
            with smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT) as server:
                if self.tls:
                    server.starttls(context=trusted(self.ca))
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise Undelivered(redact(f"{type(error).__name__}: {error}", self.password)) from None


@dataclass(frozen=True, slots=True)
class MqttChannel:
    """Publishes to ``topic``/camera/rule with QoS 1."""

    name: str
    host: str
    prefix: str = "vigil/events"
    port: int = 8883
    tls: bool = True
    user: str = ""
    password: str = field(default="", repr=False)
    least: Severity = Severity.LOW
    topics: frozenset[Topic] = frozenset(Topic)
    ca: Path | None = None

    def send(self, alert: Alert) -> None:
        try:
            publish.single(
                f"{self.prefix}/{alert.path}",
                payload=alert.body(),
                qos=1,
                hostname=self.host,
                port=self.port,
                client_id=f"vigil-{alert.id[:16]}",
                keepalive=int(_TIMEOUT),
                auth={"username": self.user, "password": self.password} if self.user else None,
                tls=trusted(self.ca) if self.tls else None,  # type: ignore[arg-type]  # documented, not in its type
                protocol=MQTTProtocolVersion.MQTTv311,
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise Undelivered(redact(f"{type(error).__name__}: {error}", self.password)) from None
        except Exception as error:  # noqa: BLE001 - the library raises its own kinds for a refused connection
            raise Undelivered(redact(f"{type(error).__name__}: {error}", self.password)) from None


def _retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, a day at most: the header gives them, or a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(seconds, 86_400.0)


# --- the relay ------------------------------------------------------------------------------------


def tried(channels: Sequence[Channel], at: datetime) -> dict[str, str]:
    """Send a test message to every channel, whatever it wants to hear; why it failed by name, empty where it was taken."""
    outcome = {}
    for channel in channels:
        message = Trial(f"test.{channel.name}.{at:%Y%m%dT%H%M%S}")
        try:
            channel.send(Alert(message.id, None, at, message, Names("")))
        except (Refused, Undelivered) as error:
            outcome[channel.name] = str(error)
        else:
            outcome[channel.name] = ""
    return outcome


class AlertStore(NameStore, Protocol):
    """What is needed of the repository."""

    def undelivered(self, limit: int = 100, after: int = 0) -> tuple[Notice, ...]: ...
    def delivered(self, numbers: Sequence[int], at: datetime) -> None: ...
    def event(self, event: EventId) -> StoredEvent: ...


@dataclass(slots=True)
class _Progress:
    """How far one notice has come on one channel."""

    attempts: int = 0
    due: datetime | None = None
    over: bool = False


class Relay:
    """Brings notices to channels. Call `round` every few seconds; time is an argument.

    ``taken``: what channels had before this start.
    """

    def __init__(self, store: AlertStore, channels: Sequence[Channel], taken: Taken | None = None) -> None:
        self._store, self._channels, self._taken = store, tuple(channels), taken or Taken()
        self._progress: dict[tuple[int, str], _Progress] = {}
        self._closed: set[str] = set()
        self._failing: set[str] = set()
        self._log = structlog.get_logger()
        self.sent = self.given_up = 0

    def round(self, now: datetime) -> int:
        """Try everything that is due; the number of notices that are done with."""
        count, done, waiting_on = 0, list[int](), set[int]()
        self._failing = set()
        for notice in self._notices():
            if waiting := [channel for channel in self._channels if self._waits(notice, channel, now)]:
                self._tell(waiting, notice, now)
            if all(self._over(notice, channel) for channel in self._channels):
                done.append(notice.number)
                count += 1
            else:
                waiting_on.add(notice.number)
            if len(done) >= _STRUCK_OFF_EVERY:
                self._strike_off(done, now)
        self._strike_off(done, now)
        self._taken.keep(waiting_on)
        return count

    def _tell(self, waiting: Sequence[Channel], notice: Notice, now: datetime) -> None:
        try:
            alert = self._alert(notice)
        except (NotFound, ValueError) as error:
            # One row that another version wrote, or another hand, must not silence the others.
            self._log.error("alert.unreadable", number=notice.number, topic=notice.topic, error=str(error))
            for channel in waiting:
                self._progress[notice.number, channel.name].over = True
            return
        for channel in waiting:
            self._try(channel, notice, alert, now)

    def _notices(self) -> Iterator[Notice]:
        """All of them: those that wait for a channel that is away must not stand before those that others have not heard yet."""
        after = 0
        while page := self._store.undelivered(_PAGE, after):
            yield from page
            after = page[-1].number

    def _strike_off(self, done: list[int], now: datetime) -> None:
        if done:
            self._store.delivered(tuple(done), now)
        for number in done:
            for channel in self._channels:
                self._progress.pop((number, channel.name), None)
        done.clear()

    def _alert(self, notice: Notice) -> Alert:
        about: StoredEvent | OutageNotice
        if notice.topic in OUTAGES:
            about = OutageNotice.decode(notice.subject)
            name = about.id
        else:
            about, name = self._store.event(EventId(notice.subject)), notice.subject
        return Alert(f"{name}.{notice.number}", notice.topic, notice.at, about, names_of(self._store, about))

    def _over(self, notice: Notice, channel: Channel) -> bool:
        return channel.name in self._closed or self._progress[notice.number, channel.name].over

    def _waits(self, notice: Notice, channel: Channel, now: datetime) -> bool:
        """Whether the notice is due on the channel: asked first, because what a message says is looked up in the store."""
        key = notice.number, channel.name
        if key not in self._progress:
            self._progress[key] = _Progress(over=(notice, channel.name) in self._taken)
        progress = self._progress[key]
        if progress.over or channel.name in self._closed | self._failing:
            return False
        return progress.due is None or now >= progress.due

    def _try(self, channel: Channel, notice: Notice, alert: Alert, now: datetime) -> None:
        progress = self._progress[notice.number, channel.name]
        if notice.topic not in channel.topics or _RANK[alert.severity] < _RANK[channel.least]:
            progress.over = True
            return
        progress.attempts += 1
        try:
            channel.send(alert)
        except Refused as error:
            self._closed.add(channel.name)
            self._log.error("alert.channel_closed", channel=channel.name, error=str(error))
        except Undelivered as error:
            self._failing.add(channel.name)  # the rest of its messages wait: one time-out a round delays the others enough
            self._later(progress, error, now)
            said = {"channel": channel.name, "id": alert.id, "error": str(error), "attempts": progress.attempts}
            if progress.over:
                self._taken.add(notice, channel.name)
                self._log.error("alert.given_up", **said)
            else:
                self._log.warning("alert.undelivered", **said)
        else:
            progress.over = True
            self._taken.add(notice, channel.name)
            self.sent += 1
            self._log.info("alert.sent", channel=channel.name, id=alert.id, attempts=progress.attempts)

    def _later(self, progress: _Progress, error: Undelivered, now: datetime) -> None:
        if progress.attempts >= len(SCHEDULE):
            progress.over = True
            self.given_up += 1
            return
        wait = max(SCHEDULE[progress.attempts], error.retry_after or 0.0)
        progress.due = now + timedelta(seconds=wait)

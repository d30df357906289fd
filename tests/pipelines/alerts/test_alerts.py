"""Every event is told at least once to every channel, with one id, and a bad channel holds up nobody."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner

from analyzer.types import CameraId, EventId, FacilityId, Provenance, RuleId, RunId, Severity, Votes
from pipelines.alert_file import load_channels
from pipelines.alert_memory import Taken
from pipelines.alerts import (
    SCHEDULE,
    Alert,
    Channel,
    MailChannel,
    MqttChannel,
    Refused,
    Relay,
    Undelivered,
    WebhookChannel,
    tried,
    trusted,
)
from pipelines.cli import app
from pipelines.errors import BadInput, NotFound
from pipelines.notice_text import TRIAL, Names, text
from pipelines.records import (
    CameraRecord,
    Ending,
    EvidenceState,
    FacilityRecord,
    ReviewState,
    StoredEvent,
    TimeBasis,
    ZoneVersion,
)
from pipelines.store.entries import Notice, Topic
from tests.pipelines.alerts.receivers import broker, hooks, lines, mail_server

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

EVENT = StoredEvent(
    id=EventId("5f1e1cf0-0000-5000-8000-000000000001"), facility=FacilityId("f"), rule=RuleId("Q01"), rule_version=1,
    severity=Severity.HIGH, camera=CameraId("gate"), subject="track:1", since=T0, since_pts=timedelta(0), opened_at=T0,
    opened_pts=timedelta(0), ended_at=None, ending=Ending.OPEN, votes=Votes(5, 0), provenance=Provenance(RunId("r"), "s", "c"),
    zone=None, zone_version=None, role=None, measures=(), tracks=(), time_basis=TimeBasis.LIVE, review_state=ReviewState.AWAITING,
    evidence_state=EvidenceState.PENDING, version=1,
)  # fmt: skip
NAMES = Names("Khu cách ly số 1", {EVENT.camera: "Cổng chính"}, clock=ZoneInfo("Asia/Ho_Chi_Minh"))
ALERT = Alert(f"{EVENT.id}.1", Topic.OPENED, T0, EVENT, NAMES)


@dataclass
class Outbox:
    """Implements `AlertStore`."""

    notices: list[Notice]
    severity: Severity = Severity.HIGH
    struck: list[int] = field(default_factory=list)
    looked_up: int = 0

    def undelivered(self, limit: int = 100, after: int = 0) -> tuple[Notice, ...]:
        return tuple(one for one in self.notices if one.number > after and one.number not in self.struck)[:limit]

    def delivered(self, numbers: Sequence[int], at: datetime) -> None:
        self.struck += numbers

    def event(self, event: EventId) -> StoredEvent:
        self.looked_up += 1
        return replace(EVENT, id=event, severity=self.severity)

    def facility(self, facility: FacilityId) -> FacilityRecord:
        return FacilityRecord(facility, "Khu cách ly số 1", "civil", "Asia/Ho_Chi_Minh", "")

    def camera(self, camera: CameraId) -> CameraRecord:
        raise NotFound(f"no camera {camera!r}")

    def zones(self, camera: CameraId, at: datetime | None = None) -> tuple[ZoneVersion, ...]:
        return ()


@dataclass
class Ear:
    """Implements `Channel`: fails as often as it is told to."""

    name: str = "ear"
    failures: int = 0
    refuses: bool = False
    least: Severity = Severity.LOW
    topics: frozenset[Topic] = frozenset(Topic)
    heard: list[str] = field(default_factory=list)
    tried: int = 0

    def send(self, alert: Alert) -> None:
        self.tried += 1
        if self.refuses:
            raise Refused("gone")
        if self.failures:
            self.failures -= 1
            raise Undelivered("busy")
        self.heard.append(alert.id)


def outbox(count: int, **changes: object) -> Outbox:
    return Outbox([Notice(n, Topic.OPENED, EVENT.id, 1, T0) for n in range(1, count + 1)], **changes)  # type: ignore[arg-type]


def test_tells_every_channel_once() -> None:
    store, first, second = outbox(3), Ear("a"), Ear("b")
    relay = Relay(store, [first, second])
    assert relay.round(T0) == 3
    assert relay.round(T0) == 0
    assert first.heard == second.heard == [f"{EVENT.id}.{n}" for n in (1, 2, 3)]


def test_what_waits_for_a_channel_that_is_away_keeps_nothing_new_from_the_others() -> None:
    store, good, away = outbox(1003), Ear("good"), Ear("away", failures=10**6)
    Relay(store, [away, good]).round(T0)
    assert len(good.heard) == 1003


def test_a_notice_that_cannot_be_read_silences_no_other() -> None:
    store, ear = outbox(3), Ear()
    store.notices[0] = Notice(1, Topic.OUTAGE_OPENED, "written by another version", 1, T0)
    assert Relay(store, [ear]).round(T0) == 3
    assert len(ear.heard) == 2


def test_a_restart_repeats_nothing_to_a_channel_that_has_it(tmp_path: Path) -> None:
    store, good, away = outbox(3), Ear("good"), Ear("away", failures=10**6)
    kept = tmp_path / "run" / "alerts.jsonl"
    Relay(store, [away, good], Taken(kept)).round(T0)
    kept.write_text(kept.read_text(encoding="utf-8") + '[4, "20', encoding="utf-8")  # killed in the middle of a line
    Relay(store, [away, good], Taken(kept)).round(T0)
    assert len(good.heard) == 3

    away.failures = 0
    Relay(store, [away, good], Taken(kept)).round(T0)
    assert (len(good.heard), len(away.heard)) == (3, 3)
    assert store.undelivered() == ()
    assert kept.read_text(encoding="utf-8") == ""

    other = Outbox([Notice(n, Topic.OPENED, EVENT.id, 1, T0 + timedelta(days=1)) for n in range(1, 4)])
    Relay(store, [good], Taken(kept)).round(T0)
    Relay(other, [good], Taken(kept)).round(T0)
    assert len(good.heard) == 6  # the same numbers in another database are other messages


def test_a_file_of_what_was_taken_that_cannot_be_written_costs_no_message(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no folder")
    ear = Ear()
    Relay(outbox(3), [ear], Taken(tmp_path / "run" / "alerts.jsonl")).round(T0)
    assert len(ear.heard) == 3


def test_a_failing_channel_holds_up_nobody_and_keeps_the_id() -> None:
    store, good, bad = outbox(3), Ear("good"), Ear("bad", failures=2)
    relay = Relay(store, [bad, good])
    now = T0
    relay.round(now)
    assert len(good.heard) == 3
    assert bad.tried == 1  # one failure is enough to leave it alone for this round
    while store.undelivered():
        now += timedelta(seconds=2)
        relay.round(now)
    assert sorted(bad.heard) == good.heard
    assert now - T0 < timedelta(minutes=1)


def test_what_a_message_says_is_not_looked_up_before_it_is_due() -> None:
    store, deaf = outbox(3), Ear(failures=99)
    relay = Relay(store, [deaf])
    relay.round(T0)
    assert store.looked_up == 1  # the first failed: the channel is left alone for the rest of the round
    relay.round(T0 + timedelta(seconds=1))
    assert (store.looked_up, deaf.tried) == (2, 2)  # the second is due, the first is not yet
    relay.round(T0 + timedelta(seconds=2))
    relay.round(T0 + timedelta(seconds=3))
    assert (store.looked_up, deaf.tried) == (3, 3)


def test_gives_up_after_three_days_and_says_so() -> None:
    store, deaf = outbox(1), Ear(failures=100)
    relay, now = Relay(store, [deaf]), T0
    while store.undelivered():
        relay.round(now)
        now += timedelta(seconds=5)
        assert now - T0 < timedelta(days=5)
    assert deaf.tried == len(SCHEDULE)
    assert timedelta(days=3) < now - T0 < timedelta(days=4)
    assert relay.given_up == 1


def test_a_channel_that_refuses_is_left_alone() -> None:
    store, gone = outbox(3), Ear(refuses=True)
    relay = Relay(store, [gone])
    relay.round(T0)
    assert (gone.tried, store.struck) == (1, [1, 2, 3])


def test_below_its_severity_a_channel_hears_nothing() -> None:
    store, ear = outbox(1, severity=Severity.MEDIUM), Ear(least=Severity.HIGH)
    Relay(store, [ear]).round(T0)
    assert (ear.heard, store.struck) == ([], [1])


def test_a_webhook_is_signed() -> None:
    with hooks() as got:
        WebhookChannel("w", got.url, SECRET, private=True).send(ALERT)
    headers, body = got.requests[0]
    assert headers["webhook-id"] == ALERT.id
    document = Webhook(SECRET).verify(body, dict(headers.items()))
    assert document["data"]["event"] == EVENT.id
    assert document["data"]["claim"].startswith("sign of a violation")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"gate", b"yard"), dict(headers.items()))


@pytest.mark.parametrize(
    ("answer", "error", "retry_after"),
    [
        ((500, {}), Undelivered, None),
        ((429, {"retry-after": "120"}), Undelivered, 120.0),
        ((503, {"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"}), Undelivered, 86_400.0),
        ((503, {"retry-after": "soon"}), Undelivered, None),
        ((302, {"location": "http://169.254.169.254/"}), Undelivered, None),
        ((410, {}), Refused, None),
    ],
)
def test_answers_of_a_receiver(answer: tuple[int, dict[str, str]], error: type[Exception], retry_after: float | None) -> None:
    with hooks() as got:
        got.answer = lambda _: answer
        with pytest.raises(error) as caught:
            WebhookChannel("w", got.url, SECRET, private=True).send(ALERT)
        assert len(got.requests) == 1  # redirects are not followed
    assert getattr(caught.value, "retry_after", None) == retry_after


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/"]
)
def test_public_webhooks_go_to_public_places_only(url: str) -> None:
    with pytest.raises(Refused):
        WebhookChannel("w", url, SECRET).send(ALERT)


def test_nobody_listens() -> None:
    with hooks() as got:
        url = got.url
    with pytest.raises(Undelivered):
        WebhookChannel("w", url, SECRET, private=True).send(ALERT)
    with pytest.raises(Undelivered):
        MailChannel("m", "127.0.0.1", "a@b.c", ("d@e.f",), got.port, tls=False).send(ALERT)
    with pytest.raises(Undelivered):
        MqttChannel("q", "127.0.0.1", port=got.port, tls=False).send(ALERT)


@pytest.mark.parametrize(
    "bad",
    [
        WebhookChannel("bad", "https://.../x", SECRET),
        WebhookChannel("bad", "https://.../x", SECRET, private=True),
        WebhookChannel("bad", "https://[::1/x", SECRET),
        WebhookChannel("bad", "https://example.org:port/x", SECRET),
        WebhookChannel("bad", "https://127.0.0.1/x", "whsec_không", private=True),
        MailChannel("bad", "...", "a@b.c", ("d@e.f",), tls=False),
        MailChannel("bad", "127.0.0.1", "a@b.c\nBcc: x@y.z", ("d@e.f",), tls=False),
        MqttChannel("bad", "...", tls=False),
    ],
    ids=lambda bad: type(bad).__name__,
)
def test_a_channel_that_cannot_work_holds_up_no_other(bad: Channel) -> None:
    store, good = outbox(1), Ear("good")
    Relay(store, [bad, good]).round(T0)
    assert len(good.heard) == 1
    outcome = tried([bad, good], T0)
    assert outcome["bad"]
    assert outcome["good"] == ""


def test_mail() -> None:
    mails: list[bytes] = []
    with lines(mail_server(mails)) as port:
        MailChannel("m", "127.0.0.1", "vigil@example.org", ("duty@example.org",), port, tls=False).send(ALERT)
    mail = message_from_bytes(mails[0], policy=default)
    assert mail["Subject"] == "[Vigil] Người được cách ly không đeo khẩu trang khi ra khỏi phòng (Q01, mức cao) - Cổng chính"
    assert mail.get_content() == text(EVENT, NAMES)
    assert ALERT.id in mail["Message-ID"]


def test_mqtt() -> None:
    messages: list[tuple[str, str]] = []
    with lines(broker(messages)) as port:
        MqttChannel("q", "127.0.0.1", port=port, tls=False).send(ALERT)
    ((topic, body),) = messages
    assert topic == "vigil/events/gate/Q01"
    data = json.loads(body)["data"]
    assert data["event"] == EVENT.id
    assert data["text"] == {
        "vi": "Toàn khung hình (chưa vẽ khu vực nào), không đeo khẩu trang; 5/5 thời điểm đánh giá được",
        "en": "Anywhere in the picture (no zone is drawn), without a mask; 5/5 instants assessable",
    }


def test_a_trial_reaches_a_channel_that_wants_to_hear_little() -> None:
    mails: list[bytes] = []
    with lines(mail_server(mails)) as port:
        proud = MailChannel("m", "127.0.0.1", "a@b.c", ("d@e.f",), port, tls=False, least=Severity.CRITICAL)
        deaf = Ear("deaf", failures=1)
        assert tried([deaf, proud], T0) == {"deaf": "busy", "m": ""}
    mail = message_from_bytes(mails[0], policy=default)
    assert mail["Subject"] == "[Vigil] Tin thử kênh cảnh báo / test message"
    assert TRIAL.vi in mail.get_content()
    assert TRIAL.en in mail.get_content()


def test_a_trial_by_webhook_is_signed_and_by_mqtt_has_its_own_topic() -> None:
    messages: list[tuple[str, str]] = []
    with hooks() as got, lines(broker(messages)) as port:
        channels = [WebhookChannel("w", got.url, SECRET, private=True), MqttChannel("q", "127.0.0.1", port=port, tls=False)]
        assert tried(channels, T0) == {"w": "", "q": ""}
    headers, body = got.requests[0]
    assert Webhook(SECRET).verify(body, dict(headers.items()))["type"] == "channel.test"
    assert messages[0][0] == "vigil/events/test"


@pytest.mark.parametrize(("failures", "code"), [(0, 0), (1, 3)])
def test_the_command_says_how_each_channel_took_it(failures: int, code: int, tmp_path: Path) -> None:
    file, mails = tmp_path / "alerts.toml", list[bytes]()
    form = (
        '[[channel]]\nkind = "mail"\nname = "{}"\nhost = "127.0.0.1"\nport = {}\ntls = false\nsender = "a@b.c"\nto = ["d@e.f"]\n'
    )
    with hooks() as closed:
        nobody = closed.port
    with lines(mail_server(mails)) as port:
        file.write_text(form.format("duty", port) + (form.format("night", nobody) if failures else ""))
        result = CliRunner().invoke(app, ["alerts", str(file), "--test"])
    assert result.exit_code == code
    assert "duty: sent" in result.stdout
    assert ("night: " in result.stderr) is bool(failures)
    assert len(mails) == 1


def test_whom_a_channel_trusts(tmp_path: Path) -> None:
    known = trusted(None).get_ca_certs()
    assert len(known) > 50  # the authorities of the public
    own = tmp_path / "ca.pem"
    own.write_text(ssl.DER_cert_to_PEM_cert(trusted(None).get_ca_certs(binary_form=True)[0]))
    assert len(trusted(own).get_ca_certs()) == 1  # a facility's own authority, and no other
    for broken in ("", "no certificate"):
        own.write_text(broken)
        with pytest.raises(Undelivered, match=r"ca\.pem"):
            MqttChannel("q", "127.0.0.1", ca=own).send(ALERT)


def test_reads_the_alerts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    file = tmp_path / "alerts.toml"
    file.write_text(
        '[[channel]]\nkind = "webhook"\nname = "w"\nurl = "https://example.org"\nsecret = "${env:HOOK_SECRET}"\nleast = "high"\n'
    )
    assert load_channels(file) == (WebhookChannel("w", "https://example.org", SECRET, Severity.HIGH),)
    assert SECRET not in repr(load_channels(file))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "channel = [",
        '[[channel]]\nkind = "pigeon"\nname = "Canary"',
        '[[channel]]\nkind = "webhook"\nname = "w"\nurl = "https://x"\nsecret = "Canary"\nlest = "high"',
        '[[channel]]\nkind = "webhook"\nname = "w"\nurl = "https://x"\nsecret = "${env:NOT_SET_ANYWHERE}"',
        '[[channel]]\nkind = "mqtt"\nname = "q"\nhost = "h"\nca = "/nowhere/Canary.pem"',
    ],
)
def test_refuses_a_broken_alerts_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    with pytest.raises(BadInput) as caught:
        load_channels(file)
    assert "Canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("channel.0.mail.sender", 'sender = "Canary\\nBcc: x@y.z"\nto = ["d@e.f"]'),
        ("channel.0.mail.to.1", 'sender = "a@b.c"\nto = ["d@e.f", "Canary\\u2028"]'),
    ],
)
def test_addresses_of_mail_stand_on_one_line(key: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    file.write_text(f'[[channel]]\nkind = "mail"\nname = "m"\nhost = "h"\n{line}\n', encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_channels(file)
    assert str(caught.value).startswith(f"{file} ({key}): control characters and line breaks are not accepted")
    assert "Canary" not in str(caught.value)

"""The review page as HTML: what it shows, what it leaves out, and that no text becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from analyzer.types import Change, Measure, ModelRef, Provenance, Role, RoleClaim, RuleId, RunId, Severity, Tally, TrackId, Votes
from api.routes.pages_account import STATIC_FILES
from api.web.queue import neighbours
from pipelines.evidence.files import pending_row
from pipelines.looks import LookHour
from pipelines.records import EventFilter, Evidence, EvidenceId, EvidenceKind, EvidenceState, Grade, ReviewState, TimeBasis
from tests.api.builders import CORRIDOR, FACILITY, GATE, NOON, RUN, SITE, closing, identifier, many_events, mask_event
from tests.api.conftest import World

PROBES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7*7 }}",
    "</textarea><b>x",
    "javascript:alert(1)",
]


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- queue ---------------------------------------------------------------------------------------


def test_the_queue_starts_with_what_awaits_review(world: World) -> None:
    world.builder.event()
    done = world.builder.event(mask_event("two", 5))
    client = world.client()
    client.post(f"/api/v1/events/{done.id}/reviews", json={"decision": "reject"}, headers={"if-match": '"1"'})
    page = client.get("/queue").text
    assert identifier("one") in page
    assert identifier("two") not in page
    assert "1 chờ xem xét" in page
    everything = client.get("/queue?state=").text
    assert identifier("two") in everything
    assert "bác bỏ (cảnh báo sai)" in everything
    assert "người được cách ly" in everything


def test_the_queue_says_what_its_silence_is_worth(world: World) -> None:
    client = world.client()
    page = client.get("/queue").text
    assert "Khu cách ly KTX B: có quy tắc đang tắt" in page
    assert "Q07: đã tắt: Chưa hiệu chuẩn &lt;camera&gt;, từ 01/08/2021" in page
    assert "Khu cách ly KTX B: có quy tắc chưa chạy được" in page
    assert "G01: " in page
    assert "chế độ chỉ kiểm tra khẩu trang" not in page
    assert "không có nghĩa là tuân thủ" in client.get("/queue?rule=G01").text


def test_a_site_without_zones_judges_masks_only_and_says_so(world: World) -> None:
    head, camera, rest = SITE.partition("[[camera]]")
    bare = head + camera + rest.partition("[[camera.zone]]")[0]
    world.builder.site(document=bare)
    assert "chế độ chỉ kiểm tra khẩu trang" in world.client().get("/queue").text


@pytest.mark.parametrize("path", ["/queue", f"/events/{identifier('one')}"])
@pytest.mark.parametrize(
    ("language", "said", "place", "claimed"),
    [
        ("vi", "Người chưa rõ vai trò không đeo khẩu trang", "toàn khung hình (chưa vẽ khu vực nào)", "Người được cách ly không"),
        (
            "en",
            "Person of unknown role without a mask",
            "anywhere in the picture (no zone is drawn)",
            "Quarantined person outside",
        ),
    ],
)
def test_masks_only_claims_nothing_of_who_and_where(
    world: World, path: str, language: str, said: str, place: str, claimed: str
) -> None:
    world.builder.event(mask_event(zone=None, zone_version=None, role=RoleClaim(Role.UNKNOWN, 0.0, ())))
    client = world.client()
    client.cookies.set("vigil_language", language)
    page = client.get(path).text
    assert said in page
    assert place in page
    assert ('id="mask-only"' in page) is path.startswith("/events")
    shown = re.sub(
        r"<option.*?</option>|<p class=.small faint.>.*?</p>", "", page
    )  # the rule's own name stays in filter and small print
    assert claimed not in shown


def test_without_a_site_file_the_rules_that_were_judged_are_told(world: World) -> None:
    world.builder.site(document="# No site file: masks only.\n")
    world.repository.put_tallies(RUN, [Tally(RuleId(rule), 1, CORRIDOR, Votes(1, 1), 1, 1, 0) for rule in ("Q01", "G01")])
    page = world.client().get("/queue").text
    assert "Quy tắc chưa được đánh giá: Q02" in page
    assert "G01" not in re.findall("Quy tắc chưa được đánh giá: [^<]*", page)[0]


def test_a_filter_replaces_only_the_list(world: World) -> None:
    world.builder.event()
    part = world.client().get("/queue?state=&rule=Q01", headers={"hx-request": "true"}).text
    assert "<html" not in part
    assert identifier("one") in part


def test_going_back_is_answered_with_the_whole_page(world: World) -> None:
    headers = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert "<html" in world.client().get("/queue?state=", headers=headers).text


def test_the_list_goes_on_by_pages(world: World) -> None:
    for event in many_events(30):
        world.builder.event(event)
    client = world.client()
    page = client.get("/queue").text
    assert page.count('class="row"') == 25
    more = re.findall(r'href="(/queue\?[^"]*cursor[^"]*)"', page)[0].replace("&amp;", "&")
    part = client.get(more, headers={"hx-request": "true"}).text
    assert part.count('class="row"') == 5
    assert "cursor" not in part


@pytest.mark.parametrize(
    "query",
    ["state=nonsense", "severity=x", "since=31/02/2021", "role=' OR 1=1", "camera=" + "x" * 500, "until=99999-01-01", "rule=%00"],
)
def test_a_filter_nobody_offered_is_as_good_as_none(world: World, query: str) -> None:
    world.builder.event()
    assert world.client().get(f"/queue?{query}").status_code == 200


@pytest.mark.parametrize(
    ("name", "text", "vi", "en"),
    [
        ("since", "31/02/2021", "“31/02/2021” không phải là một ngày", "“31/02/2021” is not a day"),
        ("until", "hôm <nay>", "“hôm &lt;nay&gt;” không phải là một ngày", "“hôm &lt;nay&gt;” is not a day"),
        ("rule", "ZZ9", "Không có lựa chọn “ZZ9”", "There is no choice “ZZ9”"),
        ("severity", "terrible", "Không có lựa chọn “terrible”", "There is no choice “terrible”"),
    ],
)
def test_a_filter_that_cannot_be_used_is_said_beside_its_field(world: World, name: str, text: str, vi: str, en: str) -> None:
    world.builder.event()
    client = world.client()
    for language, said in (("vi", vi), ("en", en)):
        client.cookies.set("vigil_language", language)
        page = client.get("/queue", params={"state": "", name: text}).text
        assert f'id="fault-{name}" role="alert">{said}' in page
        assert identifier("one") in page  # it filters nothing, in the list as in the form
        assert 'name="since" value="31/02/2021"' in page or name != "since"
        part = client.get("/queue", params={"state": "", name: text}, headers={"hx-request": "true"}).text
        assert f'id="fault-{name}" role="alert" hx-swap-oob="true">{said}' in part
        good = client.get("/queue", params={"state": ""}, headers={"hx-request": "true"}).text
        assert f'id="fault-{name}" role="alert" hx-swap-oob="true"></span>' in good
        assert "ZZ9" not in re.findall(r'href="(/events/[^"]*)"', page)[0]


def test_a_day_may_be_written_as_programs_do(world: World) -> None:
    world.builder.event()
    client = world.client()
    assert identifier("one") in client.get("/queue?state=&since=2021-08-20&until=2021-08-20").text
    later = client.get("/queue?state=&since=2021-08-21").text
    assert identifier("one") not in later
    assert "không phải là một ngày" not in later


def test_a_day_has_the_signs_that_began_on_it(world: World) -> None:
    midnight = datetime(2021, 8, 20, 17, 0, tzinfo=UTC)  # of the 21st there
    world.builder.event(mask_event("late", 2, since=midnight - timedelta(seconds=5), at=midnight + timedelta(seconds=3)))
    client = world.client()
    assert identifier("late") in client.get("/queue?state=&since=20/08/2021&until=20/08/2021").text
    assert identifier("late") not in client.get("/queue?state=&since=21/08/2021").text


def test_days_are_those_of_the_facility(world: World) -> None:
    world.builder.event(
        mask_event("late", 2, since=datetime(2021, 8, 20, 16, 59, tzinfo=UTC), at=datetime(2021, 8, 20, 16, 59, tzinfo=UTC))
    )
    world.builder.event(
        mask_event("early", 2, since=datetime(2021, 8, 20, 17, 0, tzinfo=UTC), at=datetime(2021, 8, 20, 17, 0, tzinfo=UTC))
    )  # 00:00 of the 21st there
    page = world.client().get("/queue?state=&since=21/08/2021&until=21/08/2021").text
    assert identifier("early") in page
    assert identifier("late") not in page


@pytest.mark.parametrize("apart", [0.0, 0.1, 700.0])
def test_neighbours_are_those_of_the_filtered_list(world: World, apart: float) -> None:
    for number in range(5):
        world.builder.event(mask_event(f"n{number}", minute=1 + number * apart, camera=GATE if number == 3 else CORRIDOR))
    wanted = EventFilter(cameras=(CORRIDOR,))
    listed = world.repository.events(wanted, None, 50).events
    for place, event in enumerate(listed):
        newer, older = neighbours(world.repository, event, wanted)
        assert newer == (listed[place - 1] if place else None)
        assert older == (listed[place + 1] if place + 1 < len(listed) else None)


# --- one event -----------------------------------------------------------------------------------


def test_an_event_says_why_and_that_it_is_only_a_sign(world: World) -> None:
    world.builder.event(closing(mask_event()))
    page = world.client().get(f"/events/{world.known_event}").text
    words = _text(page)
    for said in (
        "Dấu hiệu vi phạm",
        "Người được cách ly không đeo khẩu trang khi ra khỏi phòng",
        "Người được cách ly, Hành lang, 9 giây, không đeo khẩu trang; 15/21 thời điểm đánh giá được, 14 có dấu hiệu vi phạm",
        "Kéo dài 8,8 giây 3 giây",
        "Xác suất nhận dạng 93,4% 70,0%",
        "Tỷ lệ đánh giá được: 71,4%",
        "quay lưng/cúi mặt 4",
        "(xác suất 91,0%)",
        "nơi xuất hiện (cửa phòng), trang phục (theo quần áo)",
        "Hành lang tầng 2",
        "20/08/2021 12:02:00",
        "person-detector",
        "a" * 64,
        "c" * 64,
    ):
        assert said in words, said
    assert "vi phạm đã xác nhận" not in words.replace("Vi phạm đã xác nhận", "")
    assert world.file_of("clip").sha256 in page  # type: ignore[operator]


def test_people_are_counted_and_doors_are_only_named(world: World) -> None:
    told = (Measure("people", 1.0, "", 2.0), Measure("door:201", 1.0, ""))
    event = world.builder.event(mask_event("doors", measures=told))
    words = _text(world.client().get(f"/events/{event.id}").text)
    assert "Số người 1 2" in words
    assert "Cửa phòng: 201 không có ngưỡng" in words


def test_an_event_in_english(world: World) -> None:
    client = world.client()
    assert client.get("/preferences?language=en&back=/queue").headers["location"] == "/queue"
    client.cookies.set("vigil_language", "en")
    page = client.get(f"/events/{world.known_event}").text
    assert '<html lang="en"' in page
    assert "Quarantined person outside the room without a mask" in page
    assert "93.4%" in page
    assert "dấu hiệu" not in page


def test_only_a_decision_makes_it_a_violation(world: World) -> None:
    client = world.client()
    path = f"/events/{world.known_event}"
    client.post(f"/api/v1{path}/reviews", json={"decision": "confirm", "comment": "Rõ"}, headers={"if-match": '"1"'})
    words = _text(client.get(path).text)
    assert "Vi phạm đã xác nhận" in words
    assert "Thấy rõ trong đoạn video" in words
    assert "inspector, 20/08/2021 16:00:00" in words


def test_an_event_without_a_clip_says_so(world: World) -> None:
    event = world.builder.event(mask_event("bare"))
    page = world.client().get(f"/events/{event.id}").text
    assert "Không có đoạn video" in page
    assert "<video" not in page


@pytest.mark.parametrize(
    ("language", "clip", "frame"),
    [
        ("vi", "Không tạo được đoạn video: đĩa không ghi được (File too large)", "không có hình ở thời điểm này (1:30)"),
        ("en", "The clip could not be made: the disk refused (File too large)", "there is no picture at this instant (1:30)"),
    ],
)
def test_what_could_not_be_kept_says_why_in_words(world: World, language: str, clip: str, frame: str) -> None:
    event = world.builder.event()
    said = {EvidenceKind.CLIP: "disk_refused: File too large", EvidenceKind.KEY_FRAME: "no_picture: 1:30"}
    world.repository.put_evidence(
        [replace(pending_row(event, kind), state=EvidenceState.FAILED, reason=why) for kind, why in said.items()]
    )
    client = world.client()
    client.cookies.set("vigil_language", language)
    page = client.get(f"/events/{event.id}").text
    assert clip in page
    assert frame in page


def test_a_viewer_sees_no_picture_and_no_button(world: World) -> None:
    path = f"/events/{world.known_event}"
    page = world.client(Grade.VIEWER).get(path).text
    assert "<video" not in page
    assert "<img" not in page
    assert 'value="confirm"' not in page
    assert "không được xem hình ảnh" in page
    assert world.file_of("clip").sha256 in page  # type: ignore[operator]
    assert "/api/v1/evidence/" not in page  # a link would only be refused
    assert "/api/v1/evidence/" in world.client().get(path).text
    assert "<img" not in world.client(Grade.VIEWER).get("/queue").text
    assert "<img" in world.client().get("/queue").text


@pytest.mark.parametrize(
    ("clip", "picture", "said"),
    [
        (None, None, "Chưa có ảnh"),
        (EvidenceState.PENDING, EvidenceState.PENDING, "Chưa có ảnh"),
        (EvidenceState.READY, EvidenceState.PENDING, "Chưa có ảnh"),
        (EvidenceState.READY, EvidenceState.FAILED, "Không tạo được ảnh"),
        (EvidenceState.FAILED, None, "Không tạo được ảnh"),
        (EvidenceState.LOST, EvidenceState.LOST, "Không tạo được ảnh"),
    ],
)
def test_the_queue_says_whether_a_picture_is_still_to_come(
    world: World, clip: EvidenceState | None, picture: EvidenceState | None, said: str
) -> None:
    event = world.builder.event()
    rows = [
        Evidence(EvidenceId(f"{kind}-0"), event.id, kind, state, f"{event.id}/{kind}", "x/y")
        for kind, state in ((EvidenceKind.CLIP, clip), (EvidenceKind.KEY_FRAME, picture))
        if state is not None
    ]
    world.repository.put_evidence(rows)
    assert re.findall(r'<div class="thumb">([^<]*)</div>', world.client().get("/queue").text) == [said]
    hidden = world.client(Grade.VIEWER).get("/queue").text
    assert re.findall(r'<div class="thumb">([^<]*)</div>', hidden) == ["Không được xem ảnh"]


def test_a_recording_of_unknown_time_has_no_date(world: World) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    world.builder.run(TimeBasis.UNKNOWN, epoch).coverage(epoch)
    event = mask_event("undated", since=epoch + timedelta(minutes=2), at=epoch + timedelta(minutes=2, seconds=3))
    world.builder.event(event, TimeBasis.UNKNOWN)
    page = world.client().get(f"/events/{event.id}").text
    assert "Không rõ giờ thực" in page
    assert "01/01/1970" not in page
    assert "+2:00" in page
    coverage = world.client().get(f"/coverage?camera={CORRIDOR}").text
    assert "Bản ghi không rõ giờ thực" in coverage


def test_a_lost_sign_is_not_called_ended(world: World) -> None:
    event = mask_event("lost")
    world.builder.event(event)
    world.builder.event(replace(event, change=Change.LOST, at=event.at + timedelta(seconds=5)))
    assert "ra khỏi tầm nhìn, không rõ kết thúc" in world.client().get(f"/events/{event.id}").text


# --- deciding on the page ------------------------------------------------------------------------


def test_a_decision_from_the_page_gives_the_panel_back(world: World) -> None:
    client = world.client()
    path = f"/events/{world.known_event}/decision"
    form = {"decision": "reject", "version": "1", "reason_code": "wrong_state", "comment": "Có khẩu trang"}
    answer = client.post(path, data=form, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert 'data-decided="reject"' in answer.text
    assert 'name="version" value="2"' in answer.text
    assert "<html" not in answer.text
    review = world.repository.reviews(world.repository.event(world.known_event).id)[0]  # type: ignore[arg-type]
    assert (review.decision, review.reason_code, review.comment) == ("reject", "wrong_state", "Có khẩu trang")


def test_a_decision_without_a_script_goes_back_to_the_event(world: World) -> None:
    client = world.client()
    token = client.headers.pop("x-csrf-token")
    form = {"decision": "confirm", "version": "1", "csrf_token": token, "comment": ""}
    answer = client.post(f"/events/{world.known_event}/decision", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/events/{world.known_event}?state=awaiting"
    listed = "state=&severity=high"
    answer = client.post(f"/events/{world.known_event}/decision?{listed}", data=form | {"version": "2"})
    assert answer.headers["location"] == f"/events/{world.known_event}?{listed}"
    assert (
        f'action="/events/{world.known_event}/decision?state=&amp;severity=high"' in client.get(answer.headers["location"]).text
    )


def test_a_conflict_on_the_page_shows_the_other_decision(world: World) -> None:
    path = f"/events/{world.known_event}/decision"
    world.client(Grade.ADMIN).post(path, data={"decision": "confirm", "version": "1"}, headers={"hx-request": "true"})
    answer = world.client().post(path, data={"decision": "reject", "version": "1"}, headers={"hx-request": "true"})
    assert answer.status_code == 412
    assert "Người khác vừa quyết định" in answer.text
    assert "admin, " in answer.text
    assert 'name="version" value="2"' in answer.text
    assert "data-decided" not in answer.text
    assert world.repository.event(world.known_event).review_state is ReviewState.CONFIRMED  # type: ignore[arg-type]


@pytest.mark.parametrize("script", [True, False], ids=["part", "page"])
def test_a_conflict_keeps_what_was_written(world: World, script: bool) -> None:
    path = f"/events/{world.known_event}/decision?state=&rule=Q01"
    world.client(Grade.ADMIN).post(path, data={"decision": "confirm", "version": "1"})
    form = {"decision": "reject", "version": "1", "reason_code": "wrong_state", "comment": "Có <khẩu trang>"}
    answer = world.client().post(path, data=form, headers={"hx-request": "true"} if script else {"accept": "text/html"})
    assert answer.status_code == 412
    assert ("<html" in answer.text) is not script
    assert "Người khác vừa quyết định" in answer.text
    assert re.search(r'value="wrong_state" checked', answer.text)
    assert answer.text.count(" checked") == 1
    assert "Có &lt;khẩu trang&gt;</textarea>" in answer.text
    assert 'name="version" value="2"' in answer.text
    assert "Vi phạm đã xác nhận" in answer.text


def test_a_page_that_answers_a_decision_leads_back_to_its_event(world: World) -> None:
    path = f"/events/{world.known_event}/decision?state=&rule=Q01"
    client = world.client()
    client.post(path, data={"decision": "confirm", "version": "1"})
    page = client.post(path, data={"decision": "reject", "version": "1"}).text
    ways = {unquote(way) for way in re.findall(r'/preferences\?[^"]*back=([^"]*)"', page)}
    assert ways == {f"/events/{world.known_event}?state=&rule=Q01"}


# --- coverage ------------------------------------------------------------------------------------


def test_coverage_shows_the_latest_day_of_the_latest_camera(world: World) -> None:
    page = world.client().get("/coverage").text
    words = _text(page)
    assert 'value="20/08/2021"' in page
    assert "bản ghi bị hụt" in words
    assert "8 phút" in words
    assert "Không có ghi nhận 15 giờ 50 phút" in words  # it is four in the afternoon: what has not been yet is no gap
    assert "Quan sát 8 phút trên 16 giờ" in words
    assert "16:00:00 – 00:00:00: chưa đến" in words
    assert 'fill="url(#hatch)"' in page


def test_coverage_says_what_the_gates_missed(world: World) -> None:
    hour = NOON.replace(minute=0, second=0, microsecond=0)
    world.repository.put_looks([LookHour(CORRIDOR, hour, 900, 2, 7.5, 1000, 18_000.0, RUN)])
    words = _text(world.client().get("/coverage").text)
    assert "vẫn xem thử 900 hình; 2 lần trong số đó (0,2%) thấy có người" in words
    assert "nhiều nhất 8 người-giây" in words
    assert "Đã xem 1.000 hình; theo nhịp yêu cầu là 18.000 hình." in words


def test_coverage_says_when_the_gates_left_nothing_out(world: World) -> None:
    assert "Kiểm tra bộ lọc hoạt động" not in world.client().get("/coverage").text
    world.repository.put_looks([LookHour(CORRIDOR, NOON, 0, 0, 0.0, 1000, 1000.0, RUN)])
    assert "bộ lọc không bỏ qua hình nào" in _text(world.client().get("/coverage").text)


def test_coverage_of_a_camera_without_a_record(world: World) -> None:
    words = _text(world.client().get(f"/coverage?camera={GATE}&day=20/08/2021").text)
    assert "Không có ghi nhận 16 giờ" in words
    before = _text(world.client().get(f"/coverage?camera={GATE}&day=19/08/2021").text)
    assert "Không có ghi nhận 24 giờ" in before


def test_what_is_only_to_be_looked_at_is_not_called_a_violation(world: World) -> None:
    hint = mask_event("hint", minute=4, severity=Severity.ASSIST)
    world.repository.put_events([hint], facility=FACILITY, time_basis=TimeBasis.ARGUMENT, at=NOON)
    page = _text(world.client().get(f"/events/{hint.id}").text)
    assert "Gợi ý xem lại" in page
    assert "không tính là vi phạm" in page
    assert "Dấu hiệu vi phạm ·" not in page


def test_key_frames_say_which_instant_they_show(world: World) -> None:
    page = _text(world.client().get(f"/events/{world.known_event}").text)
    assert re.search(r"lúc báo · \S+ rõ nhất · \S+ lần cuối thấy · \S+", page)
    english = world.client()
    english.cookies.set("vigil_language", "en")
    assert 'alt="Key frame: clearest"' in english.get(f"/events/{world.known_event}").text


def test_a_run_over_midnight_is_listed_on_both_days(world: World) -> None:
    run = world.repository.run(RUN)
    world.repository.put_run(replace(run, id=RunId("2" * 32), first_at=NOON + timedelta(hours=11), observed=timedelta(hours=3)))
    page = world.client().get("/coverage").text
    assert "21/08/2021" in page
    assert "20/08/2021" in page


def test_coverage_counts_every_sign_of_a_day(world: World) -> None:
    """More than one page of them; one that began the evening before, and one told of after midnight."""
    midday = 12 * 60  # minutes from either midnight of the facility's clock
    events = [mask_event(f"sign-{k}", minute=3 * k - midday) for k in range(240)]
    evening = mask_event("evening", minute=-midday - 5)
    late = mask_event("late", minute=midday - 0.03)
    before = mask_event("before", minute=-midday - 30)
    messages = [*events, evening, closing(evening, timedelta(minutes=10)), late, before, closing(before)]
    world.repository.put_events(messages, facility=FACILITY, time_basis=TimeBasis.ARGUMENT, at=NOON)
    words = _text(world.client().get("/coverage?day=20/08/2021").text)
    assert f"{240 + 2} sự kiện" in words


@pytest.mark.parametrize(
    "query",
    ["camera=none", "camera=a%00b", "day=nonsense", "day=31/02/2021", "camera=%3Cscript%3E", "day=01/01/0001", "day=31/12/9999"],
)
def test_coverage_says_what_it_shows_instead(world: World, query: str) -> None:
    client = world.client()
    for language, said in (("vi", "Bên dưới là "), ("en", "Below is ")):
        client.cookies.set("vigil_language", language)
        assert said in _text(client.get(f"/coverage?{query}").text)
        assert said not in _text(client.get(f"/coverage?camera={CORRIDOR}&day=20/08/2021").text)


def test_a_camera_in_force_no_more_keeps_its_coverage_and_its_signs(world: World) -> None:
    world.builder.event()
    facility = world.repository.facility(FACILITY)
    gate = [camera for camera in world.repository.cameras() if camera.id == GATE]
    world.repository.put_site(facility, gate, [], SITE, world.clock.now())
    client = world.client()
    page = client.get(f"/coverage?camera={CORRIDOR}&day=20/08/2021").text
    assert f'<option value="{CORRIDOR}" selected>' in page
    assert "Bên dưới là" not in page
    page = client.get(f"/queue?state=&camera={CORRIDOR}").text
    assert identifier("one") in page
    assert f'<option value="{CORRIDOR}" selected>' in page


# --- no text becomes markup ----------------------------------------------------------------------


@pytest.mark.parametrize("probe", PROBES)
def test_no_text_becomes_markup(world: World, probe: str) -> None:
    world.builder.site(corridor_name=probe)
    provenance = Provenance(RUN, probe, probe, probe, probe, (ModelRef(probe, probe),))
    event = world.builder.event(
        mask_event(
            "probe",
            rule=RuleId(probe[:32]),
            severity=Severity.LOW,
            role=RoleClaim(Role.UNKNOWN, 0.4, (probe,)),
            measures=(Measure(probe, 1.0, probe, None),),
            provenance=provenance,
            tracks=(TrackId(1),),
        )
    )
    client = world.client()
    client.post(f"/api/v1/events/{event.id}/reviews", json={"decision": "confirm", "comment": probe}, headers={"if-match": '"1"'})
    pages = [f"/events/{event.id}", "/queue?state=", "/coverage", f"/queue?state=&camera={probe}", f"/coverage?camera={probe}"]
    pages += [f"/login?back={probe}", f"/events/{probe}"]
    for path in pages:
        html = client.get(path, headers={"accept": "text/html"}).text
        for raw in ("<script>alert", "<img src=x", "<b>x", "'-alert(1)-'", ">49<"):
            assert raw not in html, path
        assert not re.search(r'href="javascript:', html)


def test_pages_hold_no_inline_script_or_style(world: World) -> None:
    client = world.client()
    for path in ("/login", "/queue", f"/events/{world.known_event}", "/coverage"):
        html = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", html), path


def test_static_files_are_exactly_those_of_the_table(world: World) -> None:
    client = world.client(None)
    for name, media_type in STATIC_FILES.items():
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == media_type
    assert client.get("/static/nothing.js").status_code == 404
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_preferences_keep_to_what_is_known(world: World) -> None:
    client = world.client(None)
    answer = client.get("/preferences?theme=dark&language=en&back=/login")
    assert {"vigil_theme=dark", "vigil_language=en"} <= {c.split(";")[0] for c in answer.headers.get_list("set-cookie")}
    assert client.get("/preferences?theme=evil&language=xx").headers.get_list("set-cookie") == []
    assert NOON  # the builders' day

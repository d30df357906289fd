"""Cameras through the API and the page: wishes are stored, versions respected, secrets never come back."""

from __future__ import annotations

import re
import stat
from datetime import timedelta

import pytest

from analyzer.types import FacilityId
from api.schemas import CameraIn
from api.wording.texts import texts
from pipelines.records import FacilityRecord, GapReason, Grade
from pipelines.sources.lifecycle import State
from pipelines.wanted import CameraReport, wished_address
from tests.api.builders import CORRIDOR, FACILITY
from tests.api.conftest import World

CANARY = "s3cr3t-Canary"
GATE = {"id": "cong-sau", "facility": FACILITY, "name": "Cổng sau", "source": "rtsp://viewer@10.0.0.21/102"}


def _put(world: World, **changes: object) -> dict[str, object]:
    answer = world.client(Grade.ADMIN).post("/api/v1/cameras", json=GATE | changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    return answer.json()


def _patch(world: World, camera: str, version: int, **changes: object) -> tuple[int, dict]:  # type: ignore[type-arg]
    answer = world.client(Grade.ADMIN).patch(f"/api/v1/cameras/{camera}", json=changes, headers={"if-match": f'"{version}"'})
    return answer.status_code, answer.json()


def test_added_changed_stopped_and_taken_back(world: World) -> None:
    added = _put(world, rate=2.5)
    assert (added["running"], added["added_here"], added["rate"], added["state"]) == (True, True, 2.5, "unknown")
    status, changed = _patch(world, "cong-sau", 1, name="Cổng sau 2", source="rtsp://10.0.0.22/102")
    assert (status, changed["name"], changed["source"], changed["rate"]) == (200, "Cổng sau 2", "rtsp://10.0.0.22/102", 2.5)
    status, stopped = _patch(world, "cong-sau", 2, running=False, rate=None)
    assert (status, stopped["state"], stopped["rate"], stopped["changed_by"]) == (200, "stopped", None, "admin")
    client = world.client(Grade.ADMIN)
    assert client.delete("/api/v1/cameras/cong-sau", headers={"if-match": '"3"'}).status_code == 204
    assert "cong-sau" not in {camera["id"] for camera in client.get("/api/v1/cameras").json()}
    acts = [(row.action, row.subject) for row in world.repository.audit_rows()]
    assert acts == [
        ("camera.add", "cong-sau"),
        ("camera.change", "cong-sau"),
        ("camera.stop", "cong-sau"),
        ("camera.withdraw", "cong-sau"),
    ]
    assert _patch(world, "cong-sau", 0, running=True)[0] == 404


def test_a_camera_of_the_site_file_can_be_stopped_and_goes_on_when_that_is_taken_back(world: World) -> None:
    status, stopped = _patch(world, CORRIDOR, 0, running=False)
    assert (status, stopped["running"], stopped["added_here"], stopped["version"]) == (200, False, False, 1)
    assert world.client(Grade.ADMIN).delete(f"/api/v1/cameras/{CORRIDOR}", headers={"if-match": '"1"'}).status_code == 204
    again = world.client().get(f"/api/v1/cameras/{CORRIDOR}").json()
    assert (again["running"], again["version"]) == (True, 0)


def test_nobody_overwrites_what_he_has_not_seen(world: World) -> None:
    _put(world)
    assert _patch(world, "cong-sau", 1, running=False)[0] == 200
    status, problem = _patch(world, "cong-sau", 1, name="X")
    assert (status, problem["type"]) == (412, "urn:vigil:problem:version-conflict")
    assert world.client(Grade.ADMIN).patch("/api/v1/cameras/cong-sau", json={"name": "X"}).status_code == 428


@pytest.mark.parametrize(
    "given",
    [
        {"source": f"rtsp://viewer:{CANARY}@10.0.0.21/102"},
        {"source": f"rtsp://viewer:{CANARY}%40home@10.0.0.21/102", "evidence_source": f"rtsp://viewer:{CANARY}@b@10.0.0.21/101"},
        {"password": CANARY, "evidence_source": "rtsp://viewer@10.0.0.21/101"},
    ],
)
def test_a_password_goes_into_a_file_and_never_comes_back(world: World, given: dict[str, str]) -> None:
    _put(world, **given)
    client = world.client(Grade.ADMIN)
    shown = client.get("/api/v1/cameras").text + client.get("/api/v1/cameras/cong-sau").text + client.get("/cameras").text
    assert CANARY not in shown
    assert "10.0.0.21" in shown
    assert CANARY not in str(world.repository.audit_rows()) + str(world.repository.wishes())
    assert CANARY.encode() not in world.builder.database.path.read_bytes()  # type: ignore[union-attr]
    folder = world.app.state.service.secrets
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    (wish,) = world.repository.wishes()
    for text in filter(None, (wish.source, wish.evidence)):
        address = wished_address(text, "x", folder)
        assert address.user == "viewer"
        assert CANARY in (address.password or "")
    assert _patch(world, "cong-sau", 1, password="another one")[0] == 200
    kept = {file.read_text() for file in folder.iterdir()}
    assert kept == {"another one"}
    assert client.delete("/api/v1/cameras/cong-sau", headers={"if-match": '"2"'}).status_code == 204
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"source": "file:/etc/passwd"}, "body.source"),
        ({"source": "exec:reboot"}, "body.source"),
        ({"source": "rtsp://v:${file:/etc/passwd}@10.0.0.1/"}, "body.source"),
        ({"source": "rtsp://v:${file:../vigil.db}@10.0.0.1/"}, "body.source"),
        ({"source": "rtsp://v:${env:HOME}@10.0.0.1/"}, "body.source"),
        ({"source": f"http://10.0.0.1/v?pwd={CANARY}"}, "body.source"),
        ({"source": f"rtsp://10.0.0.1/user=admin_password={CANARY}_channel=1_stream=0.sdp"}, "body.source"),
        ({"source": f"rtsp://10.0.0.1/user=admin&password={CANARY}&channel=1"}, "body.source"),
        ({"evidence_source": f"rtsp://:{CANARY}@10.0.0.1/"}, "body.evidence_source"),
        ({"source": f"rtsp://v:{CANARY}@10.0.0.1/", "password": CANARY}, "body.source"),
        ({"source": "rtsp://10.0.0.1/", "password": CANARY}, "body.password"),
        ({"id": "../x"}, "body.id"),
        ({"id": CORRIDOR}, "body.id"),
        ({"rate": 0}, "body.rate"),
    ],
)
def test_refuses_what_cannot_be_used(world: World, given: dict[str, object], place: str) -> None:
    answer = world.client(Grade.ADMIN).post("/api/v1/cameras", json=GATE | given)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == place
    assert CANARY not in answer.text
    assert world.repository.wishes() == ()
    folder = world.app.state.service.secrets
    assert not folder.exists() or list(folder.iterdir()) == []


def test_an_unknown_facility_is_not_found(world: World) -> None:
    assert world.client(Grade.ADMIN).post("/api/v1/cameras", json=GATE | {"facility": "elsewhere"}).status_code == 404


def test_what_is_refused_leaves_no_password_behind(world: World) -> None:
    folder, client = world.app.state.service.secrets, world.client(Grade.ADMIN)
    secret = {"source": f"rtsp://viewer:{CANARY}@10.0.0.21/102"}
    assert client.post("/api/v1/cameras", json=GATE | secret | {"facility": "elsewhere"}).status_code == 404
    assert client.post("/api/v1/cameras", json=GATE | secret | {"evidence_source": "exec:reboot"}).status_code == 422
    assert not folder.exists() or list(folder.iterdir()) == []
    _put(world, source="rtsp://viewer:first@10.0.0.21/102")
    assert _patch(world, "cong-sau", 7, **secret)[0] == 412
    assert _patch(world, "cong-sau", 1, **secret, evidence_source="exec:reboot")[0] == 422
    assert [file.read_text() for file in folder.iterdir()] == ["first"]


def test_an_old_report_says_nothing_about_now(world: World) -> None:
    report = CameraReport(
        CORRIDOR, world.clock.now(), State.STALE, GapReason.STALLED, State.LIVE, "h264", 640, 360, "nothing came"
    )
    world.repository.put_reports([report])
    client = world.client()
    now = client.get(f"/api/v1/cameras/{CORRIDOR}").json()
    assert (now["state"], now["report"]["reason"], now["report"]["width"], now["report"]["fresh"]) == (
        "stale",
        "stalled",
        640,
        True,
    )
    world.clock.forward(seconds=timedelta(seconds=31).total_seconds())
    later = client.get(f"/api/v1/cameras/{CORRIDOR}").json()
    assert (later["state"], later["report"]["fresh"]) == ("unknown", False)
    assert "không biết trạng thái" in client.get("/cameras").text


@pytest.mark.parametrize(
    ("language", "text", "words", "detail"),
    [
        ("vi", "refused: [Errno 111] Connection refused", "không nhận kết nối", "[Errno 111] Connection refused"),
        ("en", "refused: [Errno 111] Connection refused", "accepts no connection", "[Errno 111] Connection refused"),
        ("vi", "variable_unset: VIGIL_CAMERA_X", "biến môi trường VIGIL_CAMERA_X chưa được đặt", None),
        ("vi", "Unheard of", "lỗi chưa rõ nguyên nhân", "Unheard of"),
    ],
)
def test_a_camera_that_is_not_live_says_why_in_words(
    world: World, language: str, text: str, words: str, detail: str | None
) -> None:
    world.repository.put_reports([CameraReport(CORRIDOR, world.clock.now(), State.DOWN, GapReason.UNREACHABLE, text=text)])
    client = world.client()
    client.cookies.set("vigil_language", language)
    said = re.findall(r'<span class="small( faint)?">([^<]*)</span>', client.get("/cameras").text)
    assert [shown for faint, shown in said if words in shown and not faint]
    assert (detail in [shown for faint, shown in said if faint]) is (detail is not None)


def test_a_live_camera_tells_of_things_that_pass_for_people(world: World) -> None:
    world.repository.put_reports([CameraReport(CORRIDOR, world.clock.now(), State.LIVE, text="things: 2")])
    client = world.client()
    assert "có 2 vật trông giống người" in client.get("/cameras").text
    client.cookies.set("vigil_language", "en")
    assert "2 thing(s) that look like people" in client.get("/cameras").text


def test_the_page_does_the_same(world: World) -> None:
    client = world.client(Grade.ADMIN)
    token = client.headers["x-csrf-token"]

    def send(deed: str, **fields: str) -> int:
        return client.post(f"/cameras/{deed}", data={"csrf_token": token} | fields, headers={"accept": "text/html"}).status_code

    assert send("add", **(GATE | {"rate": "2,5", "password": CANARY})) == 303
    page = client.get("/cameras").text
    assert "Cổng sau" in page
    assert re.search(r'name="rate"[^>]*value="2,5"', page)
    assert send("cong-sau/change", version="1", name="Cổng phụ") == 303
    assert send("cong-sau/running", version="2", running="false") == 303
    assert world.repository.wishes()[0].running is False
    assert world.repository.wishes()[0].name == "Cổng phụ"
    assert send("cong-sau/running", version="2", running="true") == 412
    assert send("add", **(GATE | {"id": "b", "source": "file:/x"})) == 422
    assert send("add", **(GATE | {"id": "b", "rate": "schnell"})) == 422
    assert send("cong-sau/withdraw", version="3") == 303
    assert world.repository.wishes() == ()


def _sent(world: World, deed: str, **fields: str) -> tuple[int, str]:
    client = world.client(Grade.ADMIN)
    answer = client.post(f"/cameras/{deed}", data=fields, headers={"accept": "text/html"})
    return answer.status_code, answer.text


def _form(page: str, action: str) -> str:
    """The form, with what stands right before it."""
    before, after = re.split(rf'<form action="/cameras/{re.escape(action)}"', page)
    return before[-80:] + after.partition("</form>")[0]


def test_a_refused_change_keeps_what_was_written(world: World) -> None:
    _put(world)
    written = {"name": "Cổng <phụ>", "source": f"rtsp://viewer:{CANARY}@10.0.0.22/102", "rate": "schnell", "version": "1"}
    status, page = _sent(world, "cong-sau/change", **written)
    assert status == 422
    assert CANARY not in page
    form = _form(page, "cong-sau/change")
    assert "<details open>" in form
    for value in ("Cổng &lt;phụ&gt;", "rtsp://viewer@10.0.0.22/102", "schnell"):
        assert f'value="{value}"' in form
    assert page.count("<details open>") == 1
    assert "schnell" not in _form(page, "add")
    _patch(world, "cong-sau", 1, running=False)
    status, page = _sent(world, "cong-sau/change", **written | {"rate": "2,5"})
    assert status == 412
    form = _form(page, "cong-sau/change")
    assert "<details open>" in form
    assert 'value="2,5"' in form
    assert 'name="version" value="2"' in form


def test_a_refused_camera_keeps_its_facility_and_the_page_its_address(world: World) -> None:
    other = FacilityRecord(FacilityId("ktx-z"), "Khu cách ly KTX Z", "civil", "Asia/Ho_Chi_Minh", "e" * 64)
    world.repository.put_site(other, [], [], "", world.clock.now())
    status, page = _sent(world, "add", **(GATE | {"facility": other.id, "source": "file:/x"}))
    assert status == 422
    assert re.findall(r'<option value="([^"]*)" selected', _form(page, "add")) == [other.id]
    assert set(re.findall(r'/preferences\?[^"]*back=([^"]*)"', page)) == {"/cameras"}


def test_an_emptied_field_is_as_the_site_file_says(world: World) -> None:
    _put(world, rate=2.5, evidence_source="rtsp://viewer@10.0.0.21/101")
    kept = {"name": "Cổng sau", "version": "1"}
    assert _sent(world, "cong-sau/change", **kept, rate="2,75")[0] == 303
    assert (wish := world.repository.wishes()[0]).rate == 2.75
    assert wish.evidence == "rtsp://viewer@10.0.0.21/101"
    assert _sent(world, "cong-sau/change", **kept | {"version": "2"}, rate="", no_evidence="true")[0] == 303
    assert (wish := world.repository.wishes()[0]).rate is None
    assert wish.evidence == ""
    assert _sent(world, "cong-sau/change", name="", version="3")[0] == 422  # nobody else names it
    assert _sent(world, f"{CORRIDOR}/change", name="Hành lang cũ", version="0")[0] == 303
    assert _sent(world, f"{CORRIDOR}/change", name="", version="1")[0] == 303
    wish = next(wish for wish in world.repository.wishes() if wish.camera == CORRIDOR)
    assert (wish.name, wish.version) == ("", 2)


@pytest.mark.parametrize(("language", "written"), [("vi", "12,345"), ("en", "12.345")])
def test_a_rate_is_shown_as_it_can_be_sent_back(world: World, language: str, written: str) -> None:
    _put(world, rate=12.345)
    client = world.client(Grade.ADMIN)
    client.cookies.set("vigil_language", language)
    assert f'value="{written}"' in _form(client.get("/cameras").text, "cong-sau/change")


_ILL = (
    "",
    " ",
    "x" * 3000,
    "../x",
    "schnell",
    "nan",
    "-1",
    "1000",
    "a\x07b",
    CORRIDOR,
    "exec:reboot",
    "rtsp://",
    "usb:x",
    "http://h:x/",
)
_IN_OTHER_WORDS = {
    "vi": re.compile("[A-Za-z]+ should |Value error|is taken|the address|begin it|body\\."),
    "en": re.compile("should be|Value error|body\\.|[ạảãđêôơưĐ]"),
}


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("field", [name for name in CameraIn.model_fields if name not in {"running", "facility"}])
def test_the_form_is_refused_in_the_language_of_the_reader(world: World, field: str, language: str) -> None:
    client = world.client(Grade.ADMIN)
    client.cookies.set("vigil_language", language)
    token, refused = client.headers["x-csrf-token"], 0
    for value in _ILL:
        form = {"csrf_token": token} | GATE | {"id": f"new-{refused}", field: value}
        answer = client.post("/cameras/add", data=form, headers={"accept": "text/html"})
        if answer.status_code != 422:
            assert answer.status_code == 303
            client.post(f"/cameras/{form['id']}/withdraw", data={"csrf_token": token, "version": "1"})
            continue
        refused += 1
        note = re.findall(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)[0]
        assert not _IN_OTHER_WORDS[language].search(note), (value, note)
        assert texts(language)("fault.unacceptable") not in note, (value, note)  # type: ignore[arg-type]
    assert refused


def test_the_form_names_only_the_schemes_that_it_takes(world: World) -> None:
    client = world.client(Grade.ADMIN)
    for source in ("file:/x", "folder:/x", "10.0.0.21"):
        form = {"csrf_token": client.headers["x-csrf-token"]} | GATE | {"source": source}
        page = client.post("/cameras/add", data=form, headers={"accept": "text/html"}).text
        assert "phải bắt đầu bằng một trong: rtsp, rtsps, http, https, usb, synthetic," in page


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", ("Cơ sở: không có nữa", "Camera: không có nữa")), ("en", ("Facility: is not there", "Camera: is not there"))],
)
def test_what_is_gone_since_the_page_was_read_is_said_on_it(world: World, language: str, said: tuple[str, str]) -> None:
    client = world.client(Grade.ADMIN)
    client.cookies.set("vigil_language", language)
    form = {"id": "cong-sau", "facility": "nowhere", "name": "Cổng sau", "source": "rtsp://10.0.0.21/102"}
    answer = client.post("/cameras/add", data=form)
    assert answer.status_code == 404
    assert said[0] in answer.text
    assert 'value="rtsp://10.0.0.21/102"' in answer.text
    for path in ("change", "running", "withdraw"):
        answer = client.post(f"/cameras/no-such-camera/{path}", data={"running": "true", "name": "x"})
        assert answer.status_code == 404
        assert said[1] in answer.text


def test_who_may_only_look_sees_no_form(world: World) -> None:
    page = world.client(Grade.INSPECTOR).get("/cameras").text
    assert "/cameras/add" not in page
    assert "chỉ xem" in page


def test_a_camera_that_shows_nothing_is_not_counted_as_watched(world: World) -> None:
    def told(reason: GapReason | None) -> str:
        world.repository.put_reports([CameraReport(CORRIDOR, world.clock.now(), State.LIVE, reason)])
        return " ".join(re.sub("<[^>]+>", " ", world.client().get("/cameras").text).split())

    assert "1 trên 2 camera đang được quan sát" in told(None)
    assert "1 trên 2 camera đang được quan sát" in told(GapReason.TOO_DARK)
    black = told(GapReason.BLACK)
    assert "0 trên 2 camera đang được quan sát" in black
    assert "Có kết nối, không quan sát được" in black

"""The words of the interface for the codes of the vocabulary, Vietnamese first (glossary of the project)."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.entry import Nature, Text
from analyzer.site import Activity, Side
from analyzer.supply import Supply
from analyzer.types import Item, MaskState, Need, Presence, Reason, Role, Severity, ZoneKind

ROLES: Mapping[Role, Text] = {
    Role.QUARANTINED: Text("người được cách ly", "quarantined person"),
    Role.RECEPTION: Text("lễ tân", "reception staff"),
    Role.ROOM_SERVICE: Text("người phục vụ buồng phòng", "room service staff"),
    Role.MEDICAL: Text("nhân viên y tế", "medical staff"),
    Role.GUARD: Text("bảo vệ", "guard"),
    Role.CLEANER: Text("nhân viên vệ sinh", "cleaner"),
    Role.KITCHEN: Text("nhân viên nhà bếp", "kitchen staff"),
    Role.DRIVER: Text("lái xe", "driver"),
    Role.OTHER_STAFF: Text("nhân viên khác", "other staff"),
    Role.STAFF: Text("người phục vụ (chưa rõ nhiệm vụ)", "staff member (duty not known)"),
    Role.OUTSIDER: Text("người ngoài", "outsider"),
    Role.VEHICLE: Text("phương tiện", "vehicle"),
    Role.FACILITY: Text("cơ sở", "facility"),
    Role.UNKNOWN: Text("người chưa rõ vai trò", "person of unknown role"),
}

ANYWHERE = Text("toàn khung hình (chưa vẽ khu vực nào)", "anywhere in the picture (no zone is drawn)")
"""The place of an event where nobody has drawn anything (mask-only mode)."""

ZONES: Mapping[ZoneKind, Text] = {
    ZoneKind.CORRIDOR: Text("hành lang", "corridor"),
    ZoneKind.FLOOR_LOBBY: Text("sảnh chờ tầng", "floor lobby"),
    ZoneKind.YARD: Text("sân", "yard"),
    ZoneKind.SAMPLING: Text("khu vực lấy mẫu", "sampling area"),
    ZoneKind.RECEPTION: Text("khu vực tiếp đón", "reception area"),
    ZoneKind.MEDICAL_CHECK: Text("khu vực kiểm tra y tế", "medical check area"),
    ZoneKind.GOODS_HANDOVER: Text("khu bàn giao", "goods receipt area"),
    ZoneKind.SHARED_WC_OUTSIDE: Text("phía ngoài nhà vệ sinh chung", "outside the shared toilets"),
    ZoneKind.GATE: Text("cổng ra vào", "entrance gate"),
    ZoneKind.OTHER_PUBLIC: Text("khu vực công cộng khác", "other public area"),
    ZoneKind.ROOM_DOOR: Text("trước cửa phòng", "at the room door"),
    ZoneKind.RECEPTION_CLEAN_SIDE: Text("phía sạch của quầy tiếp đón", "clean side of the desk"),
    ZoneKind.STAIRS: Text("cầu thang", "stairs"),
    ZoneKind.LIFT: Text("thang máy", "lift"),
    ZoneKind.DONNING: Text("phòng mặc trang phục phòng hộ", "donning room"),
    ZoneKind.DOFFING: Text("phòng cởi trang phục phòng hộ", "doffing room"),
    ZoneKind.WASTE: Text("nơi tập kết chất thải", "waste collection point"),
    ZoneKind.FENCE: Text("hàng rào", "fence"),
    ZoneKind.KITCHEN: Text("bếp", "kitchen"),
    ZoneKind.STAFF_REST: Text("phòng nghỉ nhân viên", "staff rest room"),
    ZoneKind.GUARD_POST: Text("trạm gác", "guard post"),
    ZoneKind.VEHICLE_DISINFECTION: Text("điểm khử khuẩn xe", "vehicle disinfection point"),
    ZoneKind.HAND_HYGIENE: Text("điểm sát khuẩn tay", "hand hygiene station"),
    ZoneKind.CLEAN_ROUTE: Text("luồng sạch", "clean route"),
    ZoneKind.ROOM_INTERIOR: Text("trong phòng", "inside a room"),
    ZoneKind.TOILET: Text("nhà vệ sinh", "toilet"),
    ZoneKind.BATHROOM: Text("nhà tắm", "bathroom"),
}

NEEDS: Mapping[Need, Text] = {
    Need.MASK: Text("khẩu trang", "mask"),
    Need.RESPIRATOR: Text("khẩu trang hiệu lực lọc cao", "respirator"),
    Need.GOWN: Text("áo choàng hoặc bộ quần áo liền", "gown or coverall"),
    Need.GLOVES: Text("găng tay", "gloves"),
    Need.EYES: Text("kính bảo hộ hoặc tấm che mặt", "goggles or face shield"),
    Need.BOOTS: Text("ủng hoặc bao giày", "boots or shoe covers"),
    Need.CAP: Text("mũ trùm", "cap or hood"),
}

REASONS: Mapping[Reason, Text] = {
    Reason.CAMERA_DOWN: Text("mất kết nối", "camera down"),
    Reason.STREAM_FROZEN: Text("hình đứng", "frozen picture"),
    Reason.TOO_DARK: Text("thiếu sáng", "too dark"),
    Reason.BLUR: Text("mờ/nhòe", "blurred"),
    Reason.VIEW_BLOCKED: Text("ống kính bị che", "view blocked"),
    Reason.VIEW_SHIFTED: Text("lệch góc quay", "camera moved"),
    Reason.GLARE: Text("ngược sáng", "glare"),
    Reason.FACE_TOO_SMALL: Text("khuôn mặt quá nhỏ", "face too small"),
    Reason.FACE_AWAY: Text("quay lưng/cúi mặt", "face turned away"),
    Reason.OCCLUDED: Text("bị che khuất", "hidden"),
    Reason.ITEM_NOT_VISIBLE: Text("không thấy vị trí cần kiểm tra", "the part to be checked is not visible"),
    Reason.TRACK_SHORT: Text("xuất hiện quá ngắn", "in view too shortly"),
    Reason.CROWD: Text("chồng lấn đông người", "crowd"),
    Reason.ROLE_UNKNOWN: Text("chưa rõ vai trò", "role unknown"),
    Reason.CHILD: Text("trẻ nhỏ", "young child"),
    Reason.NO_CALIBRATION: Text("chưa hiệu chuẩn hoặc sai số lớn", "no calibration, or its error is too great"),
    Reason.NO_ZONE: Text("chưa khai báo khu vực", "zone not declared"),
    Reason.NO_SCHEDULE: Text("chưa có lịch", "no schedule"),
    Reason.CLOCK: Text("lệch giờ", "clock off"),
    Reason.LOW_CONFIDENCE: Text("độ tin cậy thấp", "low confidence"),
}

SEVERITIES: Mapping[Severity, Text] = {
    Severity.CRITICAL: Text("khẩn cấp", "critical"),
    Severity.HIGH: Text("cao", "high"),
    Severity.MEDIUM: Text("trung bình", "medium"),
    Severity.LOW: Text("thấp", "low"),
    Severity.ASSIST: Text("gợi ý xem lại", "assistance"),
}

NATURES: Mapping[Nature, Text] = {
    Nature.LAW: Text("quy định pháp luật", "legal provision"),
    Nature.LATER_LAW: Text("quy định ban hành sau công văn", "provision younger than the dispatch"),
    Nature.PRACTICE: Text("thông lệ phòng chống lây nhiễm", "infection-control practice"),
    Nature.INFERENCE: Text("đề xuất kỹ thuật, không phải quy định pháp luật", "proposal of this project, not a legal provision"),
}

MASKS: Mapping[MaskState, Text] = {
    MaskState.WORN: Text("đeo khẩu trang", "mask worn"),
    MaskState.INCORRECT: Text("đeo khẩu trang không đúng cách", "mask worn incorrectly"),
    MaskState.NONE: Text("không đeo khẩu trang", "no mask"),
    MaskState.NOT_VISIBLE: Text("không thấy rõ khẩu trang", "mask not visible"),
}

ITEMS: Mapping[Item, Text] = {
    Item.GOWN: Text("áo choàng", "gown"),
    Item.GLOVES: Text("găng tay", "gloves"),
    Item.FACE_SHIELD: Text("tấm che mặt", "face shield"),
    Item.GOGGLES: Text("kính bảo hộ", "goggles"),
    Item.CAP: Text("mũ trùm", "cap"),
    Item.BOOTS: Text("ủng", "boots"),
    Item.APRON: Text("tạp dề", "apron"),
}

PRESENCES: Mapping[Presence, Text] = {
    Presence.PRESENT: Text("có", "present"),
    Presence.ABSENT: Text("không có", "absent"),
    Presence.NOT_VISIBLE: Text("không thấy rõ", "not visible"),
}

SUPPLIES: Mapping[Supply, Text] = {
    Supply.PERSONS: Text("người", "persons"),
    Supply.MASKS: Text("khẩu trang", "masks"),
    Supply.MASK_KINDS: Text("loại khẩu trang", "kinds of masks"),
    Supply.ITEMS: Text("phương tiện phòng hộ", "protective equipment"),
    Supply.ATTIRE: Text("trang phục", "attire"),
    Supply.MARKERS: Text("dấu hiệu nhận biết trên áo", "markers on the clothes"),
    Supply.VEHICLES: Text("phương tiện giao thông", "vehicles"),
    Supply.BAGS: Text("túi và vật mang theo", "bags and carried things"),
    Supply.DOOR_STATES: Text("cửa đóng hay mở", "whether doors are open"),
}

ACTIVITIES: Mapping[Activity, Text] = {
    Activity.SAMPLING: Text("lấy mẫu", "sampling"),
    Activity.TRANSFER: Text("chuyển phòng hoặc chuyển viện", "transfer"),
    Activity.RELEASE: Text("kết thúc cách ly", "release"),
    Activity.YARD: Text("ra sân", "time in the yard"),
    Activity.SHARED_WC: Text("dùng nhà vệ sinh chung", "use of the shared toilets"),
    Activity.INTAKE: Text("tiếp nhận", "intake"),
    Activity.MEAL: Text("phát suất ăn", "meals"),
    Activity.WASTE: Text("thu gom chất thải", "waste collection"),
    Activity.HANDOVER: Text("bàn giao", "handover"),
    Activity.SHIFT: Text("ca trực", "shifts"),
    Activity.STAFF_MEAL: Text("giờ ăn của nhân viên", "meals of the staff"),
    Activity.QUIET: Text("giờ yên tĩnh", "quiet hours"),
    Activity.MAINTENANCE: Text("bảo trì", "maintenance"),
}

SIDES: Mapping[Side, Text] = {
    Side.RED: Text("vùng nguy cơ", "red zone"),
    Side.CLEAN: Text("vùng sạch", "clean zone"),
    Side.INSIDE: Text("bên trong cơ sở", "inside of the facility"),
    Side.OUTSIDE: Text("bên ngoài cơ sở", "outside of the facility"),
}

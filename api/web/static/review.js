/* The one script of the review page: boxes drawn over the clip by media time, and the keys.
   It only ever presses the buttons that the page already has, so nothing works by key alone. */

const page = document.body.dataset.page;
const byId = (id) => document.getElementById(id);

/* --- the clip ------------------------------------------------------------------------------- */

function startPlayer(video) {
  const canvas = byId("overlay");
  const seek = byId("seek");
  const play = byId("play");
  const boxesButton = byId("boxes");
  const labels = JSON.parse(video.dataset.labels);
  const eventAt = Number(video.dataset.eventAt);
  const startsMs = Number(video.dataset.starts);
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: video.dataset.zone || "UTC", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const gaps = JSON.parse(video.dataset.gaps);
  const gapAt = (s) => gaps.find((gap) => gap.from <= s && s < gap.to);
  let boxes = null;
  let shown = readSetting("boxes", "on") === "on";
  let held = false;  // the thumb, by whoever drags it

  const decimal = video.dataset.language === "vi" ? "," : ".";
  const minutes = (s) => {
    const tenths = Math.max(0, Math.floor((Number.isFinite(s) ? s : 0) * 10 + 0.01));
    return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}${decimal}${tenths % 10}`;
  };
  const wall = (s) => (video.dataset.clock === "wall" ? clock.format(new Date(startsMs + s * 1000)) : `+${minutes(startsMs / 1000 + s)}`);

  function writeTime(mediaTime) {
    byId("wall").textContent = wall(mediaTime);
    byId("media").textContent = `${minutes(mediaTime)} / ${minutes(video.duration)}`;
    if (video.duration > 0 && !held) seek.value = String((mediaTime / video.duration) * 1000);
    seek.setAttribute("aria-valuetext", minutes(mediaTime));
  }

  function draw(mediaTime) {
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const gap = gapAt(mediaTime);
    byId("unseen").hidden = !gap;
    byId("unseen").firstElementChild.textContent = gap ? gap.said : "";
    const drawn = boxes && shown && !gap ? tracksAt(boxes.instants, mediaTime) : [];
    canvas.dataset.drawn = String(drawn.length);
    if (!boxes || !shown) return;
    const area = pictureArea(video, width, height);
    if (boxes.zone.length > 2) drawZone(pen, area, boxes.zone);
    for (const track of drawn) drawTrack(pen, area, track, labels);
  }

  function everyFrame(now, frame) {
    // In a gap the picture from before it stands still while time goes on.
    const mediaTime = gapAt(video.currentTime) ? video.currentTime : frame.mediaTime;
    writeTime(mediaTime);
    draw(mediaTime);
    video.requestVideoFrameCallback(everyFrame);
  }
  const again = () => { writeTime(video.currentTime); draw(video.currentTime); };

  function toggle() {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }
  /* A browser keeps whole microseconds and cuts the rest off: 5.8 becomes 5.799999, which is the frame before. */
  function seekTo(seconds) {
    video.currentTime = Math.min(Math.max(Math.round(seconds * 1000) / 1000 + 0.0005, 0), video.duration || 0);
  }
  const jump = (seconds) => seekTo(video.currentTime + seconds);
  function step(direction) {
    // By the analysed instants when they are near (each is a real frame), else by a 25th of a second.
    video.pause();
    const times = boxes ? boxes.instants.map((instant) => instant.media_time) : [];
    const here = video.currentTime;
    const next = direction > 0 ? times.find((s) => s > here + 0.001) : times.findLast((s) => s < here - 0.001);
    if (next !== undefined && Math.abs(next - here) <= 0.5) seekTo(next);
    else jump(direction / 25);
  }
  function setBoxes(on) {
    shown = on;
    writeSetting("boxes", on ? "on" : "off");
    boxesButton.setAttribute("aria-pressed", String(on));
    again();
  }

  play.addEventListener("click", toggle);
  video.addEventListener("click", toggle);
  byId("step").addEventListener("click", () => step(1));
  byId("step-back").addEventListener("click", () => step(-1));
  byId("to-event").addEventListener("click", () => seekTo(eventAt));
  boxesButton.addEventListener("click", () => setBoxes(!shown));
  seek.addEventListener("pointerdown", () => { held = true; });
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => { if (held) { held = false; again(); } });
  seek.addEventListener("input", () => { if (video.duration) seekTo((Number(seek.value) / 1000) * video.duration); });
  for (const name of ["play", "pause", "ended"]) {
    video.addEventListener(name, () => {
      play.setAttribute("aria-label", video.paused ? play.dataset.play : play.dataset.pause);
      play.querySelector("use").setAttribute("href", video.paused ? "#icon-play" : "#icon-pause");
    });
  }
  for (const name of ["loadedmetadata", "seeked", "timeupdate"]) video.addEventListener(name, again);
  const begin = () => { if (eventAt > 0) seekTo(eventAt); };
  video.addEventListener("error", () => { video.hidden = true; byId("cannot-play").hidden = false; });
  if (video.error) video.dispatchEvent(new Event("error"));
  if (video.readyState > 0) begin();
  else video.addEventListener("loadedmetadata", begin, { once: true });
  new ResizeObserver(again).observe(video);
  if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(everyFrame);
  boxesButton.setAttribute("aria-pressed", String(shown));
  if (video.dataset.boxes) {
    fetch(video.dataset.boxes)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
      .then((document_) => { boxes = document_; again(); })
      .catch(() => { boxesButton.disabled = true; });
  }
  return { toggle, jump, step, boxes: () => setBoxes(!shown) };
}

/* Where the picture lies inside the element: the rest is letterbox. */
function pictureArea(video, width, height) {
  const scale = Math.min(width / (video.videoWidth || 16), height / (video.videoHeight || 9));
  const w = (video.videoWidth || 16) * scale;
  const h = (video.videoHeight || 9) * scale;
  return { x: (width - w) / 2, y: (height - h) / 2, w, h };
}

/* The boxes at a media time: between two analysed instants less than a second apart a box glides; outside of
   them nothing is drawn, because nothing was looked at. */
function tracksAt(instants, mediaTime) {
  let low = 0;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (instants[middle].media_time <= mediaTime + 0.001) low = middle + 1;
    else high = middle;
  }
  const before = instants[low - 1];
  const after = instants[low];
  if (!before || mediaTime - before.media_time > 1) return [];
  if (!after || after.media_time - before.media_time > 1) return before.tracks;
  const part = (mediaTime - before.media_time) / (after.media_time - before.media_time);
  const glide = (a, b) => (a && b ? a.map((value, i) => value + (b[i] - value) * part) : a);
  return before.tracks.map((track) => {
    const later = after.tracks.find((other) => other.track === track.track);
    return later ? { ...track, box: glide(track.box, later.box), head: glide(track.head, later.head) } : track;
  });
}

function drawZone(pen, area, zone) {
  pen.beginPath();
  zone.forEach(([x, y], i) => (i ? pen.lineTo(area.x + x * area.w, area.y + y * area.h) : pen.moveTo(area.x + x * area.w, area.y + y * area.h)));
  pen.closePath();
  pen.setLineDash([6, 5]);
  pen.lineWidth = 1.5;
  pen.strokeStyle = "rgba(120, 200, 235, 0.8)";
  pen.stroke();
  pen.setLineDash([]);
}

function drawTrack(pen, area, track, labels) {
  const colour = track.of_event ? "#ff6b4a" : "rgba(235, 240, 245, 0.85)";
  const place = ([x1, y1, x2, y2]) => [area.x + x1 * area.w, area.y + y1 * area.h, (x2 - x1) * area.w, (y2 - y1) * area.h];
  pen.lineWidth = track.of_event ? 3 : 1.5;
  for (const [box, ink] of [[track.box, colour], [track.head, track.of_event ? "#ffd166" : colour]]) {
    if (!box) continue;
    pen.strokeStyle = "rgba(0, 0, 0, 0.55)";
    pen.lineWidth += 2;
    pen.strokeRect(...place(box));
    pen.lineWidth -= 2;
    pen.strokeStyle = ink;
    pen.strokeRect(...place(box));
    pen.lineWidth = Math.max(1.5, pen.lineWidth - 1);
  }
  const mask = track.mask ? ` · ${labels[track.mask.state] || track.mask.state}` : "";
  const text = `#${track.track}${mask}`;
  pen.font = "600 13px 'Be Vietnam Pro', 'Noto Sans', system-ui, sans-serif";
  const [x, y] = place(track.box);
  const width = pen.measureText(text).width + 10;
  const left = Math.min(Math.max(x, area.x), area.x + area.w - width);
  const top = Math.max(y - 22, area.y);
  pen.fillStyle = track.of_event ? "#b4321a" : "rgba(20, 28, 36, 0.8)";
  pen.fillRect(left, top, width, 20);
  pen.fillStyle = "#ffffff";
  pen.fillText(text, left + 5, top + 14.5);
}

/* --- keys ----------------------------------------------------------------------------------- */

const player = byId("clip") ? startPlayer(byId("clip")) : null;
const press = (selector) => { const target = document.querySelector(selector); if (target && !target.disabled) target.click(); };

function goRow(direction) {
  const links = [...document.querySelectorAll(".row .what a")];
  const here = links.indexOf(document.activeElement);
  const next = links[here < 0 ? (direction > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + direction, 0), links.length - 1)];
  if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
}
function go(name) {
  if (page === "queue") goRow(name === "next" ? 1 : -1);
  else if (document.body.dataset[name]) window.location.assign(document.body.dataset[name]);
}
function undo() {
  const last = window.sessionStorage.getItem("vigil.last-decided");
  if (last) window.location.assign(last);
}
function help() {
  const dialog = byId("keys");
  if (dialog && !dialog.open) dialog.showModal();
}

const KEYS = {
  y: () => press('#decision button[value="confirm"]'),
  n: () => press('#decision button[value="reject"]'),
  u: () => press('#decision button[value="cannot_tell"]'),
  j: () => go("next"),
  k: () => go("previous"),
  z: undo,
  b: () => player?.boxes(),
  " ": () => player?.toggle(),
  ",": () => player?.step(-1),
  ".": () => player?.step(1),
  ArrowLeft: () => player?.jump(-5),
  ArrowRight: () => player?.jump(5),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const at = event.target;
  const typing = at.isContentEditable || at.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=range])");
  if (typing || byId("keys")?.open) return;
  const onControl = at.matches("button, a, summary, input:not([type=range])");
  if (onControl && (event.key === " " || (event.key.startsWith("Arrow") && at.matches("input")))) return;
  if (/^[1-9]$/.test(event.key)) {
    press(`#decision input[data-key="${event.key}"]`);
    return;
  }
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action || event.repeat && "ynuz".includes(event.key)) return;
  event.preventDefault();
  action();
});

/* --- decisions ------------------------------------------------------------------------------ */

function readSetting(name, otherwise) {
  try { return window.localStorage.getItem(`vigil.${name}`) ?? otherwise; } catch { return otherwise; }
}
function writeSetting(name, value) {
  try { window.localStorage.setItem(`vigil.${name}`, value); } catch { /* private window: forgotten, not broken */ }
}

/* What is written and not yet decided outlasts a reload, another language and a session that ends: kept in this tab, for this
   person and this event, until the decision is taken. */
const decisionForm = () => document.querySelector("#decision form");
const draftName = (form) => `vigil.draft.${form.dataset.reviewer}.${document.body.dataset.event}`;

function keepDraft(form) {
  const draft = { reason_code: form.elements.reason_code.value, comment: form.elements.comment.value };
  if (draft.comment || draft.reason_code !== "not_stated") window.sessionStorage.setItem(draftName(form), JSON.stringify(draft));
  else window.sessionStorage.removeItem(draftName(form));
}
function takeUpDraft(form) {
  const kept = window.sessionStorage.getItem(draftName(form));
  if (!kept) return;
  const draft = JSON.parse(kept);
  form.elements.reason_code.value = draft.reason_code;
  form.elements.comment.value = draft.comment;
}
document.addEventListener("input", (event) => {
  const form = decisionForm();
  if (form?.contains(event.target)) keepDraft(form);
});

function prepareDecision() {
  const form = decisionForm();
  if (form && byId("decision").dataset.decided) window.sessionStorage.removeItem(draftName(form));
  else if (form) takeUpDraft(form);
  const auto = byId("auto-next");
  if (!auto) return;
  auto.checked = readSetting("auto-next", "on") === "on";
  auto.addEventListener("change", () => writeSetting("auto-next", auto.checked ? "on" : "off"));
}
prepareDecision();

document.addEventListener("htmx:afterSwap", () => {
  const panel = byId("decision");
  if (!panel) return;
  prepareDecision();
  // The button that was pressed is gone with the old panel; whoever works by Tab goes on from the new one.
  if (document.activeElement === document.body) panel.focus({ preventScroll: true });
  if (!panel.dataset.decided) return;
  window.sessionStorage.setItem("vigil.last-decided", window.location.pathname + window.location.search);
  if (byId("auto-next")?.checked && document.body.dataset.next) {
    window.sessionStorage.setItem("vigil.toast", "1");
    window.location.assign(document.body.dataset.next);
  }
});
/* After "more" the button is gone; whoever works by keys goes on from the first row that is new. */
let rowsBefore = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  rowsBefore = event.detail.target.matches("li.more") ? document.querySelectorAll(".row").length : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (byId("list-failed")) byId("list-failed").hidden = true;
  if (rowsBefore !== null) document.querySelectorAll(".row .what a")[rowsBefore]?.focus({ preventScroll: true });
  rowsBefore = null;
});
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => {
    const refused = event.detail.xhr?.status === 403;  // sent with the token of an earlier session: sending it again will not help
    for (const [id, shown] of [["decision-failed", !refused], ["decision-outdated", refused], ["list-failed", true]]) {
      const said = byId(id);
      if (said) said.hidden = !shown;
    }
  });
}

const toast = byId("toast");
if (toast && window.sessionStorage.getItem("vigil.toast")) {
  window.sessionStorage.removeItem("vigil.toast");
  byId("undo").setAttribute("href", window.sessionStorage.getItem("vigil.last-decided"));
  toast.hidden = false;
  window.setTimeout(() => { toast.hidden = true; }, 10000);
}

// On a narrow window the list matters more than the form above it.
const filters = document.querySelector(".filters details");
if (filters && window.matchMedia("(max-width: 760px)").matches && !filters.querySelector(".fault:not(:empty)")) filters.open = false;

for (const opener of document.querySelectorAll("[data-opens]")) opener.addEventListener("click", help);

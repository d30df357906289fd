"""The life of one camera connection as a pure state machine: no clock, no threads, no processes.

    life, commands = step(life, signal, now)

``now`` is a monotonic reading in seconds: a step of the wall clock must never look like a stall. Any end of a
capture process is a fault, whatever its exit code, for a camera does not finish.

    STOPPED -start-> CONNECTING -picture-> LIVE -silence 10 s or fault-> STALE -30 s without a picture-> DOWN
    any of them -refused the password-> AUTH_FAILED      any of them -picture-> LIVE      any of them -stop-> STOPPED
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from pipelines.records import GapReason

OPEN_LIMIT = 15.0  # s from the start of a connection to its first picture
STALE_AFTER = 10.0  # s without a picture
DOWN_AFTER = 30.0  # s without a picture
SETTLED_AFTER = 60.0  # s LIVE until earlier failures are forgotten
CRASH_LIMIT, CRASH_WINDOW, CRASH_PAUSE = 5, 60.0, 60.0

# The ladder of go2rtc: impatient at first, one attempt a minute for ever.
_LADDER = ((5, 1.0), (5, 5.0), (10, 10.0))
_LAST_RUNG = 60.0
_AUTH_FIRST, _AUTH_LAST = 60.0, 900.0  # cameras lock accounts
_JITTER = 0.2


class State(StrEnum):
    """What people are told about a camera."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    DOWN = "down"
    AUTH_FAILED = "auth_failed"


class Link(StrEnum):
    """What the connection is doing."""

    NONE = "none"
    OPENING = "opening"
    STREAMING = "streaming"
    WAITING = "waiting"


class Command(StrEnum):
    """What the owner of the capture process must do."""

    OPEN = "open"
    KILL = "kill"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.STOPPED: frozenset({State.CONNECTING}),
    State.CONNECTING: frozenset({State.LIVE, State.DOWN, State.AUTH_FAILED, State.STOPPED}),
    State.LIVE: frozenset({State.STALE, State.STOPPED}),
    State.STALE: frozenset({State.LIVE, State.DOWN, State.AUTH_FAILED, State.STOPPED}),
    State.DOWN: frozenset({State.LIVE, State.AUTH_FAILED, State.STOPPED}),
    State.AUTH_FAILED: frozenset({State.LIVE, State.DOWN, State.STOPPED}),
}


@dataclass(frozen=True, slots=True)
class Start:
    """The camera is wanted."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The camera is no longer wanted."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Something decodable arrived."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The connection ended. ``crashed``: the process died without saying why."""

    reason: GapReason
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by."""


Signal = Start | Stop | Picture | Fault | Tick


@dataclass(frozen=True, slots=True)
class Life:
    """Everything the machine remembers. ``reason`` says why the camera is not LIVE; times are monotonic seconds."""

    state: State = State.STOPPED
    link: Link = Link.NONE
    reason: GapReason = GapReason.NOT_STARTED
    link_since: float = 0.0
    last_picture: float | None = None
    silent_since: float = 0.0  # last picture, or the start
    live_since: float | None = None
    retry_at: float | None = None
    failures: int = 0
    refusals: int = 0
    crashes: tuple[float, ...] = ()

    @property
    def crash_loop(self) -> bool:
        """The process keeps dying: somebody must look."""
        return len(self.crashes) >= CRASH_LIMIT


def retry_delay(failures: int, jitter: float) -> float:
    """Seconds until the next attempt after ``failures`` >= 1 failed ones; ``jitter`` in -1..1 is +-20 %."""
    spread = 1.0 + _JITTER * jitter
    left = failures
    for count, delay in _LADDER:
        if left <= count:
            return delay * spread
        left -= count
    return _LAST_RUNG * spread


def auth_delay(refusals: int, jitter: float) -> float:
    """Seconds until the next attempt after ``refusals`` >= 1 refused passwords: 60 s, doubling to 15 min."""
    doubled: float = _AUTH_FIRST * 2.0 ** min(refusals - 1, 10)
    return min(_AUTH_LAST, doubled) * (1.0 + _JITTER * max(jitter, 0.0))


def step(life: Life, signal: Signal, now: float, jitter: float = 0.0) -> tuple[Life, tuple[Command, ...]]:
    """The next life and what to do now. Signals that make no sense in a state change nothing."""
    result: tuple[Life, tuple[Command, ...]]
    match signal:
        case Start():
            result = _start(life, now)
        case Stop():
            result = _stop(life)
        case Picture():
            result = _picture(life, now), ()
        case Fault():
            result = _fault(life, signal, now, jitter), ()
        case Tick():
            result = _tick(life, now, jitter)
    return result


def _start(life: Life, now: float) -> tuple[Life, tuple[Command, ...]]:
    if life.state is not State.STOPPED:
        return life, ()
    return Life(State.CONNECTING, Link.OPENING, GapReason.NOT_STARTED, now, None, now), (Command.OPEN,)


def _stop(life: Life) -> tuple[Life, tuple[Command, ...]]:
    if life.state is State.STOPPED:
        return life, ()
    kill = (Command.KILL,) if life.link in {Link.OPENING, Link.STREAMING} else ()
    return Life(reason=GapReason.STOPPED, last_picture=life.last_picture, silent_since=life.silent_since), kill


def _picture(life: Life, now: float) -> Life:
    if life.link not in {Link.OPENING, Link.STREAMING}:
        return life  # left over from a connection that was given up
    live_since = life.live_since if life.state is State.LIVE and life.live_since is not None else now
    settled = now - live_since >= SETTLED_AFTER
    return replace(
        life,
        state=State.LIVE,
        link=Link.STREAMING,
        link_since=now if life.link is Link.OPENING else life.link_since,
        last_picture=now,
        silent_since=now,
        live_since=live_since,
        retry_at=None,
        failures=0 if settled else life.failures,
        refusals=0,
        crashes=() if settled else life.crashes,
    )


def _fault(life: Life, fault: Fault, now: float, jitter: float) -> Life:
    if life.link not in {Link.OPENING, Link.STREAMING}:
        return life
    # A loop that was found lasts until the camera has settled, or the pause itself would hide it.
    crashes = life.crashes if life.crash_loop else tuple(t for t in life.crashes if now - t < CRASH_WINDOW)
    if fault.crashed:
        crashes = (*crashes, now)[-CRASH_LIMIT:]
    refused = fault.reason is GapReason.AUTH_FAILED
    failures, refusals = life.failures + 1, life.refusals + 1 if refused else 0
    if refused:
        delay = auth_delay(refusals, jitter)
    elif len(crashes) >= CRASH_LIMIT:
        delay = CRASH_PAUSE
    else:
        delay = retry_delay(failures, jitter)
    return replace(
        life,
        state=_after_fault(life, now, refused=refused),
        link=Link.WAITING,
        link_since=now,
        reason=fault.reason,
        live_since=None,
        retry_at=now + delay,
        failures=failures,
        refusals=refusals,
        crashes=crashes,
    )


def _after_fault(life: Life, now: float, *, refused: bool) -> State:
    if life.state is State.LIVE:
        return State.STALE  # a refusal that follows at once arrives with the next attempt
    if refused:
        return State.AUTH_FAILED
    if life.state is State.STALE and now - life.silent_since < DOWN_AFTER:
        return State.STALE
    return State.DOWN


def _tick(life: Life, now: float, jitter: float) -> tuple[Life, tuple[Command, ...]]:
    if life.state is State.STALE and now - life.silent_since >= DOWN_AFTER:
        life = replace(life, state=State.DOWN)
    overdue = OPEN_LIMIT if life.link is Link.OPENING else STALE_AFTER
    waited = now - (life.link_since if life.link is Link.OPENING else life.silent_since)
    if life.link in {Link.OPENING, Link.STREAMING} and waited >= overdue:
        # A process that does not notice the silence itself is not asked but ended.
        reason = GapReason.STALLED if life.last_picture is not None else GapReason.UNREACHABLE
        return _fault(life, Fault(reason), now, jitter), (Command.KILL,)
    if life.link is Link.WAITING and life.retry_at is not None and now >= life.retry_at:
        return replace(life, link=Link.OPENING, link_since=now, retry_at=None), (Command.OPEN,)
    return life, ()

"""The life of a connection: legal transitions only, the ladder as written, the watchdog on time."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipelines.records import GapReason
from pipelines.sources.lifecycle import (
    DOWN_AFTER,
    OPEN_LIMIT,
    STALE_AFTER,
    TRANSITIONS,
    Command,
    Fault,
    Life,
    Link,
    Picture,
    Signal,
    Start,
    State,
    Stop,
    Tick,
    auth_delay,
    retry_delay,
    step,
)

signals = st.one_of(
    st.just(Start()),
    st.just(Stop()),
    st.just(Picture()),
    st.just(Tick()),
    st.builds(Fault, st.sampled_from([GapReason.UNREACHABLE, GapReason.AUTH_FAILED, GapReason.CRASHED]), st.booleans()),
)


def live(now: float = 0.0) -> Life:
    life, commands = step(Life(), Start(), now)
    assert commands == (Command.OPEN,)
    return step(life, Picture(), now)[0]


@given(st.lists(st.tuples(signals, st.floats(0, 100), st.floats(-1, 1)), max_size=60))
def test_only_legal_transitions_and_one_process_at_most(history: list[tuple[Signal, float, float]]) -> None:
    life, now, processes = Life(), 0.0, 0
    for signal, wait, jitter in history:
        now += wait
        after, commands = step(life, signal, now, jitter)
        assert after.state is life.state or after.state in TRANSITIONS[life.state]
        processes += {Command.OPEN: 1, Command.KILL: -1}[commands[0]] if commands else 0
        if isinstance(signal, Fault) and life.link in {Link.OPENING, Link.STREAMING}:
            processes -= 1  # it ended by itself
        assert processes == (1 if after.link in {Link.OPENING, Link.STREAMING} else 0)
        assert (after.retry_at is not None) == (after.link is Link.WAITING)
        assert (after.state is State.LIVE) == (after.link is Link.STREAMING)
        assert (after.state is State.STOPPED) == (after.link is Link.NONE)
        life = after


@given(st.lists(st.floats(-1, 1), min_size=30, max_size=30))
def test_never_gives_up(jitters: list[float]) -> None:
    life, now = step(Life(), Start(), 0.0)[0], 0.0
    for jitter in jitters:
        life = step(life, Fault(GapReason.UNREACHABLE), now, jitter)[0]
        assert life.retry_at is not None
        assert now + 0.8 <= life.retry_at <= now + 72.0
        now = life.retry_at
        life, commands = step(life, Tick(), now)
        assert commands == (Command.OPEN,)


def test_the_ladder() -> None:
    assert [retry_delay(n, 0.0) for n in range(1, 23)] == [1.0] * 5 + [5.0] * 5 + [10.0] * 10 + [60.0] * 2
    assert (retry_delay(6, -1.0), retry_delay(6, 1.0)) == (4.0, 6.0)


def test_a_wrong_password_is_tried_slowly() -> None:
    assert [auth_delay(n, 0.0) for n in range(1, 8)] == [60, 120, 240, 480, 900, 900, 900]
    life, attempts, now = step(Life(), Start(), 0.0)[0], 1, 0.0
    while now < 300:
        if life.link is Link.OPENING:
            life = step(life, Fault(GapReason.AUTH_FAILED), now)[0]
            assert life.state is State.AUTH_FAILED
        now += 1
        life, commands = step(life, Tick(), now)
        attempts += len(commands)
    assert attempts <= 5
    while life.link is Link.WAITING:
        now += 1
        life, _ = step(life, Tick(), now)
    assert step(life, Picture(), now)[0].state is State.LIVE


def test_silence_is_stale_then_down() -> None:
    life = live()
    assert step(life, Tick(), STALE_AFTER - 0.1) == (life, ())
    stale, commands = step(life, Tick(), STALE_AFTER)
    assert (stale.state, stale.reason, commands) == (State.STALE, GapReason.STALLED, (Command.KILL,))
    reopened, commands = step(stale, Tick(), STALE_AFTER + 1.0)
    assert (reopened.state, commands) == (State.STALE, (Command.OPEN,))
    down, commands = step(reopened, Tick(), STALE_AFTER + 1.0 + OPEN_LIMIT)
    assert (down.state, commands) == (State.STALE, (Command.KILL,))
    assert step(down, Tick(), DOWN_AFTER)[0].state is State.DOWN


def test_failures_are_forgotten_after_a_minute_live_only() -> None:
    life = replace(live(), failures=7)
    assert step(life, Picture(), 59.0)[0].failures == 7
    assert step(life, Picture(), 60.0)[0].failures == 0


def test_a_crash_loop_is_paced_and_exit_zero_counts() -> None:
    life, now, opened = step(Life(), Start(), 0.0)[0], 0.0, 1
    while now < 120:
        if life.link is Link.OPENING:
            life = step(life, Fault(GapReason.CRASHED, crashed=True), now)[0]
        now = round(now + 0.1, 3)
        life, commands = step(life, Tick(), now)
        opened += len(commands)
    assert life.crash_loop
    assert opened == 6  # five within four seconds, the sixth a minute later, the seventh another minute later


def test_an_old_picture_does_not_revive_a_connection_given_up() -> None:
    stale = step(live(), Tick(), STALE_AFTER)[0]
    assert step(stale, Picture(), STALE_AFTER + 0.1)[0] == stale

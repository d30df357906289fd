"""Which pictures are worth touching: two gates that may only save work, never decide that nothing happened.

`PacketGate` reads the sizes of the compressed packets: an encoder spends bytes where the picture changes. While nothing
happens only keyframes are decoded; when something does, everything from the last keyframe on. Encoders of constant bit
rate spend the same bytes always, so the gate is believed only for as long as the motion test agrees with it: it counts
its own misses, and a gate that misses is switched off for that camera.

`MotionTest` looks at a small grey picture before the detector does. A person who stands still moves nothing: whoever
owns the tracks keeps both awake with `PacketGate.hold`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

GLANCE_SIZE = (160, 90)  # width, height of the grey picture both the motion test and the picture health look at


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Starting values; times in seconds of arrival."""

    learning: float = 10.0  # awake for so long after the start
    linger: float = 5.0  # awake for so long after the last activity
    factor: float = 1.5  # packets are active above this multiple of the quiet level ...
    spread: float = 4.0  # ... and above so many mean deviations over it
    settle: float = 120.0  # time constant of the quiet level
    judged: int = 40  # agreement is judged over so many moving pictures
    proving: int = 10  # moving pictures that the packets must have announced before silence of theirs means anything
    misses: float = 0.05  # share of moving pictures the packets may have missed
    distrust: float = 3600.0  # how long a gate that missed more is off: twice as long each time it is found out again ...
    longest_distrust: float = 86_400.0  # ... up to a day


@dataclass(slots=True)
class PacketGate:
    """State of the gate of one camera. ``at`` is monotonic seconds."""

    limits: GateLimits = GateLimits()
    level: float = 0.0  # learned mean size of a quiet P-packet, bytes
    deviation: float = 0.0
    recent: float = 0.0  # mean over about the last three packets
    missed: int = 0  # moving pictures the packets had called quiet, in all
    _started: float | None = None
    _last: float = 0.0
    _awake_until: float = 0.0
    _distrusted_until: float = 0.0
    _found_out: int = 0  # how often it was switched off

    _agreed: deque[bool] = field(init=False)

    def __post_init__(self) -> None:
        self._agreed = deque(maxlen=self.limits.judged)

    def packet(self, size: int, at: float, *, key: bool) -> bool:
        """Take in one packet; says whether its picture should be decoded although it is no keyframe."""
        if self._started is None:
            self._started = self._last = at
            self._awake_until = at + self.limits.learning
        if not key:  # keyframes are large whether something moves or not
            self._learn(size, at)
        return self.awake(at)

    def awake(self, at: float) -> bool:
        return at < self._awake_until or at < self._distrusted_until

    @property
    def active(self) -> bool:
        """Whether the packets themselves say that something happens."""
        return self.recent > max(self.limits.factor * self.level, self.level + self.limits.spread * self.deviation)

    @property
    def reliable(self) -> bool:
        """The packets have not been shown to say nothing: hardly a moving picture was called quiet, if there was any."""
        return not self._found_out and self._agreed.count(False) <= self.limits.misses * len(self._agreed)

    @property
    def proven(self) -> bool:
        """The packets have been seen to speak when something moved. Before anything has, their silence may be their nature."""
        return self.reliable and len(self._agreed) >= self.limits.proving

    def moved(self, at: float, *, moved: bool) -> None:
        """What the motion test saw in a decoded picture: keeps the gate awake, and judges it."""
        if not moved:
            return
        self._awake_until = max(self._awake_until, at + self.limits.linger)
        if self._started is None or at - self._started < self.limits.learning:
            return  # neither knows yet what is usual
        self._agreed.append(self.active)
        self.missed += not self.active
        full = len(self._agreed) == self.limits.judged
        if full and self._agreed.count(False) > self.limits.misses * self.limits.judged:
            self._distrusted_until = at + min(self.limits.distrust * 2.0**self._found_out, self.limits.longest_distrust)
            self._found_out = min(self._found_out + 1, 10)
            self._agreed.clear()

    def hold(self, until: float) -> None:
        """Stay awake until ``until``: a track is alive."""
        self._awake_until = max(self._awake_until, until)

    def _learn(self, size: int, at: float) -> None:
        if self.level == 0.0:
            self.level, self.recent, self.deviation = float(size), float(size), size / 4
        self.recent += (size - self.recent) / 3
        if self.active and self._started is not None and at - self._started > self.limits.learning:
            self._awake_until = max(self._awake_until, at + self.limits.linger)
            # A lasting change (night, rain) becomes the new quiet level, only a hundred times slower.
            share = (at - self._last) / (100 * self.limits.settle)
        else:
            settling = self._started is not None and at - self._started < self.limits.learning
            share = 0.05 if settling else (at - self._last) / self.limits.settle
        share = min(max(share, 0.0), 0.05)
        self.level += share * (size - self.level)
        self.deviation += share * (abs(size - self.level) - self.deviation)
        self._last = at


_TILE = 5  # pixels of the glance: a person of 180 px in 1080p covers three tiles
_NOISE_FACTOR, _LEAST_CHANGE = 3.0, 5.0  # grey levels
_SETTLE = 20.0  # s until a thing that stays belongs to the background
_EVERYTHING = 0.6  # share of tiles: the light was switched


@dataclass(slots=True)
class MotionTest:
    """Compares small grey pictures with a background that is learned slowly, tile by tile."""

    _background: npt.NDArray[np.float32] | None = None
    _noise: npt.NDArray[np.float32] | None = None
    _last: float = 0.0
    _seen: int = 0

    def moved(self, grey: Grey, at: float) -> bool:
        """Whether something differs from the background. The first picture always does: nothing is known yet."""
        tiles = tile_means(grey)
        if self._background is None or self._noise is None or self._background.shape != tiles.shape:
            self._background, self._noise = tiles, np.full_like(tiles, 1.0)
            self._last = at
            return True
        change = np.abs(tiles - self._background)
        changed = change > np.maximum(_LEAST_CHANGE, _NOISE_FACTOR * self._noise)
        share = float(changed.mean())
        self._seen += 1
        # The first pictures are averaged, or the noise of the very first one would stay for long.
        step = max(min(max((at - self._last) / _SETTLE, 0.0), 0.5), 1.0 / (self._seen + 1))
        self._last = at
        if share > _EVERYTHING:
            self._background = tiles
            return True
        self._background = self._background + step * (tiles - self._background)
        self._noise = np.where(changed, self._noise, self._noise + step * (change - self._noise)).astype(np.float32)
        return share > 0.0


def tile_means(grey: Grey) -> npt.NDArray[np.float32]:
    """Mean grey level of each 5 x 5 tile."""
    height, width = grey.shape[0] // _TILE * _TILE, grey.shape[1] // _TILE * _TILE
    blocks = grey[:height, :width].reshape(height // _TILE, _TILE, width // _TILE, _TILE)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


_CHEAP = 1024 * 576  # pixels; a smaller picture takes less than a millisecond to decode
_PEEK = 1.0  # s between two pictures while the packets are not believed


def is_cheap(size: tuple[int, int]) -> bool:
    """Whether pictures of this width and height are decoded so quickly that one may look at some that nothing asks for."""
    return size[0] * size[1] <= _CHEAP


def peek_due(since_picture: float, to_keyframe: float) -> bool:
    """Whether a picture between two keyframes is to be looked at because nobody knows what the silence of the packets means.

    A camera of constant bit rate says nothing by its packets, and somebody may come and go between two keyframes.

    Args:
        since_picture: seconds since the last picture that was decoded.
        to_keyframe: seconds to the next keyframe, as far as one knows.
    """
    return since_picture >= _PEEK - _EARLY and to_keyframe > _PEEK / 2


LONGEST_NAP = 4.0  # s; with keyframes further apart every picture is decoded
_STILL = 3.0  # s without motion; what moves then has just begun
_CLOSE = 2.0  # s for which one looks closely then
_AUDIT = 2.0  # s between the looks that nothing asked for
_QUIET_AUDIT = 4.2  # ... when it has been quiet for long; less than what the ledger calls watched
_LONG_QUIET = 30.0  # s
_EARLY = 0.05  # s; pictures do not come to the millisecond
_FAR_APART = 1.0  # s; keyframes that come quicker (JPEG by JPEG, say) are all that is known of a stream, and all looked at


@dataclass(slots=True)
class Attention:
    """How closely a camera is looked at. Times are seconds of arrival."""

    _moved: float = float("-inf")  # when something moved last
    _close_until: float = float("-inf")
    _looked: float = float("-inf")  # when a picture was sent last, and when one that the gates had asked for
    _wanted: float = 0.0

    def noticed(self, at: float, *, moved: bool) -> None:
        """What the motion test saw. Whatever begins to move after some rest is looked at closely."""
        if not moved:
            return
        if self.still(at):
            self._close_until = at + _CLOSE
        self._moved = at

    def still(self, at: float) -> bool:
        """Nothing has moved for a while."""
        return at - self._moved > _STILL

    def close(self, at: float) -> bool:
        """Something has just begun to move: the pace of a camera before which nothing is undecided is too slow for it."""
        return at < self._close_until

    def looked(self, at: float, *, wanted: bool) -> None:
        """A picture was sent to be analysed; ``wanted``: the gates had asked for it."""
        self._looked = at
        if wanted:
            self._wanted = at

    def idle(self, at: float, step: float) -> bool:
        """It has been quiet for long, and the next keyframe (in ``step`` seconds) comes soon enough for the next look."""
        return at - self._wanted >= _LONG_QUIET and step >= _FAR_APART and at + step - self._looked <= _QUIET_AUDIT

    def overdue(self, at: float, step: float) -> bool:
        """While nothing happens the detector still looks now and then: what both gates miss must not stay unseen.

        Every two seconds at first. When it has been quiet for long, only when the next keyframe (in ``step`` seconds) would
        be too late.
        """
        if at - self._wanted < _LONG_QUIET:
            return at - self._looked >= _AUDIT
        return at + step - self._looked > _QUIET_AUDIT


@dataclass(slots=True)
class RateSampler:
    """Chooses pictures so that ``rate`` a second are analysed, on the grid of its multiples so that errors do not add up."""

    rate: float
    next_due: float = 0.0

    def due(self, at: float) -> bool:
        """Whether the picture at stream time ``at`` (seconds, not falling) is taken."""
        # Half a millisecond: 1/5 s steps of a 90 kHz clock come a little early.
        if at + 0.0005 < self.next_due:
            return False
        self.next_due = (math.floor((at + 0.0005) * self.rate) + 1) / self.rate
        return True

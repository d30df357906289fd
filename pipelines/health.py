"""What is wrong with a camera's picture: frozen, black, too dark, glare, covered, blurred, moved, looped.

Works on glances (160 x 90, grey, about one a second) and on the sizes of compressed packets, against a baseline that
each camera teaches itself while its picture is healthy. Pure: time is an argument.

Why packet sizes: a quiet live scene and a frozen picture with a running clock differ by nothing in the whole-frame
difference (0.24 against 0.31 grey levels measured), but by a factor of ten and more in the bytes of a P-packet. An encoder
has nothing to say about a picture that does not change.

The numbers are starting values from generated clips.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.records import GapReason

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_ROWS, _COLUMNS = 9, 16
_CERTAIN: Final = 0.1  # of a displacement


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """Times in seconds, grey levels 0..255, shares 0..1."""

    learning: float = 20.0  # of healthy picture before anything is compared with it
    black_level: float = 25.0
    black_share: float = 0.98
    dark_mean: float = 32.0
    bright_level: int = 245
    glare_share: float = 0.35
    lost_edges: float = 0.2  # share of the usual sharpness below which edges have gone
    alike: float = 0.6  # correlation of the coarse picture with the reference
    flat: float = 0.3  # share of the usual contrast of the coarse picture
    shift: float = 0.025  # of the width
    unlike: float = 0.25  # correlation of the fine picture with the reference
    still_tiles: float = 0.9
    still_bytes: float = 0.5  # of the usual P-packet; encoders of constant rate save only slowly
    moved_hold: float = 20.0
    frozen_hold: float = 30.0
    hold: float = 10.0  # all other faults
    recovery: float = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Statistics of one glance. ``still``: mean grey difference to the glance before, tile by tile (16 x 9)."""

    at: float
    mean: float
    dark: float
    bright: float
    sharpness: float
    fine: Floats
    coarse: Floats
    still: Floats | None
    p_bytes: float


def look(grey: Grey, before: Grey | None, p_bytes: float, at: float, limits: HealthLimits | None = None) -> Look:
    """Measure one glance."""
    limits = limits or HealthLimits()
    values = grey.astype(np.float32)
    # Of pairs of pixels: the noise of a dark sensor must not pass for edges.
    edges = _laplacian(_halved(values))
    return Look(
        at=at,
        mean=float(values.mean()),
        dark=float((grey < limits.black_level).mean()),
        bright=float((grey >= limits.bright_level).mean()),
        sharpness=float(edges.var()),
        fine=values,
        coarse=_tiles(values),
        still=None if before is None or before.shape != grey.shape else _tiles(np.abs(values - before.astype(np.float32))),
        p_bytes=p_bytes,
    )


@dataclass(frozen=True, slots=True)
class Health:
    """``fault`` is ``None`` while the picture can be judged. ``since``: monotonic seconds at which it began."""

    fault: GapReason | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What a camera usually shows, to be kept over a restart."""

    reference: Floats
    noise: Floats
    sharpness: float
    bright: float
    p_bytes: float


@dataclass(slots=True)
class _Baseline:
    """What the camera usually shows. Learned quickly at first, then over about ten minutes."""

    reference: Floats | None = None
    sharpness: float = 0.0
    bright: float = 0.0
    noise: Floats | None = None
    p_bytes: float = 0.0
    since: float = 0.0
    count: int = 0

    def learn(self, seen: Look) -> None:
        if self.reference is None:
            self.reference, self.since = seen.fine, seen.at
        self.count += 1
        share = max(1.0 / self.count, 1.0 / 600.0)
        self.reference = self.reference + share * (seen.fine - self.reference)
        self.sharpness += share * (seen.sharpness - self.sharpness)
        self.bright += share * (seen.bright - self.bright)
        self.p_bytes += share * (seen.p_bytes - self.p_bytes)
        if seen.still is not None:
            self.noise = seen.still if self.noise is None else self.noise + share * (seen.still - self.noise)

    def ready(self, at: float, learning: float) -> bool:
        return self.reference is not None and at - self.since >= learning


@dataclass(slots=True)
class PictureHealth:
    """Watches one camera. Feed it every glance in order."""

    limits: HealthLimits = HealthLimits()
    health: Health = Health()
    _baseline: _Baseline = field(default_factory=_Baseline)
    _before: Grey | None = None
    _suspect: GapReason | None = None
    _suspect_since: float = 0.0
    _fine_since: float | None = None
    _still: deque[tuple[float, float]] = field(default_factory=deque)
    _unproven: deque[Look] = field(default_factory=deque)
    _former: Floats | None = None  # what was seen long ago: good for nothing but the question whether the camera was moved

    def memory(self) -> Memory | None:
        """What is worth keeping; ``None`` while something is wrong or too little is known."""
        base = self._baseline
        known = base.reference is not None and base.noise is not None and base.count >= self.limits.learning
        if not known or self.health.fault is not None:
            return None
        assert base.reference is not None
        assert base.noise is not None
        return Memory(base.reference, base.noise, base.sharpness, base.bright, base.p_bytes)

    def recall(self, memory: Memory, at: float, *, recent: bool) -> None:
        """Go on from what was known before a restart, at monotonic second ``at``.

        Args:
            memory: of the same camera with the same zones.
            at: now.
            recent: the light can still be the same. If not, only the view is compared, and all else learned anew.
        """
        if not recent:
            self._former = memory.reference
            return
        self._baseline = _Baseline(
            reference=memory.reference,
            sharpness=memory.sharpness,
            bright=memory.bright,
            noise=memory.noise,
            p_bytes=memory.p_bytes,
            since=at - self.limits.learning,
            count=600,
        )

    def see(self, grey: Grey, p_bytes: float, at: float, *, looped: bool = False) -> Health:
        """Take in one glance and say how the picture is.

        Args:
            grey: the small picture.
            p_bytes: mean size of the P-packets since the glance before; 0 when there were none.
            at: monotonic seconds.
            looped: what `LoopWatch` says of the packets.
        """
        seen = look(grey, self._before, p_bytes, at, self.limits)
        self._before = grey
        suspicion = GapReason.LOOPED if looped else self._suspicion(seen)
        if suspicion is None:
            self._suspect = None
            if self._recovering(at):
                self._learn(seen)
            return self.health
        self._fine_since = None
        self._unproven.clear()
        if suspicion is not self._suspect:
            self._suspect, self._suspect_since = suspicion, at
        if at - self._suspect_since >= self._patience(suspicion) and self.health.fault is not suspicion:
            self.health = Health(suspicion, self._suspect_since)
        return self.health

    def _learn(self, seen: Look) -> None:
        """A glance teaches only after half a minute without suspicion: what freezes now must not become usual meanwhile."""
        if not self._baseline.ready(seen.at, self.limits.learning):
            self._baseline.learn(seen)
            return
        self._unproven.append(seen)
        while seen.at - self._unproven[0].at > self.limits.frozen_hold + 10:
            self._baseline.learn(self._unproven.popleft())

    def redraw(self) -> None:
        """Somebody looked and drew the zones again: what the camera shows now is what it shall show."""
        self._baseline, self.health, self._suspect = _Baseline(), Health(), None
        self._unproven.clear()
        self._former = None

    def _recovering(self, at: float) -> bool:
        """Whether the picture is healthy; a fault ends only after some healthy seconds."""
        if self.health.fault is None:
            return True
        if self._fine_since is None:
            self._fine_since = at
        if at - self._fine_since >= self.limits.recovery:
            self.health = Health()
        return self.health.fault is None

    def _patience(self, suspicion: GapReason) -> float:
        if suspicion is GapReason.FROZEN:
            return 0.0  # has waited already
        return self.limits.moved_hold if suspicion is GapReason.MOVED else self.limits.hold

    def _suspicion(self, seen: Look) -> GapReason | None:
        limits, base = self.limits, self._baseline
        if seen.dark >= limits.black_share:
            return GapReason.BLACK
        known = base.ready(seen.at, limits.learning)
        if self._frozen(seen, known=known):
            return GapReason.FROZEN
        if seen.mean < limits.dark_mean:
            return GapReason.TOO_DARK
        if seen.bright > limits.glare_share and seen.bright > 2 * base.bright:
            return GapReason.GLARE
        return self._out_of_view(seen, known=known)

    def _out_of_view(self, seen: Look, *, known: bool) -> GapReason | None:
        """Whether the view that the camera has been given is still to be seen."""
        limits, base = self.limits, self._baseline
        if not known or base.reference is None:
            # Without a baseline only a picture of nearly one grey is certain to show nothing.
            if self._former is not None and self._former.shape == seen.fine.shape:
                shift, certainty = displacement(self._former, seen.fine)
                if certainty > _CERTAIN and shift >= limits.shift * seen.fine.shape[1]:
                    return GapReason.MOVED
            spread = float(np.percentile(np.abs(seen.fine - seen.fine.mean()), 99.5))
            return GapReason.COVERED if spread < 20.0 and float(seen.coarse.std()) < 5.0 else None
        usual = _tiles(base.reference)
        if seen.sharpness < limits.lost_edges * base.sharpness:
            flat = float(seen.coarse.std()) < limits.flat * float(usual.std())
            return GapReason.COVERED if flat or _correlation(seen.coarse, usual) < limits.alike else GapReason.BLURRED
        return GapReason.MOVED if self._moved(seen, base.reference) else None

    def _moved(self, seen: Look, reference: Floats) -> bool:
        if _correlation(_laplacian(seen.fine), _laplacian(reference)) >= 2 * self.limits.unlike:
            return False  # the usual case costs no transform
        shift, certainty = displacement(reference, seen.fine)
        if certainty > _CERTAIN:
            return bool(shift >= self.limits.shift * seen.fine.shape[1])
        return _correlation(_laplacian(seen.fine), _laplacian(reference)) < self.limits.unlike

    def _frozen(self, seen: Look, *, known: bool) -> bool:
        """Nine tiles in ten do not change for half a minute, and the encoder has nothing to say."""
        noise = self._baseline.noise
        if seen.still is None or not known or noise is None:
            return False
        floor = np.maximum(0.35 * noise, 0.02)
        self._still.append((seen.at, float((seen.still <= floor).mean())))
        while self._still and seen.at - self._still[0][0] > self.limits.frozen_hold + 5:
            self._still.popleft()
        if seen.at - self._still[0][0] < self.limits.frozen_hold:
            return False
        # Keyframes re-encode the same picture a little differently: the median, not every one, must be still.
        shares = [share for at, share in self._still if seen.at - at <= self.limits.frozen_hold]
        silent = self._baseline.p_bytes == 0.0 or seen.p_bytes < self.limits.still_bytes * self._baseline.p_bytes
        return bool(silent and np.median(shares) >= self.limits.still_tiles)


class LoopWatch:
    """Recognises a stream that is played again: the same packet sizes, group of pictures by group of pictures.

    Finds a replayed bit stream, not one that was encoded anew.
    """

    _LENGTH: Final = 8  # groups of pictures that must repeat in a row
    _MEMORY: Final = 20_000  # groups remembered
    _DISTINCT: Final = 12  # different sizes; fewer are a still picture

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._groups: deque[int] = deque(maxlen=self._LENGTH)
        self._kinds: deque[int] = deque(maxlen=self._LENGTH)
        self._seen: dict[int, None] = {}
        self.looped = False

    def packet(self, size: int, *, key: bool) -> bool:
        """Whether the stream repeats itself at present."""
        if key and self._sizes:
            self._groups.append(hash(tuple(self._sizes)))
            self._kinds.append(len(set(self._sizes)))
            self._sizes.clear()
            if len(self._groups) == self._LENGTH:
                name = hash(tuple(self._groups))
                self.looped = name in self._seen and sum(self._kinds) >= self._DISTINCT * 2
                self._seen[name] = None
                if len(self._seen) > self._MEMORY:
                    del self._seen[next(iter(self._seen))]
        self._sizes.append(size)
        return self.looped


def displacement(reference: Floats, seen: Floats) -> tuple[float, float]:
    """How far the picture has moved (pixels) and how certain that is (0..1), by phase correlation of the edges."""
    first, second = np.fft.rfft2(_windowed(reference)), np.fft.rfft2(_windowed(seen))
    cross = first * np.conj(second)
    surface = np.fft.irfft2(cross / np.maximum(np.abs(cross), 1e-9), s=reference.shape)
    peak = int(np.argmax(surface))
    height, width = reference.shape
    dy, dx = divmod(peak, width)
    dy, dx = (dy - height if dy > height // 2 else dy), (dx - width if dx > width // 2 else dx)
    return float(np.hypot(dx, dy)), float(surface.flat[peak])


def _windowed(values: Floats) -> Floats:
    """Edges only, fading out towards the border, which does not move with the picture."""
    height, width = values.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    return np.asarray(_laplacian(values) * window, dtype=np.float32)


def _laplacian(values: Floats) -> Floats:
    out = np.zeros_like(values)
    out[1:-1, 1:-1] = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:] - 4 * values[1:-1, 1:-1]
    return out


def _halved(values: Floats) -> Floats:
    height, width = values.shape[0] // 2 * 2, values.shape[1] // 2 * 2
    return np.asarray(values[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)), dtype=np.float32)


def _tiles(values: Floats) -> Floats:
    """Means of 16 x 9 tiles."""
    height, width = values.shape[0] // _ROWS * _ROWS, values.shape[1] // _COLUMNS * _COLUMNS
    blocks = values[:height, :width].reshape(_ROWS, height // _ROWS, _COLUMNS, width // _COLUMNS)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _correlation(first: Floats, second: Floats) -> float:
    a, b = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0

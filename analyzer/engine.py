"""Turns judgements at instants into events over time. All timing lives here and in `analyzer.episodes`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from analyzer.ballot import Instant
from analyzer.catalogue import active_rules
from analyzer.desk import Desk, Matter, Standing, event_of
from analyzer.entry import Entry, Level
from analyzer.errors import ForeignScene, OutOfOrder
from analyzer.moment import Moment
from analyzer.site import Site
from analyzer.supply import DEFAULT_SUPPLY, Supply
from analyzer.types import (
    CameraId,
    Event,
    Provenance,
    Reason,
    Role,
    Scene,
    Tally,
    TrackId,
)
from analyzer.witness import Witness

_SWEEP = timedelta(seconds=30)

_GAP = timedelta(seconds=10)
"""After so long without a scene what is open may be over before anything new is heard."""

_BLINDING = frozenset({Reason.CAMERA_DOWN, Reason.STREAM_FROZEN, Reason.VIEW_BLOCKED})
"""While one of these stands nothing in the picture can be believed, whatever the rule."""


class Engine:
    """The fold of one camera: feed scenes in time order, get events. Same scenes in, same events out.

    Args:
        site: the whole site; what concerns other cameras is ignored.
        camera: the camera whose scenes will be fed.
        provenance: goes into every event; the run id also into the event ids.
        supply: what perception delivers; rules that need more do not run (`analyzer.catalogue.explain_rules` says which).
        corrections: roles of tracks as a person has said (E9).

    Raises:
        InvalidSite: the site has no such camera, or its calibration fixes no floor.
    """

    def __init__(
        self,
        site: Site,
        camera: CameraId,
        provenance: Provenance,
        supply: frozenset[Supply] = DEFAULT_SUPPLY,
        corrections: Mapping[TrackId, Role] = MappingProxyType({}),
    ) -> None:
        own = site.of_camera(camera)
        self._camera = camera
        self._provenance = provenance
        self._witness = Witness(own, corrections)
        self._desks = tuple(Desk(entry) for entry in active_rules(own, Level.CAMERA, supply))
        self._moment: Moment | None = None
        self._last: datetime | None = None
        self._swept: datetime | None = None

    def step(self, scene: Scene) -> tuple[Event, ...]:
        """Judge one instant.

        Raises:
            OutOfOrder: the scene is not later than the one before.
            ForeignScene: the scene is of another camera.
        """
        frame = scene.frame
        if frame.camera != self._camera:
            raise ForeignScene(f'a scene of camera "{frame.camera}" was given to the engine of "{self._camera}"')
        if self._last is not None and frame.at <= self._last:
            raise OutOfOrder(f"the scene at {frame.at.isoformat()} is not later than the one at {self._last.isoformat()}")
        gap = self._last is not None and frame.at - self._last > _GAP
        self._last = frame.at
        instant = Instant(frame.at, frame.pts)
        moment = self._witness.look(scene)
        self._moment = moment
        events: list[Event] = []
        shown = moment.cues
        for desk in self._desks:
            if gap and desk.open:
                events += [self._event(desk, matter) for matter in desk.tick(instant, gap=True)]
            if desk.cues & shown:
                hindrance = self._hindrance(desk.entry, moment)
                events += [self._event(desk, matter) for matter in desk.hear(moment, instant, hindrance)]
            if desk.open:
                desk.part(moment, instant)
                events += [self._event(desk, matter) for matter in desk.tick(instant)]
        self._sweep(frame.at)
        return tuple(events)

    def _event(self, desk: Desk, matter: Matter) -> Event:
        return event_of(desk.entry, matter, self._camera, self._provenance)

    def finish(self, at: datetime, pts: timedelta) -> tuple[Event, ...]:
        """End of the stream: what is still open is lost from sight. The engine takes no scene afterwards.

        Args:
            at: the end; not before the last scene.
            pts: the same instant in stream time.
        """
        del at, pts  # an end tells of the last instant something was seen, not of the last instant looked at
        return tuple(self._event(desk, matter) for desk in self._desks for matter in desk.close())

    def tallies(self) -> tuple[Tally, ...]:
        """How often each rule was judged so far, in the order of the catalogue."""
        return tuple(desk.tally(self._camera) for desk in self._desks)

    def standings(self) -> tuple[Standing, ...]:
        """How every rule stands on the last scene: why there is an event, or why there is none. Changes nothing."""
        moment = self._moment
        if moment is None:
            return ()
        return tuple(standing for desk in self._desks for standing in desk.standings(moment, self._hindrance(desk.entry, moment)))

    def undecided(self, soon: timedelta = timedelta(seconds=2)) -> bool:
        """Whether the next ``soon`` may open or end an episode: it then pays to look more often. Changes nothing."""
        last = self._last
        return last is not None and any(desk.undecided(last, soon) for desk in self._desks)

    def _sweep(self, at: datetime) -> None:
        if self._swept is not None and at - self._swept < _SWEEP:
            return
        self._swept = at
        if gone := self._witness.forget(at):
            for desk in self._desks:
                desk.forget(gone)

    @staticmethod
    def _hindrance(entry: Entry, moment: Moment) -> Reason | None:
        """The first impairment of the picture that keeps a rule from judging; a moved camera voids every drawing."""
        if not moment.scene.impairments:
            return None
        for reason in sorted(moment.scene.impairments):
            voided = reason is Reason.VIEW_SHIFTED and not moment.mask_only
            if voided or reason in _BLINDING or reason in entry.not_assessable:
                return reason
        return None

"""What there is to judge at an instant, and what a rule waits for."""

from __future__ import annotations

from enum import IntFlag


class Cue(IntFlag):
    """What a moment must show for a rule to have anything to say. ``PLACES`` are there even when nobody is in view."""

    PLACES = 1
    PEOPLE = 2
    PAIRS = 4  # two people or more
    LEAVING = 8  # somebody has left a zone for good
    CROSSING = 16  # somebody has crossed a line for good
    DEPARTURES = 32  # somebody has gone in at a door
    VEHICLES = 64
    BAGS = 128

"""Reading masks, PPE and attire off people, behind the `Attributes` protocol. One instance a camera."""

from __future__ import annotations

from models.attributes.memory import AttributeOptions, TrackAttributes
from models.attributes.readers import MaskReader, PersonReader

__all__ = ["AttributeOptions", "MaskReader", "PersonReader", "TrackAttributes"]

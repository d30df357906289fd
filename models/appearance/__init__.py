"""Knowing a person again within minutes by the clothes, behind the `Embedder` protocol. Never by the face."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from models.appearance.colours import ClothesColours
from models.appearance.links import LinkFinder, LinkOptions, TrackLink
from models.protocols import Embedder

EMBEDDERS: Final[Mapping[str, Callable[[], Embedder]]] = {"colours": ClothesColours}
"""Name -> constructor."""

__all__ = ["EMBEDDERS", "ClothesColours", "LinkFinder", "LinkOptions", "TrackLink"]

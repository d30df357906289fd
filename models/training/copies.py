"""Which pictures are copies of one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from models.frame import Image

Hashes = npt.NDArray[np.uint8]
"""Difference hashes [N,8]: 64 bits a picture."""

_HASH_SIDE: Final = 8


def difference_hash(image: Image) -> Hashes:
    """Return the 64-bit difference hash [8] of a picture: scaling, compression and small changes of light keep it."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(small[:, 1:] > small[:, :-1])


def near_duplicates(hashes: Hashes, *, bits: int = 5) -> list[tuple[int, int]]:
    """Return the pairs of rows (i < j) that differ in at most ``bits`` of 64."""
    pairs: list[tuple[int, int]] = []
    for row in range(len(hashes) - 1):
        distance = np.bitwise_count(hashes[row + 1 :] ^ hashes[row]).sum(axis=1)
        pairs.extend((row, row + 1 + int(other)) for other in np.flatnonzero(distance <= bits))
    return pairs


def groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Return for each of ``count`` pictures the smallest index it is connected to through the pairs."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return [root(index) for index in range(count)]

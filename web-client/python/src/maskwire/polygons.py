"""Outlines of masks, along the edges of their pixels."""

from __future__ import annotations

from typing import Dict, List, Tuple

import numpy as np

Corner = Tuple[int, int]

# East, south, west, north: with y downwards the object lies to the right of the way.
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


def polygons_of(mask: np.ndarray) -> List[np.ndarray]:
    """The outer rings of a mask, each an array of x and y. Holes are left out: COCO's polygons have none.

    Pixels that touch at a corner alone are of two rings. Filled, the rings of a mask without holes are the mask.
    """
    ways = _ways(np.asarray(mask, dtype=bool))
    rings: List[np.ndarray] = []
    while ways:
        ring = _follow(ways)
        if _area(ring) > 0:
            rings.append(ring)
    return rings


def _ways(mask: np.ndarray) -> Dict[Corner, List[int]]:
    """From each corner of an edge the directions that it goes on in."""
    padded = np.pad(mask, 1)
    inside, ways = padded[1:-1, 1:-1], {}
    sides = (
        (inside & ~padded[:-2, 1:-1], (0, 0), 0),
        (inside & ~padded[1:-1, 2:], (1, 0), 1),
        (inside & ~padded[2:, 1:-1], (1, 1), 2),
        (inside & ~padded[1:-1, :-2], (0, 1), 3),
    )
    for edges, (dx, dy), direction in sides:
        for y, x in np.argwhere(edges).tolist():
            ways.setdefault((x + dx, y + dy), []).append(direction)
    return ways


def _follow(ways: Dict[Corner, List[int]]) -> np.ndarray:
    """One ring, whose ways are taken away."""
    start = at = next(iter(ways))
    first = direction = ways[at][0]
    before = (first + 1) % 4
    corners: List[Corner] = []
    while True:
        ways[at].remove(direction)
        if not ways[at]:
            del ways[at]
        if direction != before:
            corners.append(at)
        before = direction
        at = (at[0] + _STEPS[direction][0], at[1] + _STEPS[direction][1])
        # Round the same pixel first, then straight on, then round the next one.
        open_ways = ways.get(at, []) + ([first] if at == start else [])
        direction = next(one for one in _turns(before) if one in open_ways)
        if at == start and direction == first:
            break
    # The first corner may lie within a straight side.
    if len(corners) > 1 and before == first:
        corners = corners[1:]
    return np.array(corners)


def _turns(direction: int) -> Tuple[int, int, int]:
    return (direction + 1) % 4, direction, (direction + 3) % 4


def _area(ring: np.ndarray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y)) / 2

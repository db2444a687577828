"""COCO's run-length encoding, as pycocotools has it: column by column, background first."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np

Rle = Dict[str, Any]


def decode_rle(rle: Rle) -> np.ndarray:
    """A mask of ``bool``, rows by columns. ``counts`` may be compressed, as text or bytes, or a list of runs.

    :raises ValueError: when the runs do not fill the mask.
    """
    height, width = (int(side) for side in rle["size"])
    counts = rle["counts"]
    if isinstance(counts, bytes):
        counts = counts.decode("ascii")
    runs = _read_counts(counts) if isinstance(counts, str) else list(counts)
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise ValueError(f"The runs do not fill a mask of {height} by {width}.")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width, height).T


def encode_rle(mask: np.ndarray, compressed: bool = True) -> Rle:
    """The RLE of a mask, whose values are taken as false or true.

    :param compressed: text as COCO writes it; a list of runs otherwise.
    """
    height, width = mask.shape
    flat = np.asarray(mask, dtype=bool).T.reshape(-1)
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    ends = np.concatenate(([0], edges, [flat.size]))
    runs = np.diff(ends).tolist() if flat.size else []
    if flat.size and flat[0]:
        runs.insert(0, 0)
    return {"size": [height, width], "counts": _write_counts(runs) if compressed else runs}


def _read_counts(text: str) -> List[int]:
    runs: List[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value |= -1 << shift
        # From the third on each is told by what it differs from the run two before.
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = shift = 0
    return runs


def _write_counts(runs: List[int]) -> str:
    letters: List[str] = []
    for at, run in enumerate(runs):
        value = run - runs[at - 2] if at > 2 else run
        while True:
            bits = value & 0x1F
            value >>= 5
            is_last = value == (-1 if bits & 0x10 else 0)
            letters.append(chr((bits if is_last else bits | 0x20) + 48))
            if is_last:
                break
    return "".join(letters)

"""Files of pictures."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from typing import Union

import numpy as np

PictureLike = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, np.ndarray]


def bytes_of(picture: PictureLike) -> bytes:
    """A picture's file: what a path names, bytes as they are, or an array as PNG.

    :raises ValueError: for an array that is none of 8 bits, with one, three or four colours.
    """
    if isinstance(picture, np.ndarray):
        return _png(picture)
    if isinstance(picture, (bytes, bytearray, memoryview)):
        return bytes(picture)
    with open(picture, "rb") as file:
        return file.read()


def id_of(file: bytes) -> str:
    """What the service knows a picture by."""
    return f"sha256:{hashlib.sha256(file).hexdigest()}"


def _png(pixels: np.ndarray) -> bytes:
    """Nothing of the pixels is lost, and the work of squeezing them is spared."""
    colours = 1 if pixels.ndim == 2 else pixels.shape[2] if pixels.ndim == 3 else 0
    if pixels.dtype != np.uint8 or colours not in (1, 3, 4):
        raise ValueError("A picture as an array is of uint8, rows by columns, with three colours, four, or one.")
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + width * colours), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(height, width * colours)
    kind = {1: 0, 3: 2, 4: 6}[colours]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

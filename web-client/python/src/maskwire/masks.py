"""Masks, as the service gives them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from .polygons import polygons_of
from .rle import Rle, decode_rle

Json = Dict[str, Any]


@dataclass(frozen=True)
class Mask:
    """A mask in pixels of the upright picture.

    :ivar rle: COCO's run-length encoding, as pycocotools takes it.
    :ivar bbox: x, y, width and height in whole pixels.
    :ivar score: the model's own estimate of the mask's IoU with the object.
    :ivar stability: 1 where the mask's edge is certain.
    :ivar point: what found it in everything mode.
    :ivar logits: what the mask was cut from, on the model's grid, where it was asked for.
    """

    rle: Rle
    bbox: Tuple[int, int, int, int]
    area: int
    score: float
    stability: float
    point: Optional[Tuple[float, float]] = None
    crop_box: Optional[Tuple[int, int, int, int]] = None
    logits: Optional[np.ndarray] = None

    @property
    def array(self) -> np.ndarray:
        """The mask as ``bool``, rows by columns."""
        return decode_rle(self.rle)

    def polygons(self) -> List[np.ndarray]:
        """Its outer rings, each an array of x and y."""
        return polygons_of(self.array)


def mask_of(told: Json) -> Mask:
    """From a ``Mask`` in JSON."""
    logits = told.get("lowResLogits")
    return Mask(
        rle={"size": told["rle"]["size"], "counts": told["rle"].get("counts", "")},
        bbox=_box(told.get("bbox", {})),
        area=told.get("area", 0),
        score=float(told.get("predictedIou", 0)),
        stability=float(told.get("stabilityScore", 0)),
        logits=logits and logits_of(logits),
    )


def annotation_of(told: Json) -> Mask:
    """From an ``Annotation`` in JSON."""
    mask = mask_of(told["mask"])
    point = told.get("point")
    return Mask(
        **{
            **vars(mask),
            "point": point and (point.get("x", 0), point.get("y", 0)),
            "crop_box": _box(told.get("cropBox", {})),
        }
    )


def logits_of(told: Json) -> np.ndarray:
    """Half floats, row by row."""
    data = np.frombuffer(base64.b64decode(told["data"]), dtype="<f2")
    return data.reshape(told["height"], told["width"]).astype(np.float32)


def told_logits(logits: np.ndarray) -> Json:
    height, width = logits.shape
    # Beyond them is as certain as can be.
    data = np.clip(logits, -65504, 65504).astype("<f2").tobytes()
    return {"width": width, "height": height, "data": base64.b64encode(data).decode("ascii")}


def _box(told: Json) -> Tuple[int, int, int, int]:
    return told.get("x", 0), told.get("y", 0), told.get("width", 0), told.get("height", 0)

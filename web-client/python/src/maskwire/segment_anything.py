"""The classes of Meta's package ``segment_anything``, asked of a Maskwire: code written for them runs with one changed import."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from .client import Client, Picture
from .masks import Mask
from .rle import decode_rle, encode_rle

__all__ = ["Sam", "SamAutomaticMaskGenerator", "SamPredictor", "sam_model_registry"]


class Sam:
    """In a model's place: the service that ``MASKWIRE_URL`` names, with ``MASKWIRE_KEY`` and ``MASKWIRE_MODEL`` where they are set."""

    mask_threshold = 0.0
    image_format = "RGB"

    def __init__(self, checkpoint: Optional[str] = None, client: Optional[Client] = None, model: Optional[str] = None) -> None:
        """:param checkpoint: of no meaning here: the service has its weights."""
        url = os.environ.get("MASKWIRE_URL", "http://localhost:8080")
        self.client = client or Client(url, os.environ.get("MASKWIRE_KEY"))
        self.model = os.environ.get("MASKWIRE_MODEL", "") if model is None else model

    def to(self, *_: Any, **__: Any) -> "Sam":
        """The service chooses what it computes on."""
        return self

    def eval(self) -> "Sam":
        return self

    @property
    def device(self) -> str:
        return "cpu"


#: Whichever is named, the service's model answers.
sam_model_registry = {name: Sam for name in ("default", "vit_h", "vit_l", "vit_b")}


class SamPredictor:
    """Masks of one picture after the other."""

    def __init__(self, sam_model: Sam) -> None:
        self.model = sam_model
        self.reset_image()

    @property
    def device(self) -> str:
        return self.model.device

    def reset_image(self) -> None:
        self._picture: Optional[Picture] = None
        self.is_image_set = False
        self.original_size: Optional[Tuple[int, int]] = None

    def set_image(self, image: np.ndarray, image_format: str = "RGB") -> None:
        """:param image: rows, columns and colours of ``uint8``, in the order that ``image_format`` says: ``RGB`` or ``BGR``."""
        if image_format not in ("RGB", "BGR"):
            raise ValueError(f"The image's format is RGB or BGR; {image_format} is neither.")
        self._picture = _open(self.model, image if image_format == "RGB" else image[..., ::-1])
        self.is_image_set = True
        self.original_size = tuple(image.shape[:2])

    def predict(
        self,
        point_coords: Optional[np.ndarray] = None,
        point_labels: Optional[np.ndarray] = None,
        box: Optional[np.ndarray] = None,
        mask_input: Optional[np.ndarray] = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """:returns: masks (candidates, rows, columns), their scores, and their logits on the model's grid, to start from."""
        if self._picture is None:
            raise RuntimeError("An image must be set with .set_image(...) before mask prediction.")
        if return_logits:
            raise NotImplementedError("Logits in the picture's size are not sent. Take the third of what predict returns.")
        if point_coords is not None and point_labels is None:
            raise ValueError("Every point has a label: give point_labels.")
        found = self._picture.segment(
            points=[] if point_coords is None else np.asarray(point_coords),
            labels=None if point_labels is None else np.asarray(point_labels).tolist(),
            box=box,
            logits=None if mask_input is None else np.asarray(mask_input)[0],
            multimask=multimask_output,
            with_logits=True,
        )
        masks = np.stack([mask.array for mask in found])
        scores = np.array([mask.score for mask in found], dtype=np.float32)
        return masks, scores, np.stack([mask.logits for mask in found])

    def get_image_embedding(self) -> np.ndarray:
        raise NotImplementedError("The embedding stays with the service. Ask for masks with predict.")


class SamAutomaticMaskGenerator:
    """Masks of everything in a picture, as records."""

    def __init__(
        self,
        model: Sam,
        points_per_side: Optional[int] = 32,
        points_per_batch: int = 64,
        pred_iou_thresh: float = 0.88,
        stability_score_thresh: float = 0.95,
        stability_score_offset: float = 1.0,
        box_nms_thresh: float = 0.7,
        crop_n_layers: int = 0,
        crop_nms_thresh: float = 0.7,
        crop_overlap_ratio: float = 512 / 1500,
        crop_n_points_downscale_factor: int = 1,
        point_grids: Optional[List[np.ndarray]] = None,
        min_mask_region_area: int = 0,
        output_mode: str = "binary_mask",
    ) -> None:
        """:param points_per_batch: of no meaning here: the service runs as many together as it can."""
        if point_grids is not None or points_per_side is None:
            raise NotImplementedError("The service lays its own grid. Give points_per_side.")
        if output_mode not in ("binary_mask", "uncompressed_rle", "coco_rle"):
            raise ValueError(f"The output mode is binary_mask, uncompressed_rle or coco_rle; {output_mode} is none of them.")
        self._model = model
        self._output_mode = output_mode
        self._terms = {
            # As Meta's: every point of the grid, whatever is known of it already.
            "mode": "EVERYTHING_MODE_EXHAUSTIVE",
            "points_per_side": points_per_side,
            "pred_iou_thresh": pred_iou_thresh,
            "stability_score_thresh": stability_score_thresh,
            "stability_score_offset": stability_score_offset,
            "box_nms_thresh": box_nms_thresh,
            "crop_n_layers": crop_n_layers,
            "crop_nms_thresh": crop_nms_thresh,
            "crop_overlap_ratio": crop_overlap_ratio,
            "crop_n_points_downscale_factor": crop_n_points_downscale_factor,
            "min_mask_region_area": min_mask_region_area,
        }

    def generate(self, image: np.ndarray) -> List[Dict[str, Any]]:
        """:returns: a record a mask: ``segmentation``, ``area``, ``bbox``, ``predicted_iou``, ``point_coords``, ``stability_score``, ``crop_box``."""
        picture = _open(self._model, image)
        return [self._record(mask) for mask in picture.everything(**self._terms)]

    def _record(self, mask: Mask) -> Dict[str, Any]:
        x, y, width, height = mask.bbox
        return {
            "segmentation": self._segmentation(mask),
            "area": mask.area,
            # From the first pixel's middle to the last one's, as Meta's.
            "bbox": [x, y, max(0, width - 1), max(0, height - 1)],
            "predicted_iou": mask.score,
            "point_coords": [list(mask.point)] if mask.point else [],
            "stability_score": mask.stability,
            "crop_box": list(mask.crop_box or (0, 0, 0, 0)),
        }

    def _segmentation(self, mask: Mask) -> Any:
        if self._output_mode == "binary_mask":
            return mask.array
        if self._output_mode == "coco_rle":
            return mask.rle
        return encode_rle(decode_rle(mask.rle), compressed=False)


def _open(sam: Sam, image: np.ndarray) -> Picture:
    return sam.client.open(np.ascontiguousarray(image), sam.model)

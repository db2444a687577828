"""A client that waits for its answers."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, TypeVar

import numpy as np

from .errors import MaskwireError
from .files import PictureLike, bytes_of, id_of
from .masks import Mask, annotation_of, mask_of, told_logits
from .over_http import HttpTransport
from .rle import Rle, encode_rle
from .tracks import Shown, TrackedFrame, track

Json = Dict[str, Any]
Answer = TypeVar("Answer")

#: Tries of one request, beyond which the caller is told.
_MOST_TRIES = 5
_DEFAULT_RETRY_S = 0.5


class Client:
    """A Maskwire, by its address.

    :param url: ``http``, ``https``, ``grpc`` or ``grpcs``. Over gRPC grpcio and protobuf are needed.
    :param key: what shows who is calling, where the service asks: a key or an access token.
    """

    def __init__(self, url: str = "http://localhost:8080", key: Optional[str] = None) -> None:
        if url.startswith(("grpc://", "grpcs://")):
            from .over_grpc import GrpcTransport

            self._transport: Any = GrpcTransport(url, key)
        elif url.startswith(("http://", "https://")):
            self._transport = HttpTransport(url, key)
        else:
            raise ValueError(f"{url} is no address: it begins with http://, https://, grpc:// or grpcs://.")

    def open(self, picture: PictureLike, model: str = "") -> "Picture":
        """Has a picture made ready. Its file is sent only where the service does not have it.

        :param picture: a path, the bytes of a file, or an array of ``uint8``: rows, columns, and red, green and blue.
        :param model: one that the service serves besides its usual one.
        :raises MaskwireError: when it is refused.
        """
        file = bytes_of(picture)
        image_id = id_of(file)
        known = again(lambda: self._transport.lookup(image_id, model))
        if known is not None and known.get("embedded"):
            image = known["image"]
        else:
            image = again(lambda: self._transport.upload(image_id, model, file))
        return Picture(self._transport, file, image, model)

    def cut_out(
        self,
        picture: PictureLike,
        points: Iterable[Sequence[float]] = (),
        labels: Optional[Iterable[int]] = None,
        box: Optional[Sequence[float]] = None,
        text: str = "",
        model: str = "",
    ) -> bytes:
        """An object by itself: a PNG file of it on transparency, no larger than it needs to be.

        The picture is sent with each call. What describes the object is as in :meth:`Picture.segment`. Not over gRPC.

        :raises MaskwireError: when it is refused, and when nothing is there.
        """
        file = bytes_of(picture)
        prompt = prompt_of(points, labels, box, None, None, text)
        return again(lambda: self._transport.cut_out(prompt, model, file))

    def track(
        self,
        frames: Sequence[PictureLike],
        shown: Iterable[Shown],
        first: Optional[int] = None,
        last: Optional[int] = None,
        model: str = "",
    ) -> Iterator[TrackedFrame]:
        """Objects through the frames of a video, each frame as it is made: those that are shown first, then forwards, then backwards.

        :param frames: pictures of one size, in their order. A file is sent only where the service does not have it.
        :param shown: objects on frames: see :func:`show`.
        :param first: the first frame that is wanted; all when left out, as ``last``.
        :raises MaskwireError: when it is refused, or cannot go on.
        """
        return track(self._transport, again, frames, shown, first, last, model)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Picture:
    """A picture that the service has. Made by :meth:`Client.open`.

    :ivar id: ``sha256:`` and the digest of its file.
    :ivar width: in pixels of the upright picture, as all that is asked and answered.
    """

    def __init__(self, transport: Any, file: bytes, image: Json, model: str) -> None:
        self.id: str = image["imageId"]
        self.width: int = image["width"]
        self.height: int = image["height"]
        self._transport = transport
        self._file = file
        self._model = model

    def segment(
        self,
        points: Iterable[Sequence[float]] = (),
        labels: Optional[Iterable[int]] = None,
        box: Optional[Sequence[float]] = None,
        mask: Optional[np.ndarray] = None,
        logits: Optional[np.ndarray] = None,
        text: str = "",
        multimask: Optional[bool] = None,
        with_logits: bool = False,
    ) -> List[Mask]:
        """Masks of the object that a prompt describes, the best first.

        :param points: x and y of each.
        :param labels: 1 for a point on the object, 0 for one beside it; all 1 when left out.
        :param box: the object's corners: x and y of one, x and y of the other.
        :param mask: a rough mask to start from, of the picture's size.
        :param logits: those of an earlier mask to start from (``with_logits``).
        :param text: words, for every object of that kind.
        :param multimask: every candidate of an ambiguous prompt, or one mask; left out, SAM's own rule.
        :raises MaskwireError: when the prompt is refused.
        """
        prompt = prompt_of(points, labels, box, mask, logits, text)
        request: Json = {"imageId": self.id, "model": self._model, "prompt": prompt}
        if multimask is not None:
            request["multimask"] = bool(multimask)
        if with_logits:
            request["formats"] = ["MASK_FORMAT_LOW_RES_LOGITS"]
        told = again(lambda: self._kept(lambda: self._transport.segment(request)))
        return [mask_of(one) for one in told.get("masks", [])]

    def everything(self, **terms: Any) -> Iterator[Mask]:
        """Masks of everything in the picture, once it is certain which they are.

        :param terms: Meta's: ``points_per_side``, ``pred_iou_thresh``, ``stability_score_thresh``, ``stability_score_offset``,
            ``box_nms_thresh``, ``min_mask_region_area``, ``crop_n_layers``, ``crop_nms_thresh``, ``crop_overlap_ratio``,
            ``crop_n_points_downscale_factor``; ``text`` for objects of one kind, ``mode`` as the contract has it.
        :raises MaskwireError: when it is refused, or cannot go on.
        """
        request = {"imageId": self.id, "model": self._model, **{camel(name): value for name, value in terms.items()}}
        found: Dict[int, Mask] = {}
        for kind, told in self._kept(lambda: list(self._transport.everything(request))):
            if kind == "retracted":
                found.pop(told, None)
            elif kind == "annotation":
                found[told.get("id", 0)] = annotation_of(told)
            else:
                found[told["id"]] = _recorded(told)
        yield from found.values()

    def _kept(self, ask: Callable[[], Answer]) -> Answer:
        """What the service has forgotten meanwhile is sent again."""
        try:
            return ask()
        except MaskwireError as error:
            if error.code != "NOT_FOUND":
                raise
            again(lambda: self._transport.upload(self.id, self._model, self._file))
            return ask()


def again(ask: Callable[[], Answer]) -> Answer:
    """Asks until it is answered, as often as may help."""
    for tries in range(_MOST_TRIES):
        try:
            return ask()
        except MaskwireError as error:
            if not error.should_retry or tries + 1 == _MOST_TRIES:
                raise
            time.sleep(_DEFAULT_RETRY_S * 2**tries if error.retry_after_s is None else error.retry_after_s)
    raise AssertionError("the last try ends")


def prompt_of(
    points: Iterable[Sequence[float]],
    labels: Optional[Iterable[int]],
    box: Optional[Sequence[float]],
    mask: Optional[np.ndarray],
    logits: Optional[np.ndarray],
    text: str,
) -> Json:
    try:
        spots: List[Tuple[float, float]] = [(float(x), float(y)) for x, y in points]
    except TypeError:
        raise ValueError("Points are pairs of numbers, also a single one: points=[(640, 380)].") from None
    kinds = [1] * len(spots) if labels is None else [int(label) for label in labels]
    if len(kinds) != len(spots):
        raise ValueError(f"There are {len(spots)} points and {len(kinds)} labels: each point has one.")
    prompt: Json = {"points": [{"x": x, "y": y, "label": label} for (x, y), label in zip(spots, kinds)]}
    if box is not None:
        x0, y0, x1, y1 = (float(side) for side in np.asarray(box).reshape(-1))
        prompt["box"] = {"x0": x0, "y0": y0, "x1": x1, "y1": y1}
    if mask is not None:
        prompt["mask"] = {"rle": encode_rle(mask)}
    if logits is not None:
        prompt["mask"] = {"lowResLogits": told_logits(logits)}
    if text:
        prompt["text"] = text
    return prompt


def show(
    frame: int,
    object: int = 1,
    points: Iterable[Sequence[float]] = (),
    labels: Optional[Iterable[int]] = None,
    box: Optional[Sequence[float]] = None,
    mask: Optional[np.ndarray] = None,
    text: str = "",
) -> Shown:
    """An object on a frame of a video, for :meth:`Client.track`; its parts are those of :meth:`Picture.segment`.

    :param object: a number of one's own, from 1.
    """
    return Shown(frame=frame, object=object, prompt=prompt_of(points, labels, box, mask, None, text))


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _recorded(record: Json) -> Mask:
    """From a record of SA-1B's, whose boxes go from middle to middle."""
    x, y, width, height = record["bbox"]
    rle: Rle = record["segmentation"]
    return Mask(
        rle=rle,
        bbox=(x, y, width + 1, height + 1) if record["area"] else (0, 0, 0, 0),
        area=record["area"],
        score=record["predicted_iou"],
        stability=record["stability_score"],
        point=tuple(record["point_coords"][0]) if record["point_coords"] else None,
        crop_box=tuple(record["crop_box"]),
    )

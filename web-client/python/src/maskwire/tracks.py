"""Objects through the frames of a video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence

import numpy as np

from .errors import MaskwireError
from .files import PictureLike, bytes_of, id_of
from .masks import Mask, mask_of

Json = Dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """An object on a frame, as a person shows it. :attr:`prompt` is made by :func:`show`."""

    frame: int
    object: int
    prompt: Json


@dataclass(frozen=True)
class TrackedFrame:
    """What was made of a frame.

    :ivar frame: its number, from 0.
    :ivar masks: by object; without those that are absent.
    :ivar states: by object: ``tracked``, ``unsure``, ``absent`` or ``corrected``.
    :ivar cut: it is so unlike the frames before it that there is likely a cut.
    """

    frame: int
    masks: Dict[int, Mask]
    states: Dict[int, str]
    cut: bool = False

    def array(self, object: int = 1) -> Optional[np.ndarray]:
        """An object's mask as ``bool``; ``None`` where it is absent."""
        mask = self.masks.get(object)
        return None if mask is None else mask.array


def track(
    transport: Any,
    again: Callable[[Callable[[], Any]], Any],
    frames: Sequence[PictureLike],
    shown: Iterable[Shown],
    first: Optional[int],
    last: Optional[int],
    model: str,
) -> Iterator[TrackedFrame]:
    """See :meth:`Client.track`."""
    ids = [_put(transport, again, frame, model) for frame in frames]
    request: Json = {
        "imageIds": ids,
        "model": model,
        "prompts": [{"frame": one.frame, "object": one.object, "prompt": one.prompt} for one in shown],
    }
    if first is not None:
        request["first"] = int(first)
    if last is not None:
        request["last"] = int(last)
    known: Dict[int, TrackedFrame] = {}
    for told in transport.track(request):
        frame = int(told.get("frame", 0))
        before = known.get(frame)
        made = _frame_of(frame, told, before)
        known[frame] = made
        yield made


def _put(transport: Any, again: Callable[[Callable[[], Any]], Any], frame: PictureLike, model: str) -> str:
    file = bytes_of(frame)
    image_id = id_of(file)
    if again(lambda: transport.lookup(image_id, model)) is None:
        again(lambda: transport.upload(image_id, model, file))
    return image_id


def _frame_of(frame: int, told: Json, before: Optional[TrackedFrame]) -> TrackedFrame:
    masks = dict(before.masks) if before else {}
    states = dict(before.states) if before else {}
    objects: List[Json] = told.get("objects", [])
    for one in objects:
        number = int(one["object"])
        states[number] = str(one.get("state", "")).replace("TRACK_STATE_", "").lower()
        if "mask" in one:
            masks[number] = mask_of(one["mask"])
        else:
            masks.pop(number, None)
    return TrackedFrame(frame=frame, masks=masks, states=states, cut=bool(told.get("cut", False)))


def stopped(told: Json) -> MaskwireError:
    """What a run could not go on for."""
    error = told.get("error", told)
    retry_after_ms = error.get("retryAfterMs")
    code = str(error.get("code", "INTERNAL")).replace("ERROR_CODE_", "")
    retry_after_s = None if retry_after_ms is None else retry_after_ms / 1000
    return MaskwireError(code, error.get("message", ""), error.get("reason", ""), retry_after_s)

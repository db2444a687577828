"""Pictures, clicks and masks of a Maskwire, as numpy arrays."""

from .aio import AsyncClient, AsyncPicture
from .client import Client, Picture, show
from .errors import MaskwireError
from .masks import Mask
from .polygons import polygons_of
from .rle import decode_rle, encode_rle
from .tracks import Shown, TrackedFrame

__all__ = [
    "AsyncClient",
    "AsyncPicture",
    "Client",
    "Mask",
    "MaskwireError",
    "Picture",
    "Shown",
    "TrackedFrame",
    "decode_rle",
    "encode_rle",
    "polygons_of",
    "show",
]

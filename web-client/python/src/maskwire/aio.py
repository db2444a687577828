"""A client for asyncio. Its requests wait in threads, so that the loop goes on."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, List, Optional

from .client import Client, Picture
from .files import PictureLike
from .masks import Mask


class AsyncClient:
    """As :class:`Client`, with ``await``."""

    def __init__(self, url: str = "http://localhost:8080", key: Optional[str] = None) -> None:
        self._client = Client(url, key)

    async def open(self, picture: PictureLike, model: str = "") -> "AsyncPicture":
        """As :meth:`Client.open`."""
        return AsyncPicture(await asyncio.to_thread(self._client.open, picture, model))

    async def cut_out(self, *args: Any, **kwargs: Any) -> bytes:
        """As :meth:`Client.cut_out`."""
        return await asyncio.to_thread(self._client.cut_out, *args, **kwargs)

    async def close(self) -> None:
        self._client.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncPicture:
    """As :class:`Picture`, with ``await`` and ``async for``."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.id = picture.id
        self.width = picture.width
        self.height = picture.height

    async def segment(self, *args: Any, **kwargs: Any) -> List[Mask]:
        """As :meth:`Picture.segment`."""
        return await asyncio.to_thread(self._picture.segment, *args, **kwargs)

    async def everything(self, **terms: Any) -> AsyncIterator[Mask]:
        """As :meth:`Picture.everything`."""
        for mask in await asyncio.to_thread(lambda: list(self._picture.everything(**terms))):
            yield mask

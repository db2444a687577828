"""The service over gRPC. Needs grpcio and protobuf."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Tuple
from urllib.parse import urlsplit

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict

from .contract import message
from .errors import MaskwireError
from .tracks import stopped

Json = Dict[str, Any]

_CHUNK_BYTES = 1 << 20
_OPTIONS = [("grpc.max_receive_message_length", 64 << 20)]


class GrpcTransport:
    """One channel, for all threads."""

    def __init__(self, url: str, key: Optional[str]) -> None:
        parts = urlsplit(url)
        address = parts.netloc
        if parts.scheme == "grpcs":
            self._channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(), _OPTIONS)
        else:
            self._channel = grpc.insecure_channel(address, _OPTIONS)
        self._metadata = [] if key is None else [("authorization", f"Bearer {key}")]

    def close(self) -> None:
        self._channel.close()

    def lookup(self, image_id: str, model: str) -> Optional[Json]:
        """What is known of a picture, ``None`` for one that is not."""
        request = {"imageId": image_id, "model": model}
        found = self._unary("EncoderService/LookupImage", "LookupImageRequest", "LookupImageResponse", request)
        return found if "image" in found else None

    def upload(self, image_id: str, model: str, file: bytes) -> Json:
        request = message("EncodeRequest")

        def parts() -> Iterator[Any]:
            yield ParseDict({"header": {"imageId": image_id, "model": model}}, request())
            for at in range(0, len(file), _CHUNK_BYTES):
                yield request(chunk=file[at : at + _CHUNK_BYTES])

        call = self._channel.stream_stream(
            "/maskwire.v1.EncoderService/Encode", request.SerializeToString, message("EncodeEvent").FromString
        )
        try:
            for event in call(parts(), metadata=self._metadata):
                if event.WhichOneof("event") == "ready":
                    return MessageToDict(event.ready.image)
        except grpc.RpcError as error:
            raise _told_error(error) from error
        raise MaskwireError("INTERNAL", "The service ended without an embedding. Ask who runs it why.")

    def cut_out(self, prompt: Json, model: str, file: bytes) -> bytes:
        raise MaskwireError("UNIMPLEMENTED", "Nothing is cut out over gRPC. Use the service's http or https address.")

    def segment(self, request: Json) -> Json:
        return self._unary("DecoderService/SegmentOnce", "SegmentRequest", "SegmentResponse", request)["result"]

    def everything(self, request: Json) -> Iterator[Tuple[str, Any]]:
        """What is found, as it is: ``found`` with an annotation, ``retracted`` with an id."""
        wanted = message("SegmentEverythingRequest")
        call = self._channel.unary_stream(
            "/maskwire.v1.DecoderService/SegmentEverything",
            wanted.SerializeToString,
            message("SegmentEverythingEvent").FromString,
        )
        events = call(ParseDict(request, wanted()), metadata=self._metadata)
        try:
            for event in events:
                kind = event.WhichOneof("event")
                if kind == "found":
                    yield "annotation", MessageToDict(event.found)
                elif kind == "retracted":
                    yield "retracted", event.retracted.id
        except grpc.RpcError as error:
            raise _told_error(error) from error
        finally:
            events.cancel()

    def track(self, request: Json) -> Iterator[Json]:
        """What is made of frames, as it is. An object that a frame does not name is as it was."""
        command = message("TrackCommand")
        run = {name: request[name] for name in ("first", "last") if name in request}
        opened = {"open": {"imageIds": request["imageIds"], "model": request["model"]}}
        prompts = [{"prompt": {"prompt": one}} for one in request["prompts"]]
        commands = [
            ParseDict({"sequence": at + 1, **one}, command())
            for at, one in enumerate([opened, *prompts, {"run": run}])
        ]
        call = self._channel.stream_stream(
            "/maskwire.v1.TrackService/Track", command.SerializeToString, message("TrackUpdate").FromString
        )
        updates = call(iter(commands), metadata=self._metadata)
        try:
            for update in updates:
                kind = update.WhichOneof("update")
                if kind == "frame":
                    yield MessageToDict(update.frame)
                elif kind == "prompted":
                    yield MessageToDict(update.prompted.frame)
                elif kind == "done":
                    return
                elif kind in ("failed", "stopped"):
                    raise stopped(MessageToDict(getattr(update, kind)))
        except grpc.RpcError as error:
            raise _told_error(error) from error
        finally:
            updates.cancel()

    def _unary(self, method: str, takes: str, gives: str, request: Json) -> Json:
        wanted = message(takes)
        call = self._channel.unary_unary(
            f"/maskwire.v1.{method}", wanted.SerializeToString, message(gives).FromString
        )
        try:
            return MessageToDict(call(ParseDict(request, wanted()), metadata=self._metadata))
        except grpc.RpcError as error:
            raise _told_error(error) from error


def _told_error(error: grpc.RpcError) -> MaskwireError:
    trailers = {name: value for name, value in (error.trailing_metadata() or ())}
    pushback_ms = trailers.get("grpc-retry-pushback-ms")
    retry_after_s = None if pushback_ms is None else int(pushback_ms) / 1000
    return MaskwireError(error.code().name, error.details() or "", "", retry_after_s)

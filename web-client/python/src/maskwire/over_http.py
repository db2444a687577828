"""The service over HTTP, with Python's own library."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from typing import Any, Dict, Iterator, Optional, Tuple
from urllib.parse import urlencode, urlsplit

from .errors import MaskwireError

Json = Dict[str, Any]

#: Longer than the service takes for any answer of its own.
_TIMEOUT_S = 120


class HttpTransport:
    """Connections that are kept, one a thread."""

    def __init__(self, url: str, key: Optional[str]) -> None:
        parts = urlsplit(url)
        self._url = url
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname or "localhost"
        self._port = parts.port
        self._path = parts.path.rstrip("/")
        self._headers = {} if key is None else {"authorization": f"Bearer {key}"}
        self._kept = threading.local()

    def close(self) -> None:
        connection = getattr(self._kept, "connection", None)
        if connection is not None:
            connection.close()
            self._kept.connection = None

    def lookup(self, image_id: str, model: str) -> Optional[Json]:
        """What is known of a picture, ``None`` for one that is not."""
        try:
            return self._json("GET", f"/v1/images/{image_id}?{urlencode({'model': model})}")
        except MaskwireError as error:
            if error.code == "NOT_FOUND":
                return None
            raise

    def upload(self, image_id: str, model: str, file: bytes) -> Json:
        query = urlencode({"id": image_id, "model": model})
        return self._json("POST", f"/v1/images?{query}", file, "application/octet-stream")["image"]

    def cut_out(self, prompt: Json, model: str, file: bytes) -> bytes:
        query = [("point" if at["label"] else "negative", f"{at['x']},{at['y']}") for at in prompt["points"]]
        if "box" in prompt:
            query.append(("box", ",".join(str(prompt["box"][side]) for side in ("x0", "y0", "x1", "y1"))))
        query += [(name, value) for name, value in (("text", prompt.get("text")), ("model", model)) if value]
        return self._ask("POST", f"/v1/cutout?{urlencode(query)}", file, "application/octet-stream")

    def segment(self, request: Json) -> Json:
        return self._json("POST", "/v1/segment", json.dumps(request).encode())

    def everything(self, request: Json) -> Iterator[Tuple[str, Any]]:
        """What is found, as it is: ``found`` with a record of SA-1B's, ``retracted`` with an id."""
        # Of its own: who reads no more of it leaves it half read.
        connection = self._connect()
        try:
            connection.request("POST", self._path + "/v1/everything", json.dumps(request), self._headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise _error_of(answer, answer.read())
            for line in answer:
                told = json.loads(line)
                if "error" in told:
                    raise _told_error(told["error"])
                if "annotation" in told:
                    yield "found", told["annotation"]
                elif "retracted" in told:
                    yield "retracted", told["retracted"]
                elif "done" in told:
                    return
            raise MaskwireError("UNAVAILABLE", "The connection was lost before everything was found. Begin again.")
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def track(self, request: Json) -> Iterator[Json]:
        """Frames, as they are made."""
        connection = self._connect()
        try:
            headers = {**self._headers, "content-type": "application/json"}
            connection.request("POST", self._path + "/v1/track", json.dumps(request), headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise _error_of(answer, answer.read())
            last = None
            for line in answer:
                told = json.loads(line)
                if "error" in told:
                    raise _told_error(told["error"])
                if "done" in told:
                    return
                # Said once more while nothing else was.
                if "frame" in told and told != last:
                    last = told
                    yield told["frame"]
            raise MaskwireError("UNAVAILABLE", "The connection was lost before the end of the video. Begin again.")
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from error
        finally:
            connection.close()

    def _json(self, method: str, path: str, body: Optional[bytes] = None, kind: str = "application/json") -> Json:
        return json.loads(self._ask(method, path, body, kind))

    def _ask(self, method: str, path: str, body: Optional[bytes], kind: str) -> bytes:
        headers = {**self._headers, **({} if body is None else {"content-type": kind})}
        answer, text = self._answer(method, self._path + path, body, headers)
        if answer.status != 200:
            raise _error_of(answer, text)
        return text

    def _answer(
        self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str]
    ) -> Tuple[http.client.HTTPResponse, bytes]:
        for is_last in (False, True):
            kept = getattr(self._kept, "connection", None)
            connection = kept or self._connect()
            self._kept.connection = connection
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer, answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # One that was kept may have been closed meanwhile: nothing that is asked here does harm twice.
                if kept is None or is_last:
                    raise self._unreachable(error) from error
        raise AssertionError("either try ends")

    def _connect(self) -> http.client.HTTPConnection:
        if self._is_secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT_S, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)

    def _unreachable(self, error: Exception) -> MaskwireError:
        what = f"Nobody answers at {self._url} ({error})."
        return MaskwireError("UNAVAILABLE", f"{what} Check the address, and that the service runs.")


def _error_of(answer: http.client.HTTPResponse, body: bytes) -> MaskwireError:
    try:
        return _told_error(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        code = "UNAVAILABLE" if answer.status in (429, 502, 503, 504) else "INTERNAL"
        return MaskwireError(code, f"What stands before the service answered with {answer.status}. Try again later.")


def _told_error(told: Json) -> MaskwireError:
    retry_after_ms = told.get("retryAfterMs")
    retry_after_s = None if retry_after_ms is None else retry_after_ms / 1000
    return MaskwireError(told["code"], told["message"], told.get("reason", ""), retry_after_s)

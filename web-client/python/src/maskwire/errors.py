"""What cannot be done, and what to do about it."""

from __future__ import annotations

from typing import Optional


class MaskwireError(Exception):
    """A failure, with a code as gRPC names it and one sentence that says what to do.

    :ivar code: such as ``INVALID_ARGUMENT`` or ``UNAVAILABLE``.
    :ivar reason: what a program may go by where the code does not say enough; ``""`` when there is nothing to say.
    :ivar retry_after_s: how long to wait before another try is worth it; ``None`` where none is.
    """

    def __init__(self, code: str, message: str, reason: str = "", retry_after_s: Optional[float] = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s

    @property
    def should_retry(self) -> bool:
        """Whether the same may be done again by itself, after a while."""
        if self.reason == "UPLOAD_TOO_SLOW":
            return False
        if self.code in ("CANCELLED", "DEADLINE_EXCEEDED", "UNAVAILABLE"):
            return True
        # Too many waiting comes with a hint; too many bytes or pixels does not.
        return self.code == "RESOURCE_EXHAUSTED" and self.retry_after_s is not None

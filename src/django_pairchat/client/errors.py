"""The errors that users of the client may meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Any problem of the client's."""


class Refused(ClientError):
    """The server refused a request, and nothing was changed. ``code`` is one of the protocol's error codes."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        """Take an error frame, or the body of a refused HTTP request."""
        self.code: str = answer.get("code", "error")
        self.message: str = answer.get("message", "")
        self.field: str | None = answer.get("field")
        self.retry_after: float = answer.get("retry_after", 0)
        """Seconds."""
        self.ref: str | None = answer.get("ref")
        super().__init__(f"{self.code}: {self.message}" if self.message else self.code)


class SignedOut(Refused):
    """Nobody is signed in any more, or somebody else: the headers are refused, and there are no new ones."""

    def __init__(self, message: str = "The server accepts these headers no longer.") -> None:
        """Take a sentence that says why."""
        super().__init__({"code": "unauthenticated", "message": message})


class Unanswered(ClientError):
    """There was no answer: nobody knows whether the request was carried out. It may be repeated."""


class Closed(ClientError):
    """The client was closed, or the server wants no more connections from it."""

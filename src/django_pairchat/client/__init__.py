"""A client for bots, tests and command lines. It needs the extra ``client``, and imports nothing of Django's."""

from __future__ import annotations

from .client import PairchatClient
from .errors import ClientError, Closed, Refused, SignedOut, Unanswered
from .store import Store
from .transport import Authenticate

__all__ = ["Authenticate", "ClientError", "Closed", "PairchatClient", "Refused", "SignedOut", "Store", "Unanswered"]

"""The board's ASGI application in a process that dies or errs when a test asks for it."""

from __future__ import annotations

from board_site.asgi import application

from . import fault_injection

__all__ = ["application"]

fault_injection.prepare()

"""The board's ASGI application in a process that dies or errs when a test asks for it."""

from __future__ import annotations

from board_site.asgi import application

from . import sabotage

__all__ = ["application"]

sabotage.prepare()

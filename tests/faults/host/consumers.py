"""A consumer whose hooks raise for the people who are named after them."""

from __future__ import annotations

from typing import Any

from django_pairchat.consumers import ChatConsumer


class SpoiltConsumer(ChatConsumer):
    def _spoil(self, hook: str, user: Any) -> None:
        if user is not None and user.username.startswith(hook):
            raise ZeroDivisionError(f"in {hook}")

    async def get_user(self) -> Any:
        user = await super().get_user()
        self._spoil("get_user", user)
        return user

    async def still_allowed(self) -> bool:
        self._spoil("still_allowed", self.user)
        return await super().still_allowed()

    async def connected(self) -> None:
        self._spoil("connected", self.user)

    async def disconnected(self) -> None:
        self._spoil("disconnected", self.user)

    def filter_frame(self, frame: str) -> str | None:
        self._spoil("filter_frame", self.user)
        return frame

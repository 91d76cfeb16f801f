"""Channel layers that fail, for ``"BACKEND"`` in ``CHANNEL_LAYERS``."""

from __future__ import annotations

import asyncio
import copy
import json
import random
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache, partial
from typing import Any, ClassVar

from channels.layers import BaseChannelLayer
from django.utils.module_loading import import_string


class SharedMemory(BaseChannelLayer):
    """A channel layer in memory that may be used from several event loops, as several processes share a Redis."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: dict[str, set[str]] = {}
        self._inboxes: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Queue[dict[str, Any]]]] = {}

    async def new_channel(self, prefix: str = "specific.") -> str:
        return f"{prefix}!{uuid.uuid4().hex}"

    def _inbox(self, channel: str) -> tuple[asyncio.AbstractEventLoop, asyncio.Queue[dict[str, Any]]]:
        """Return the queue of a channel, and the event loop that receives from it."""
        return self._inboxes.setdefault(channel, (asyncio.get_running_loop(), asyncio.Queue()))

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self._inbox(channel)[1].get()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        loop, inbox = self._inbox(channel)
        # The loop of a node that was stopped is closed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(inbox.put_nowait, copy.deepcopy(message))

    async def group_add(self, group: str, channel: str) -> None:
        # Its member receives in this event loop. The sender may be in another one.
        self._inbox(channel)
        self.groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        self.groups.get(group, set()).discard(channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        for channel in list(self.groups.get(group, ())):
            await self.send(channel, message)

    async def flush(self) -> None:
        self.groups.clear()
        self._inboxes.clear()


@cache
def shared_memory() -> SharedMemory:
    return SharedMemory()


class ProxyChannelLayer(BaseChannelLayer):
    """Passes every call on to another layer. ``CONFIG`` names its ``backend`` and its ``config``.

    The default backend is one in-memory layer that all instances in this process share, as several processes share a
    Redis.
    """

    extensions: ClassVar = ["groups", "flush"]

    def __init__(self, *, backend: str | None = None, config: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.layer: Any = import_string(backend)(**(config or {})) if backend else shared_memory()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self.layer.send(channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        message: dict[str, Any] = await self.layer.receive(channel)
        return message

    async def new_channel(self, prefix: str = "specific.") -> str:
        channel: str = await self.layer.new_channel(prefix)
        return channel

    async def group_add(self, group: str, channel: str) -> None:
        await self.layer.group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self.layer.group_discard(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self.layer.group_send(group, message)

    async def flush(self) -> None:
        await self.layer.flush()


class LossyChannelLayer(ProxyChannelLayer):
    """Drops, duplicates and delays messages, so that later ones overtake them. The choice depends on ``seed`` only.

    ``drop``, ``duplicate`` and ``delay`` are probabilities between 0 and 1.
    """

    def __init__(
        self,
        *,
        drop: float = 0.3,
        duplicate: float = 0.1,
        delay: float = 0.3,
        delay_seconds: float = 0.5,
        seed: int = 0,
        backend: str | None = None,
        config: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(backend=backend, config=config)
        self.drop = drop
        self.duplicate = duplicate
        self.delay = delay
        self.delay_seconds = delay_seconds
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._under_way: set[asyncio.Task[None]] = set()

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        await self._carry(partial(super().send, channel, message))

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._carry(partial(super().group_send, group, message))

    async def _carry(self, deliver: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._chance.random() < self.drop:
            return
        copies = 2 if self._chance.random() < self.duplicate else 1
        for _ in range(copies):
            if self._chance.random() < self.delay:
                task = asyncio.get_running_loop().create_task(self._deliver_late(deliver))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            else:
                await deliver()

    async def _deliver_late(self, deliver: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(self.delay_seconds)
        await deliver()


class StrictChannelLayer(ProxyChannelLayer):
    """Raises ``TypeError`` or ``ValueError`` for names and messages that some layers refuse or change.

    These are invalid names, types that JSON does not have, and lone surrogates.
    """

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        self.require_valid_channel_name(channel)
        _require_plain(message)
        await super().send(channel, message)

    async def group_add(self, group: str, channel: str) -> None:
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.require_valid_group_name(group)
        _require_plain(message)
        await super().group_send(group, message)


def _require_plain(message: Any) -> None:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise TypeError("A message is a dictionary with a type.")
    encoded = json.dumps(message, ensure_ascii=False, allow_nan=False)
    encoded.encode()
    if json.loads(encoded) != message:
        raise ValueError("The message would be changed on the way.")


class BrokenChannelLayer(BaseChannelLayer):
    """Raises ``ConnectionError`` in every method."""

    extensions: ClassVar = ["groups", "flush"]

    async def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("This channel layer is broken.")

    send = receive = new_channel = group_add = group_discard = group_send = flush = _fail

"""Channel layers that fail, for ``"BACKEND"`` in ``CHANNEL_LAYERS``."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from functools import cache, partial
from typing import Any, ClassVar

from channels.layers import BaseChannelLayer, InMemoryChannelLayer
from django.utils.module_loading import import_string


@cache
def shared_memory() -> InMemoryChannelLayer:
    return InMemoryChannelLayer()


class LayerAround(BaseChannelLayer):
    """Passes everything on to another layer: ``CONFIG`` names its ``backend`` and its ``config``.

    Without a name that is a memory which all these layers of a process share, as if it were several processes.
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


class LossyChannelLayer(LayerAround):
    """Drops, duplicates and delays messages, so that later ones overtake them; the same ones for the same ``seed``.

    ``drop``, ``duplicate`` and ``delay`` are shares between 0 and 1.
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


class StrictChannelLayer(LayerAround):
    """Refuses what some layer would refuse or change on the way: names, types that JSON does not know, lone surrogates.

    Raises ``TypeError`` or ``ValueError``.
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
        raise ValueError("The message would arrive as another one.")


class BrokenChannelLayer(BaseChannelLayer):
    """Raises ``ConnectionError`` whatever is asked of it."""

    extensions: ClassVar = ["groups", "flush"]

    async def _fail(self, *args: Any, **kwargs: Any) -> Any:
        raise ConnectionError("This channel layer is broken.")

    send = receive = new_channel = group_add = group_discard = group_send = flush = _fail

"""The channel of a connection in the host's channel layer, for a consumer that receives messages of groups."""

from __future__ import annotations

import asyncio
import inspect
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from channels.exceptions import StopConsumer

from ...node import get_node
from .closing import NORMAL_CLOSURE, Closing

if TYPE_CHECKING:
    from .connection import Connection

logger = logging.getLogger("django_pairchat")

LAYER_SECONDS: Final = 5.0


@lru_cache(maxsize=32)
def receives_messages(consumer: Any, library: Any) -> bool:
    """Return whether a host's consumer class has a method that a message of the channel layer could be for.

    Others get no channel, because it costs each of many idle connections a task and a queue.
    """
    added = {name: getattr(consumer, name) for name in dir(consumer) if not hasattr(library, name)}
    return consumer.dispatch is not library.dispatch or any(
        inspect.iscoroutinefunction(method) and not name.startswith(("_", "handle_")) for name, method in added.items()
    )


class Channel:
    """Receives messages from the channel layer, and dispatches each to the consumer's method of that name."""

    __slots__ = ("_connection", "_receiving", "_started")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._started = asyncio.Event()
        self._receiving: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Give the consumer its ``channel_name``. Without a layer, or if that fails, it gets none."""
        consumer = self._connection.consumer
        try:
            layer = consumer.channel_layer
            if layer is None:
                return
            async with asyncio.timeout(LAYER_SECONDS):
                consumer.channel_name = await layer.new_channel()
        except Exception:
            logger.exception("The channel layer gave a connection no channel, so it gets no messages of groups.")
            return
        self._receiving = self._connection.loop.create_task(self._receive(layer, consumer.channel_name))

    def start(self) -> None:
        """Dispatch the messages, those of the meantime too: the first one comes after ``on_connect()``."""
        self._started.set()

    async def close(self) -> None:
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving], timeout=LAYER_SECONDS)

    async def _receive(self, layer: Any, name: str) -> None:
        is_failing = False
        while True:
            try:
                message = await layer.receive(name)
                is_failing = False
            except Exception as error:  # noqa: BLE001 - a layer may raise anything, and works again later
                if not is_failing:
                    logger.warning("The channel layer failed. Messages of groups may be lost meanwhile: %r", error)
                is_failing = True
                await asyncio.sleep(get_node().options.channel_retry_seconds)
                continue
            await self._started.wait()
            await self._dispatch(message)

    async def _dispatch(self, message: dict[str, Any]) -> None:
        try:
            await self._connection.hooks.call(self._connection.consumer.dispatch, message)
        except StopConsumer:
            self._connection.finish(Closing(NORMAL_CLOSURE))
        except Exception:
            # There is no answer to send, and the connection is of use for everything else.
            logger.exception("A message of the channel layer was lost, because its handler failed.")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            logger.exception("A message of the channel layer was lost, because its handler was cancelled from within.")

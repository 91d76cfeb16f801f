"""Announcements to and from the other processes, through whatever channel layer the host has."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import InMemoryChannelLayer, channel_layers
from django.conf import settings

from ..services.announcements import Change, PresenceChange, Push, RightsChange, RoomChange, SocketOneTooMany
from . import inbound
from .background import background
from .hub import hub

logger = logging.getLogger("django_pairchat")

GROUP: Final = "pairchat.relay"
PUBLISH_SECONDS: Final = 1.0
BEAT_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 60.0
WAITING_LIMIT: Final = 10_000
BATCH_LIMIT: Final = 500
HEARD_LIMIT: Final = 10_000


class Relay:
    """One publish per batch, numbered, so that a process that missed one knows it and tells its sockets.

    Its work is done on the background loop; :meth:`publish` and :meth:`listen` may be called from any thread.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as a forked process must: the tasks of its parent do not run in it."""
        self.identity = uuid.uuid4().hex
        self._number = 0
        self._waiting: list[Change] = []
        self._publishing: asyncio.Task[None] | None = None
        self._listening: list[asyncio.Task[None]] = []
        self._listening_since = 0.0
        self._heard: dict[str, int] = {}
        self._complained_at = -QUIET_SECONDS
        self._layer: Any = None
        self._channel: str | None = None

    def publish(self, changes: Sequence[Change]) -> None:
        """Tell the other processes. Returns at once; a channel layer that fails is complained about, not waited for."""
        if is_shared():
            background.loop().call_soon_threadsafe(self._queue, changes)

    def listen(self) -> None:
        """Hear the other processes from now on: called when this one gets a socket."""
        if not self._listening and is_shared():
            background.loop().call_soon_threadsafe(self._start_listening)

    def finish(self) -> None:
        """Wait until what was published is out, at most as long as a publish may take: a command ends right after
        its last send."""
        if not background.is_running:
            return
        with suppress(TimeoutError):
            background.run(self._finish()).result(PUBLISH_SECONDS)

    async def _finish(self) -> None:
        if self._publishing is not None:
            await self._publishing

    def _get_layer(self) -> Any:
        # A layer of the relay's own: the host's belongs to the host's event loop.
        if self._layer is None:
            self._layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        return self._layer

    def _queue(self, changes: Sequence[Change]) -> None:
        self._waiting.extend(changes)
        if len(self._waiting) > WAITING_LIMIT:
            # The gap in the numbers makes the others resync.
            self._number += 1
            self._waiting.clear()
        if self._publishing is None:
            self._publishing = asyncio.get_running_loop().create_task(self._publish_waiting())

    async def _publish_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
            self._number += 1
            await self._send([pack(change) for change in batch])
        self._publishing = None

    async def _send(self, packed: list[Any]) -> None:
        body = json.dumps([self.identity, self._number, packed], ensure_ascii=False, separators=(",", ":"))
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._get_layer().group_send(GROUP, {"type": "pairchat.batch", "body": body})
        except Exception as error:  # noqa: BLE001 - a channel layer may raise anything; the database has it all
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        if time.monotonic() - self._complained_at >= QUIET_SECONDS:
            self._complained_at = time.monotonic()
            logger.warning("The channel layer failed, open pages elsewhere catch up later: %r", error)

    def _start_listening(self) -> None:
        if not self._listening:
            loop = asyncio.get_running_loop()
            self._listening_since = time.monotonic()
            self._listening = [loop.create_task(self._listen()), loop.create_task(self._beat())]

    async def _beat(self) -> None:
        """The number of the last batch, for those who did not hear that batch."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self._stay()
            if self._publishing is None:
                await self._send([])

    async def _stay(self) -> None:
        """Join the group again: a layer forgets its members after a day, or with whatever else its server loses."""
        if self._channel is not None:
            try:
                async with asyncio.timeout(PUBLISH_SECONDS):
                    await self._get_layer().group_add(GROUP, self._channel)
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                self._complain(error)

    async def _listen(self) -> None:
        """What is missed while the layer fails shows in the numbers as soon as it works again."""
        while True:
            try:
                layer = self._get_layer()
                self._channel = self._channel or await layer.new_channel("pairchat.relay")
                await layer.group_add(GROUP, self._channel)
                while True:
                    message = await layer.receive(self._channel)
                    self._hear(*json.loads(message["body"]))
            except Exception as error:  # noqa: BLE001 - listen again, whatever the layer raised
                self._complain(error)
                await asyncio.sleep(RETRY_SECONDS)

    def _hear(self, identity: str, number: int, packed: list[Any]) -> None:
        if identity == self.identity:
            return
        if self._has_missed(identity, number, is_beat=not packed):
            hub.resync()
        if len(self._heard) >= HEARD_LIMIT:
            # Commands and tasks come and go; those who stay are known again with their next beat.
            self._heard.clear()
            self._listening_since = time.monotonic()
        self._heard[identity] = number
        inbound.apply([unpack(change) for change in packed])

    def _has_missed(self, identity: str, number: int, *, is_beat: bool) -> bool:
        last = self._heard.get(identity)
        if last is None:
            # Somebody who was there before us has said things that were not for us; somebody new begins with 1.
            if time.monotonic() - self._listening_since < 2 * BEAT_SECONDS:
                return False
            last = 0
        return number != (last if is_beat else last + 1)


def is_shared() -> bool:
    """Whether the host has a channel layer that other processes can hear."""
    if DEFAULT_CHANNEL_LAYER not in getattr(settings, "CHANNEL_LAYERS", {}):
        return False
    return type(channel_layers[DEFAULT_CHANNEL_LAYER]) is not InMemoryChannelLayer


KINDS: Final[dict[str, Callable[..., Change]]] = {
    "p": lambda frame, *users: Push(users, frame),
    "r": lambda room, *users: RoomChange(room, users),
    "u": RightsChange,
    "s": SocketOneTooMany,
    "a": PresenceChange,
}


def pack(change: Change) -> list[Any]:
    """A change as a short list of texts."""
    match change:
        case Push(users, frame):
            return ["p", frame, *users]
        case RoomChange(room, users):
            return ["r", room, *users]
        case RightsChange(user, session):
            return ["u", user, session]
        case SocketOneTooMany(user, connection):
            return ["s", user, connection]
        case PresenceChange(user, online, last_active):
            return ["a", user, online, last_active]


def unpack(packed: Sequence[Any]) -> Change:
    kind, *values = packed
    return KINDS[kind](*values)


relay = Relay()

# Before the executors of the standard library shut down, without which a host name cannot be resolved:
# atexit's own callbacks come too late.
threading._register_atexit(relay.finish)  # type: ignore[attr-defined] # private, see above

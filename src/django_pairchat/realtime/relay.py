"""Events to and from the other processes, through the host's channel layer."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Literal

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import InMemoryChannelLayer, channel_layers
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .. import namespace
from ..core.events import (
    AccessRevoked,
    ConnectionEvicted,
    Event,
    FramePush,
    PresenceChanged,
    RestrictionChanged,
    RoomChanged,
)
from ..node import NodePart, all_nodes, get_node
from ..protocol.json_text import encode
from ..sending.group_commit import group_committer
from ..tenancy import activated
from ..utils import instruments
from ..utils.event_loop_thread import event_loop_thread
from . import fan_out
from .hub import hub

logger = logging.getLogger("django_pairchat")

QUIET_SECONDS: Final = 60.0
WAITING_LIMIT: Final = 10_000
BATCH_LIMIT: Final = 500
PUBLISHERS_LIMIT: Final = 10_000
# Beats that do not come back, before a new layer is tried. They are doubled each time that does not help, up to the
# second figure, which is about half an hour.
UNHEARD_BEATS: Final = 4
UNHEARD_BEATS_LIMIT: Final = 2048

LAYER_FAILED: Final = "The channel layer failed. Clients of other processes catch up later: %r"
DEAF: Final = "The channel layer brings this process nothing, not even what it sends to itself. Trying a new layer."
NOT_OURS: Final = "The channel layer delivered a message of another installation. It was ignored."
UNREADABLE: Final = "A message of another process could not be read. Clients catch up later: %r"


class Relay:
    """Publishes one message per batch. A process that misses a number tells its clients to resync.

    A process is in the group too, so it hears itself. One that does not tries a new layer, because some layers
    never listen again after they have lost their connection, and raise nothing.

    The work is done on the background loop. :meth:`publish` and :meth:`listen` may be called from any thread.
    """

    def __init__(self) -> None:
        self.identity = uuid.uuid4().hex
        self._number = 0
        self._waiting: list[Event] = []
        self._publishing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._listening_since = 0.0
        self._joined_at = 0.0
        self._unheard_beats = 0
        self._unheard_beats_allowed = UNHEARD_BEATS
        self._received: dict[str, int] = {}
        self._logged_at: dict[str, float] = {}
        self._layer: Any = None
        self._channel: str | None = None

    def publish(self, changes: Sequence[Event]) -> None:
        """Publish to the other processes, and return at once. A channel layer that fails is logged, not waited for."""
        if is_shared():
            event_loop_thread().call(self._queue, changes)

    def listen(self) -> None:
        """Receive from the other processes from now on. Called when this process gets a connection."""
        if self._listening is None and is_shared():
            event_loop_thread().call(self._start_listening)

    def finish(self) -> None:
        """Publish what is queued and leave the group, in at most the time that one publish may take.

        A management command exits right after its last send, and would lose it otherwise. To a member that has gone
        without leaving, a layer may deliver for a day, or for ever.
        """
        if not event_loop_thread().is_running:
            return
        # The layer may raise anything.
        with suppress(Exception):
            event_loop_thread().run(self._finish()).result(get_node().options.relay_publish_seconds)

    async def _finish(self) -> None:
        if self._publishing is not None:
            await self._publishing
        for task in (self._listening, self._beating):
            if task is not None:
                task.cancel()
        self._listening = self._beating = None
        layer, channel = self._layer, self._channel
        self._layer = self._channel = None
        if layer is not None:
            await _leave(layer, channel)

    def _get_layer(self) -> Any:
        # A layer of the relay's own: the host's belongs to the host's event loop.
        if self._layer is None:
            self._layer = make_layer()
        return self._layer

    def _queue(self, changes: Sequence[Event]) -> None:
        self._waiting.extend(changes)
        if len(self._waiting) > WAITING_LIMIT:
            # The gap in the numbers makes the other processes resync.
            self._number += 1
            self._waiting.clear()
        if self._publishing is None:
            self._publishing = asyncio.get_running_loop().create_task(self._publish_waiting())

    async def _publish_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
            self._number += 1
            await self._send(batch)
        self._publishing = None

    async def _send(self, changes: Sequence[Event]) -> bool:
        try:
            ours = namespace.own()
            message = {"type": "pairchat.batch", **_sealed(ours, self.identity, self._number, changes)}
            async with asyncio.timeout(get_node().options.relay_publish_seconds):
                await self._get_layer().group_send(ours.group, message)
        except Exception as error:  # noqa: BLE001 - a channel layer may raise anything; the database has everything
            self._log_failure(LAYER_FAILED, error)
            return False
        return True

    def _log_failure(self, message: str, *details: object) -> None:
        now = time.monotonic()
        if now - self._logged_at.get(message, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._logged_at[message] = now
            logger.warning(message, *details)

    def _start_listening(self) -> None:
        if self._listening is None:
            loop = asyncio.get_running_loop()
            self._listening_since = time.monotonic()
            self._listening, self._beating = loop.create_task(self._listen()), loop.create_task(self._beat())

    async def _beat(self) -> None:
        """Publish the number of the last batch now and then, so that a process that missed the batch notices."""
        sent = True
        while True:
            options = get_node().options
            is_well = sent and self._unheard_beats <= 1
            await asyncio.sleep(options.relay_beat_seconds if is_well else options.relay_retry_seconds)
            await self._mend()
            if self._publishing is None:
                sent = await self._send_beat()

    async def _send_beat(self) -> bool:
        before = self._unheard_beats
        # First, because it may be heard before it is sent.
        self._unheard_beats += 1
        sent = await self._send([])
        if not sent:
            # The layer is away, which a new one would not change.
            self._unheard_beats = before
        return sent

    async def _mend(self) -> None:
        """Join the group again while beats do not come back, and try a new layer if that does not help.

        A layer forgets its members when they expire, or when its server loses its data. The relay does not join every
        time, because a layer may store a row each time.
        """
        if self._unheard_beats >= self._unheard_beats_allowed:
            self._log_failure(DEAF)
            self._unheard_beats = 0
            # A new one costs a connection, and may be as deaf.
            self._unheard_beats_allowed = min(2 * self._unheard_beats_allowed, UNHEARD_BEATS_LIMIT)
            await self._change_layer()
        elif self._unheard_beats or time.monotonic() - self._joined_at >= self._join_seconds():
            await self._rejoin_group()

    def _join_seconds(self) -> float:
        expiry = getattr(self._layer, "group_expiry", None)
        seconds = get_node().options.relay_join_seconds
        return min(seconds, expiry / 3) if isinstance(expiry, int | float) and expiry > 0 else seconds

    async def _change_layer(self) -> None:
        layer, channel = self._layer, self._channel
        if self._listening is not None:
            self._listening.cancel()
        self._layer = self._channel = None
        self._listening = asyncio.get_running_loop().create_task(self._listen())
        # It may be of no use any more.
        with suppress(Exception):
            async with asyncio.timeout(get_node().options.relay_publish_seconds):
                await _leave(layer, channel)

    async def _rejoin_group(self) -> None:
        if self._channel is not None:
            try:
                async with asyncio.timeout(get_node().options.relay_publish_seconds):
                    await self._join()
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                self._log_failure(LAYER_FAILED, error)

    async def _join(self) -> None:
        """Join the group of each known ``SECRET_KEY``: some processes may not use the current one yet."""
        for each in namespace.known():
            await self._get_layer().group_add(each.group, self._channel)
        self._joined_at = time.monotonic()

    async def _listen(self) -> None:
        """Receive for ever. Batches missed while the layer fails are noticed by their numbers when it works again."""
        while True:
            try:
                layer = self._get_layer()
                channel = self._channel = self._channel or await layer.new_channel("pairchat.relay")
                await self._join()
                while True:
                    self._take(await layer.receive(channel))
            except Exception as error:  # noqa: BLE001 - listen again, whatever the layer raised
                self._log_failure(LAYER_FAILED, error)
                await asyncio.sleep(get_node().options.relay_retry_seconds)

    def _take(self, message: Any) -> None:
        """Read a message of this installation. Anything else that a layer delivers is dropped unread."""
        try:
            if self._is_for_others(message):
                self._unheard_beats = min(self._unheard_beats, 1)
            elif is_from_us(message):
                # A layer that is behind is not deaf: a new one would lose what waits in this one.
                self._unheard_beats = min(self._unheard_beats, 1)
                self._receive(*json.loads(message["body"]))
            else:
                self._log_failure(NOT_OURS)
        except Exception as error:  # noqa: BLE001 - a process of another version, perhaps; the next one may be readable
            self._log_failure(UNREADABLE, error)

    def _is_for_others(self, message: Any) -> bool:
        """Note a batch of this installation in which no user of this process occurs. Its body is not read.

        Each process hears every batch, and most people are connected to one of many processes.
        """
        if "head" not in message or not is_from_us(message, "head"):
            return False
        identity, number, users = json.loads(message["head"])
        if identity != self.identity and hub().has_any(users):
            return False
        self._note(identity, number, is_beat=False)
        return True

    def _receive(self, identity: str, number: int, packed: list[Any]) -> None:
        if self._note(identity, number, is_beat=not packed):
            fan_out.apply(list(self._unpacked(packed)))

    def _note(self, identity: str, number: int, *, is_beat: bool) -> bool:
        """Notice what was missed before this batch. Return whether another process has published it."""
        if identity == self.identity:
            self._unheard_beats, self._unheard_beats_allowed = 0, UNHEARD_BEATS
            return False
        if self._has_missed(identity, number, is_beat=is_beat):
            instruments.relay_gap()
            hub().resync()
        if len(self._received) >= PUBLISHERS_LIMIT:
            # Commands and tasks come and go. Processes that stay are known again after their next beat.
            self._received.clear()
            self._listening_since = time.monotonic()
        self._received[identity] = number
        return True

    def _unpacked(self, packed: list[Any]) -> Iterator[Event]:
        for change in packed:
            try:
                yield unpack(change)
            except Exception as error:  # noqa: BLE001 - perhaps an event of a later version; the others can be read
                self._log_failure(UNREADABLE, error)

    def _has_missed(self, identity: str, number: int, *, is_beat: bool) -> bool:
        last = self._received.get(identity)
        if last is None:
            # A process older than this one has published batches we never received; a new one starts at 1.
            if time.monotonic() - self._listening_since < 2 * get_node().options.relay_beat_seconds:
                return False
            last = 0
        return number != (last if is_beat else last + 1)


def is_shared() -> bool:
    """Return whether the host has a channel layer that reaches other processes.

    The layer is not created for that, because creating it may raise.
    """
    layers = getattr(settings, "CHANNEL_LAYERS", None) or {}
    if DEFAULT_CHANNEL_LAYER not in layers:
        return False
    layer = layers[DEFAULT_CHANNEL_LAYER]
    return not (isinstance(layer, Mapping) and _ends_with_its_process(str(layer.get("BACKEND"))))


@lru_cache(maxsize=8)
def _ends_with_its_process(backend: str) -> bool:
    try:
        return import_string(backend) is InMemoryChannelLayer
    except Exception:  # noqa: BLE001 - the layer will fail, and be logged, when it is used
        return False


def make_layer() -> Any:
    """Create a layer as the settings describe it.

    Raises ``ImproperlyConfigured``, whatever the layer raised.
    """
    try:
        return channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
    except Exception as error:
        raise ImproperlyConfigured(
            f'CHANNEL_LAYERS["{DEFAULT_CHANNEL_LAYER}"] cannot be made: {error!r}. Processes do not share their events.'
        ) from error


async def _leave(layer: Any, channel: str | None) -> None:
    """Leave the groups of :meth:`Relay._join`, and close what the layer has open if it can."""
    try:
        if channel is not None:
            for each in namespace.known():
                await layer.group_discard(each.group, channel)
    finally:
        # Not part of what Channels asks of a layer, but some have it.
        if hasattr(layer, "close"):
            await layer.close()


def _sealed(ours: namespace.Namespace, identity: str, number: int, changes: Sequence[Event]) -> dict[str, str]:
    """Return a batch, and before it whom it concerns, each with its mark.

    What may concern anybody has no such head: an empty batch, and one with presence, which the peers see, or with a
    restriction, which every process remembers.
    """
    body = encode([identity, number, [pack(change) for change in changes]])
    sealed = {"body": body, "mark": ours.mark(body.encode())}
    users = _addressees(changes)
    if users:
        head = encode([identity, number, users])
        sealed |= {"head": head, "head_mark": ours.mark(head.encode())}
    return sealed


def _addressees(changes: Sequence[Event]) -> list[str]:
    users: dict[str, None] = {}
    for change in changes:
        match change:
            case FramePush(concerned, _) | RoomChanged(_, concerned):
                users.update(dict.fromkeys(concerned))
            case AccessRevoked(user) | ConnectionEvicted(user):
                users[user] = None
            case PresenceChanged() | RestrictionChanged():
                return []
    return list(users)


def is_from_us(message: Any, part: Literal["body", "head"] = "body") -> bool:
    """Return whether a process of this installation has published this."""
    try:
        return namespace.is_own(message[part].encode(), message["mark" if part == "body" else "head_mark"])
    except (AttributeError, KeyError, TypeError, UnicodeError):
        return False


KINDS: Final[dict[str, Callable[..., Event]]] = {
    "p": lambda frame, *users: FramePush(users, frame),
    "r": lambda room, *users: RoomChanged(room, users),
    "u": AccessRevoked,
    "w": RestrictionChanged,
    "s": ConnectionEvicted,
    "a": PresenceChanged,
}


def pack(change: Event) -> list[Any]:
    """Return an event as a short list of plain values."""
    match change:
        case FramePush(users, frame):
            return ["p", frame, *users]
        case RoomChanged(room, users):
            return ["r", room, *users]
        case AccessRevoked(user, session):
            return ["u", user, session]
        case RestrictionChanged(user):
            return ["w", user]
        case ConnectionEvicted(user, connection):
            return ["s", user, connection]
        case PresenceChanged(user, online, last_active):
            return ["a", user, online, last_active]


def unpack(packed: Sequence[Any]) -> Event:
    kind, *values = packed
    return KINDS[kind](*values)


relay = NodePart(Relay)


def _end_before_the_executors() -> None:
    for node in all_nodes():
        committer = node.existing(group_committer)
        if committer is not None:
            # What is written later could not be published any more.
            committer.stop(node.options.ending_writes_seconds)
    finish_relays()


def finish_relays() -> None:
    """Publish the events of this process, and leave the other processes, for each tenant."""
    for node in all_nodes():
        mine = node.existing(relay)
        if mine is not None:
            with node.active(), activated(node.tenant):
                mine.finish()


# Before the executors of the standard library shut down, without which a host name cannot be resolved:
# atexit's own callbacks come too late.
threading._register_atexit(_end_before_the_executors)  # type: ignore[attr-defined] # private, see above

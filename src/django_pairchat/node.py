"""The node: what one server process keeps in memory. Not public API, but :class:`NodeOptions` is used by tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .conf import conf
from .protocol.frames import HEARTBEAT_SECONDS
from .tenancy import bound_to, current_tenant

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOptions:
    """Times in seconds, sizes in bytes, and numbers that a node is run with.

    They are no settings: the defaults fit every site. A test replaces some to make hours pass in a moment.
    """

    # A connection
    hook_seconds: float = 30.0
    """While a hook runs, the connection reads or answers nothing else. A client gives up a silent one after 10 s."""
    recheck_seconds: float = 2.0
    """How long a connection acts on the last answer to whether it may continue."""
    restrictions_seconds: float = 2.0
    """How long a process acts on what it has read of who may not write."""
    sweep_seconds: float = 20.0
    """Interval of the check of every open connection, for changes that bypass Django's signals."""
    unreadable_seconds: float = 60.0
    """The time in which a connection may send 20 frames that cannot be read."""
    bye_seconds: float = 2.0
    """How long the last frames of a connection may take."""

    # Its outgoing frames
    unsent_bytes: int = 1024 * 1024
    unsent_seconds: float = 10.0
    unacknowledged_seconds: float = HEARTBEAT_SECONDS + 10.0
    """A client that follows the protocol pings more often, however much it has to read."""
    channel_retry_seconds: float = 1.0
    """How soon a consumer's own channel listens again after the layer has failed."""
    gone_seconds: float = 1.0
    """If a client has gone, the server reports it within this time to the task that receives its frames."""

    # Messages on their way to the database
    send_queue_limit: int = 2_000
    locked_room_seconds: float = 5.0
    """How long a message or a request waits for a room that another transaction has locked."""
    conflict_pause_seconds: float = 0.02
    """Longest pause before a transaction that met another one is repeated."""

    # Searches
    search_patience_seconds: float = 1.0
    """How long a search waits for another one of the same user."""
    search_page_seconds: float = 0.5
    """After this time no further statement is started."""
    search_read_at_once: int = 100
    search_step: int = 10_000
    """The number of messages that one statement looks at in a search by steps."""
    search_short_step: int = 1_000
    """The same, after a statement took too long because the texts are long."""

    # Limits
    rate_cache_seconds: float = 0.25
    """A cache that takes longer is not asked for rates during the next ``rate_local_seconds``."""
    rate_local_seconds: float = 30.0
    decode_patience_seconds: float = 20.0
    """How long a picture waits to be decoded."""
    upload_seconds: int = 24 * 3600
    """How long a file that was uploaded may be sent."""
    receivers_limit: int = 10_000
    """Calls of the host's receivers that may wait. Beyond that, calls are dropped."""

    # Other processes
    relay_publish_seconds: float = 1.0
    """A channel layer that takes longer is logged, and its batch is lost to the other processes."""
    relay_beat_seconds: float = 5.0
    relay_join_seconds: float = 3600.0
    """Longest time between joins of the group while the process hears itself. Layers forget their members."""
    relay_retry_seconds: float = 1.0

    # The end of the process
    ending_writes_seconds: float = 3.0
    """How long queued messages may take to be written."""
    ending_seconds: float = 5.0
    """How long all threads may take to end."""


class Node:
    """The owner of all that one process keeps in memory: queues, threads, connections, rate limits.

    Each part is made at its first use, see :class:`NodePart`. Two nodes in one process behave as two processes.
    """

    def __init__(self, options: NodeOptions | None = None, *, tenant: str = "", parent: Node | None = None) -> None:
        self.options = options or NodeOptions()
        self.tenant = tenant
        self._parent = parent
        self.forget()

    def forget(self) -> None:
        """Drop all parts, as a forked process must: the threads and connections of its parent do not exist in it."""
        self._parts: dict[NodePart[Any], Any] = {}
        self._tenants: dict[str, Node] = {}
        # Reentrant: a part may need another one while it is made, and the handler of SIGTERM may interrupt that.
        self._lock = threading.RLock()

    def part(self, handle: NodePart[T]) -> T:
        """Return this node's part for a handle, made now if it is the first use."""
        try:
            part: T = self._parts[handle]
        except KeyError:
            with self._lock:
                if handle not in self._parts:
                    self._parts[handle] = handle.make()
                part = self._parts[handle]
        return part

    def of_tenant(self, tenant: str) -> Node:
        """Return the node of this process for a tenant, ``""`` for none: its own parts, with the same options."""
        if tenant == self.tenant:
            return self
        root = self._parent or self
        if not tenant:
            return root
        with root._lock:
            if tenant not in root._tenants:
                root._tenants[tenant] = Node(root.options, tenant=tenant, parent=root)
            return root._tenants[tenant]

    @contextmanager
    def replaced(self, parts: Mapping[NodePart[Any], Any]) -> Iterator[None]:
        """Use these parts in the place of its own for a while."""
        before, self._parts = self._parts, {**self._parts, **parts}
        try:
            yield
        finally:
            # What was made meanwhile may have a thread, which its owner is to end.
            made = {handle: part for handle, part in self._parts.items() if handle not in parts}
            self._parts = {**before, **made}

    def existing(self, handle: NodePart[T]) -> T | None:
        """Return the part for a handle if it has been made."""
        return self._parts.get(handle)

    @contextmanager
    def active(self) -> Iterator[Node]:
        """Be the node of the code that runs inside, and of the tasks that it creates."""
        token = _current.set(self)
        try:
            with bound_to(self.tenant) if self.tenant else nullcontext():
                yield self
        finally:
            _current.reset(token)


class NodePart(Generic[T]):
    """A handle of a part that every node has one of: ``hub = NodePart(Hub)``, then ``hub()``."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make

    def __call__(self) -> T:
        """Return the part of the node that the running code belongs to."""
        node = get_node()
        part: T | None = node._parts.get(self)
        return node.part(self) if part is None else part


_process_node = Node()
_current: ContextVar[Node] = ContextVar("pairchat_node", default=_process_node)


def get_node() -> Node:
    """Return the node that the running code belongs to: the process's own or its tenant's, unless another is active."""
    node = _current.get()
    return node if conf.tenancy is None else node.of_tenant(current_tenant())


def all_nodes() -> list[Node]:
    """Return the node of this process, and those of its tenants."""
    root = get_node().of_tenant("")
    return [root, *root._tenants.values()]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process_node.forget)

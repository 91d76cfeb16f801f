"""Start of a process: connect events to the connections of this process, and through the relay to the others."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from ..core.events import Event, SignalCall
from ..core.rate_limit import rate_limiter
from ..node import all_nodes
from ..sending.first_message import first_messages
from ..sending.group_commit import GroupCommitter, group_committer
from ..signals import events_published
from ..tenancy import activated
from ..utils.event_loop_thread import event_loop_thread
from ..utils.thread_pool import proof_pool, search_pool, thread_pool
from . import fan_out, revocation
from .connection_limit import cache_workers
from .relay import relay
from .shutdown import end_threads
from .signal_dispatch import signal_dispatcher

POOLS: Final = (thread_pool, search_pool, proof_pool, cache_workers, signal_dispatcher)


def deliver(sender: object, changes: Sequence[Event], **kwargs: Any) -> None:
    fan_out.apply(changes)
    relay().publish(changes)


def connect() -> None:
    """Receive the events that services publish, in every kind of process."""
    events_published.connect(deliver, dispatch_uid="django_pairchat.realtime")
    revocation.connect()
    # A slow receiver must not hold up the next batch.
    group_committer.make = partial(GroupCommitter, call_receivers)
    # Not every server sends the lifespan event of its shutdown.
    atexit.register(end_threads)


def stop_node() -> None:
    """Finish the work of the current node, end its threads, and let it start again with nothing in memory."""
    root, *of_tenants = all_nodes()
    for node in (*of_tenants, root):
        with node.active(), activated(node.tenant):
            # A part that ends may submit more work to the pools.
            for handle in (group_committer, first_messages, *POOLS, event_loop_thread, *POOLS, rate_limiter):
                part: Any = node.existing(handle)
                if part is not None:
                    part.stop()
        node.forget()


def call_receivers(calls: Sequence[SignalCall]) -> None:
    """Queue these calls of the host's receivers."""
    signal_dispatcher().call(calls)

"""What a worker does wrong when a test asks for it: it dies at a point of a send, or meets an exception in every act.

It is asked as ``triggers`` says. The only places of the tests that know how the engine is built are in this module.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from django_pairchat import dispatch
from django_pairchat.node import get_node
from django_pairchat.realtime import hub, presence, relay
from django_pairchat.sending import group_commit, store
from django_pairchat.sending.types import SentMessage

from .triggers import DIE_BEFORE_THE_ANSWER, DIE_BEFORE_THE_PUBLISH, LAST, UNLUCKY


def prepare() -> None:
    _die_before_the_answer()
    _die_before_the_publish()
    _err_in_every_act()
    _terminate_at_the_worst_moment()
    # Nobody wants to wait for a whole round, or the end of a whole lease, in a test.
    node = get_node()
    node.options = replace(node.options, **json.loads(os.environ.get("FAULTS_NODE_OPTIONS", "{}")))
    if "FAULTS_LEASE_SECONDS" in os.environ:
        presence.LEASE_SECONDS = float(os.environ["FAULTS_LEASE_SECONDS"])  # type: ignore[misc] # shortened


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    raise AssertionError("a killed process goes on")


def _die_before_the_answer() -> None:
    """After the commit of a message that came over the socket, before anybody is told of it."""
    answer = group_commit._answer

    def die_or_answer(answers: Any) -> None:
        answers = list(answers)
        for queued, sent in answers:
            stored = isinstance(sent, SentMessage) and not sent.duplicate
            if stored and queued.pending.content == DIE_BEFORE_THE_ANSWER:
                _die()
        answer(answers)

    group_commit._answer = die_or_answer


def _die_before_the_publish() -> None:
    """After the commit, before the other processes are told of it; over HTTP that is before the answer too."""
    publish = relay.Relay.publish

    def die_or_publish(self: relay.Relay, changes: Any) -> None:
        if any(DIE_BEFORE_THE_PUBLISH in getattr(change, "frame", "") for change in changes):
            _die()
        publish(self, changes)

    relay.Relay.publish = die_or_publish  # type: ignore[method-assign] # that is the injected fault


def _err_in_every_act() -> None:
    """Every request of an unlucky user meets an exception that nobody has foreseen."""

    def erring(act: Callable[[Any, Any], dispatch.Result]) -> Callable[[Any, Any], dispatch.Result]:
        def err_or_act(user: Any, request: Any) -> dispatch.Result:
            if user.username.startswith(UNLUCKY):
                raise ZeroDivisionError(f"in {request.type}")
            return act(user, request)

        return err_or_act

    for kind, act in dispatch.HANDLERS.items():
        dispatch.HANDLERS[kind] = erring(act)

    def erring_for_the_unlucky(store_some: Callable[..., Any]) -> Callable[..., Any]:
        def err_or_store(candidates: Any, **how: Any) -> Any:
            candidates = list(candidates)
            senders = [each.pending.sender for each in candidates]
            if any(sender is not None and sender.username.startswith(UNLUCKY) for sender in senders):
                raise ZeroDivisionError("in storing a message")
            return store_some(candidates, **how)

        return err_or_store

    # Into rooms that are remembered, and into others.
    store.store_if_unchanged = erring_for_the_unlucky(store.store_if_unchanged)
    store.store_locked = erring_for_the_unlucky(store.store_locked)


def _terminate_at_the_worst_moment() -> None:
    """SIGTERM arrives while the main thread is at work on what the handler wants to look at, and in the very turn of
    the event loop in which the server looks whether it is to end."""
    add = hub.Hub.add

    def add_or_terminate(self: hub.Hub, connection: Any) -> None:
        def terminate() -> None:
            with self._lock:
                os.kill(os.getpid(), signal.SIGTERM)

        add(self, connection)
        if connection.user.username.startswith(LAST):
            connection.loop.call_soon(terminate)
            # Uvicorn looks every 0.1 s: then it is time for that, too.
            time.sleep(0.2)

    hub.Hub.add = add_or_terminate  # type: ignore[method-assign] # that is the injected fault

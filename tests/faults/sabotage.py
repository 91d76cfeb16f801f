"""What a worker does wrong when a test asks for it: it dies at a point of a send, or meets an exception in every act.

It is asked as ``cues`` says. The only places of the tests
that know how the engine is built are in this module.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

from django_pairchat.live import hub, outbox, presence, relay, rights, writer
from django_pairchat.services import acts, sending

from .cues import DIE_BEFORE_THE_ANSWER, DIE_BEFORE_THE_PUBLISH, LAST, UNLUCKY


def prepare() -> None:
    _die_before_the_answer()
    _die_before_the_publish()
    _err_in_every_act()
    _terminate_at_the_worst_moment()
    # Nobody wants to wait for a whole round, or the end of a whole lease, in a test.
    if "FAULTS_PATROL_SECONDS" in os.environ:
        rights.PATROL_SECONDS = float(os.environ["FAULTS_PATROL_SECONDS"])  # type: ignore[misc] # shortened
    if "FAULTS_UNCONFIRMED_SECONDS" in os.environ:
        outbox.UNCONFIRMED_SECONDS = float(os.environ["FAULTS_UNCONFIRMED_SECONDS"])  # type: ignore[misc] # shortened
    if "FAULTS_LEASE_SECONDS" in os.environ:
        presence.LEASE_SECONDS = float(os.environ["FAULTS_LEASE_SECONDS"])  # type: ignore[misc] # shortened


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    raise AssertionError("a killed process goes on")


def _die_before_the_answer() -> None:
    """After the commit of a message that came over the socket, before anybody is told of it."""
    answer = writer._answer

    def die_or_answer(jobs: Any) -> None:
        jobs = list(jobs)
        for job in jobs:
            outcome = job.draft.outcome
            stored = isinstance(outcome, sending.Sent) and not outcome.duplicate
            if stored and job.draft.content == DIE_BEFORE_THE_ANSWER:
                _die()
        answer(jobs)

    writer._answer = die_or_answer


def _die_before_the_publish() -> None:
    """After the commit, before the other processes are told of it; over HTTP that is before the answer too."""
    publish = relay.Relay.publish

    def die_or_publish(self: relay.Relay, changes: Any) -> None:
        if any(DIE_BEFORE_THE_PUBLISH in getattr(change, "frame", "") for change in changes):
            _die()
        publish(self, changes)

    relay.Relay.publish = die_or_publish  # type: ignore[method-assign] # that is the sabotage


def _err_in_every_act() -> None:
    """Every request of an unlucky user meets an exception that nobody has foreseen."""

    def erring(act: Callable[[Any, Any], acts.Answer]) -> Callable[[Any, Any], acts.Answer]:
        def err_or_act(user: Any, request: Any) -> acts.Answer:
            if user.username.startswith(UNLUCKY):
                raise ZeroDivisionError(f"in {request.type}")
            return act(user, request)

        return err_or_act

    for kind, act in acts.ACTS.items():
        acts.ACTS[kind] = erring(act)

    def erring_for_the_unlucky(place: Callable[..., None]) -> Callable[..., None]:
        def err_or_place(drafts: Any, *how: Any) -> None:
            if any(draft.sender is not None and draft.sender.username.startswith(UNLUCKY) for draft in drafts):
                raise ZeroDivisionError("in placing a message")
            place(drafts, *how)

        return err_or_place

    # Into rooms that are remembered, and into others.
    sending.place_known = erring_for_the_unlucky(sending.place_known)
    sending.place = erring_for_the_unlucky(sending.place)


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

    hub.Hub.add = add_or_terminate  # type: ignore[method-assign] # that is the sabotage

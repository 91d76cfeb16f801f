"""Revocation of access while connections are open: after a logout, a new password, a deactivation, a deletion."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Collection
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.db.models import signals
from django.http import HttpRequest

from ..core.events import AccessRevoked, ConnectionEvicted, publish
from ..node import NodePart, get_node
from ..protocol.close_codes import CloseCode
from ..tenancy import in_this_tenant
from ..utils.event_loop_thread import call_in_loop
from ..utils.instruments import timed_sweep
from . import connection_limit, presence
from .hub import Connection, hub
from .sessions import IN_COOKIES, are_in_cookies, session_fingerprint, session_key_of, user_key_in

HARMLESS_FIELDS: Final = frozenset({"last_login"})
LOGOUTS_REMEMBERED: Final = 10_000

_ended_at: NodePart[OrderedDict[str, float]] = NodePart(OrderedDict)
"""Time of the last end of all sessions of a user, by user key, in seconds since the epoch."""


def apply(changes: Collection[AccessRevoked | ConnectionEvicted]) -> None:
    """Apply these changes to the connections of this process."""
    for change in changes:
        if isinstance(change, AccessRevoked) and change.session == IN_COOKIES:
            _note_end(change.user)
        for connection in hub().of_user(change.user):
            if isinstance(change, ConnectionEvicted):
                if connection.connection_id == change.connection:
                    call_in_loop(connection.loop, connection.end, CloseCode.TOO_MANY_SOCKETS)
            elif change.session is None:
                call_in_loop(connection.loop, connection.check_soon)
            elif connection.session_key and session_fingerprint(connection.session_key) == change.session:
                call_in_loop(connection.loop, connection.end, CloseCode.SESSION_OVER)


def _note_end(user: str) -> None:
    ended_at = _ended_at()
    ended_at[user] = time.time()
    ended_at.move_to_end(user)
    if len(ended_at) > LOGOUTS_REMEMBERED:
        ended_at.popitem(last=False)


def was_ended(connection: Connection) -> bool:
    """Return whether the user has signed out since this connection was opened.

    The cookie of its handshake cannot tell, because it stays valid.
    """
    return bool(connection.session_key) and _ended_at().get(connection.user_key, 0.0) >= connection.opened_at


def connect() -> None:
    """Receive Django's signals about sessions and users, in every kind of process."""
    user_logged_out.connect(_after_logout, dispatch_uid="django_pairchat.logout")
    user_logged_in.connect(_after_login, dispatch_uid="django_pairchat.login")
    # By name: if the model is missing, the system checks report it.
    user_model = settings.AUTH_USER_MODEL
    signals.post_save.connect(_after_save, sender=user_model, dispatch_uid="django_pairchat.user_saved")
    signals.post_delete.connect(_after_change, sender=user_model, dispatch_uid="django_pairchat.user_deleted")


def _after_logout(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    # The session is flushed after this signal, so its key is still readable here.
    session_key = getattr(getattr(request, "session", None), "session_key", None)
    if user is not None and session_key:
        # Connections that were opened before the session got its present key are checked, too.
        publish([AccessRevoked(str(user.pk), session_fingerprint(session_key)), AccessRevoked(str(user.pk))])


def _after_login(sender: object, request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """Revoke the access of the user who was signed in before in the same browser, for which Django sends no signal.

    Only sessions in cookies need that: a session on the server is deleted, which the next check of a connection finds.
    """
    if request is not None and are_in_cookies():
        before = user_key_in(session_key_of(request))
        if before is not None and before != str(user.pk):
            publish([AccessRevoked(before, IN_COOKIES)])


def _after_save(sender: object, instance: Any, created: bool, update_fields: Any, using: str, **kwargs: Any) -> None:
    if not created and not (update_fields is not None and set(update_fields) <= HARMLESS_FIELDS):
        _after_change(sender, instance, using)


def _after_change(sender: object, instance: Any, using: str, **kwargs: Any) -> None:
    change = AccessRevoked(str(instance.pk))
    transaction.on_commit(in_this_tenant(partial(publish, [change])), using=using, robust=True)


class PeriodicCheck:
    """Checks every connection of one event loop every 20 s, as long as there are any."""

    def __init__(self) -> None:
        self._connections: set[Connection] = set()
        self._round: asyncio.TimerHandle | None = None

    def add(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._round is None:
            self._round = connection.loop.call_later(get_node().options.sweep_seconds, self._sweep)

    def remove(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections and self._round is not None:
            self._round.cancel()
            self._round = None

    def _sweep(self) -> None:
        with timed_sweep("connections"):
            for connection in self._connections:
                connection.check_soon()
            presence.renew_leases(list(self._connections))
            connection_limit.renew(self._connections)
        self._round = asyncio.get_running_loop().call_later(get_node().options.sweep_seconds, self._sweep)


_checks: NodePart[WeakKeyDictionary[asyncio.AbstractEventLoop, PeriodicCheck]] = NodePart(WeakKeyDictionary)


def periodic_check() -> PeriodicCheck:
    """Return the periodic check of the running event loop."""
    return _checks().setdefault(asyncio.get_running_loop(), PeriodicCheck())

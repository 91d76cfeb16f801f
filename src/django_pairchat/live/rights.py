"""Loss of rights, acted on while sockets are open: after a logout, a new password, a deactivation, a deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models import signals
from django.http import HttpRequest

from ..services.announcements import RightsChange, SocketOneTooMany, tell_live
from ..wire.codes import CloseCode
from . import limits, presence
from .hub import Connection, call_in_loop, hub
from .sessions import session_mark

PATROL_SECONDS: Final = 20.0
"""How often every open socket is looked at, for changes that bypass Django's signals."""

HARMLESS_FIELDS: Final = frozenset({"last_login"})


def apply(changes: Collection[RightsChange | SocketOneTooMany]) -> None:
    """Act on these changes in the connections of this process."""
    for change in changes:
        for connection in hub.of_user(change.user):
            if isinstance(change, SocketOneTooMany):
                if connection.connection == change.connection:
                    call_in_loop(connection.loop, connection.end, CloseCode.TOO_MANY_SOCKETS)
            elif change.session is None:
                call_in_loop(connection.loop, connection.check_soon)
            elif connection.session_key and session_mark(connection.session_key) == change.session:
                call_in_loop(connection.loop, connection.end, CloseCode.SESSION_OVER)


def connect() -> None:
    """Hear what Django says of sessions and users, from now on and in every kind of process."""
    user_logged_out.connect(_after_logout, dispatch_uid="django_pairchat.logout")
    # By name: where the model is missing, the system checks say so.
    user_model = settings.AUTH_USER_MODEL
    signals.post_save.connect(_after_save, sender=user_model, dispatch_uid="django_pairchat.user_saved")
    signals.post_delete.connect(_after_change, sender=user_model, dispatch_uid="django_pairchat.user_deleted")


def _after_logout(sender: object, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    # The session is flushed after this signal: its key is still there, and will mean nothing in a moment.
    session_key = getattr(getattr(request, "session", None), "session_key", None)
    if user is not None and session_key:
        tell_live([RightsChange(str(user.pk), session_mark(session_key))])


def _after_save(sender: object, instance: Any, created: bool, update_fields: Any, using: str, **kwargs: Any) -> None:
    if not created and not (update_fields is not None and set(update_fields) <= HARMLESS_FIELDS):
        _after_change(sender, instance, using)


def _after_change(sender: object, instance: Any, using: str, **kwargs: Any) -> None:
    change = RightsChange(str(instance.pk))
    transaction.on_commit(partial(tell_live, [change]), using=using, robust=True)


class Patrol:
    """Looks at every connection of one event loop now and then, for as long as there are any."""

    def __init__(self) -> None:
        self._connections: set[Connection] = set()
        self._round: asyncio.TimerHandle | None = None

    def add(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._round is None:
            self._round = connection.loop.call_later(PATROL_SECONDS, self._go_round)

    def remove(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections and self._round is not None:
            self._round.cancel()
            self._round = None

    def _go_round(self) -> None:
        for connection in self._connections:
            connection.check_soon()
        presence.patrol(list(self._connections))
        limits.renew(self._connections)
        self._round = asyncio.get_running_loop().call_later(PATROL_SECONDS, self._go_round)


_patrols: WeakKeyDictionary[asyncio.AbstractEventLoop, Patrol] = WeakKeyDictionary()


def patrol() -> Patrol:
    """The patrol of the running event loop."""
    return _patrols.setdefault(asyncio.get_running_loop(), Patrol())

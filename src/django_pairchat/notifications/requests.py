"""The requests that the app adds to the protocol: a person's settings, read and changed over sockets and HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, ClassVar, Final

from ..exceptions import BadRequest
from ..protocol.errors import ErrorCode, reject
from ..protocol.extensions import add_feature
from ..protocol.requests import Request, Route, flag, raw_text
from .notifiers import get_notifiers
from .people import Person
from .services import InvalidSettingError, change_notification_settings, notification_settings

FEATURE: Final = "notifications"
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def _switches(value: Any, name: str) -> dict[str, bool]:
    if not isinstance(value, dict) or not all(isinstance(on, bool) for on in value.values()):
        reject(ErrorCode.BAD_REQUEST, name)
    return value


def _hours(value: Any, name: str) -> tuple[time, time] | None:
    """Return the begin and the end of the quiet hours, ``None`` for no such hours."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"from", "until"}:
        reject(ErrorCode.BAD_REQUEST, name)
    return _time(value["from"], name), _time(value["until"], name)


def _time(value: Any, name: str) -> time:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        reject(ErrorCode.BAD_REQUEST, name)
    return time.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Notifications(Request):
    """A look at the settings. It costs what a change does."""

    type: ClassVar[str] = "notifications"
    routes: ClassVar[tuple[Route, ...]] = (Route("GET", ""),)
    bucket: ClassVar[str] = "settings"


@dataclass(frozen=True, slots=True)
class ChangeNotifications(Request):
    """A change of settings. ``changes`` has only those that the client named: null is a value for ``quiet``."""

    type: ClassVar[str] = "change_notifications"
    routes: ClassVar[tuple[Route, ...]] = (Route("POST", ""),)
    # As the form is charged.
    bucket: ClassVar[str] = "settings"
    changeable: ClassVar[Mapping[str, Callable[[Any, str], Any]]] = {
        "channels": _switches,
        "archived": flag,
        "quiet": _hours,
        "time_zone": raw_text,
        "language": raw_text,
    }
    changes: dict[str, Any] = field(default_factory=dict)


def _read(user: Any, request: Notifications) -> dict[str, Any]:
    return {"notifications": settings_object(notification_settings(user))}


def _change(user: Any, request: ChangeNotifications) -> dict[str, Any]:
    try:
        row = change_notification_settings(user, **request.changes)
    except InvalidSettingError as error:
        raise BadRequest(field=error.field) from error
    return {"notifications": settings_object(Person(user, row))}


def settings_object(person: Person) -> dict[str, Any]:
    """Return the settings as clients get them."""
    row = person.settings
    start, end = row.quiet_from, row.quiet_until
    return {
        "channels": [
            {"channel": each.channel, "label": str(each.label), "on": person.wants(each.channel)}
            for each in get_notifiers()
        ],
        "archived": row.archived,
        "quiet": None if start is None or end is None else {"from": f"{start:%H:%M}", "until": f"{end:%H:%M}"},
        "time_zone": row.time_zone,
        "language": row.language,
    }


def register() -> None:
    """Add the requests to the protocol."""
    add_feature(FEATURE, {Notifications: _read, ChangeNotifications: _change})

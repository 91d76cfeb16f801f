"""This app's part of the export of a person's data."""

from __future__ import annotations

from typing import Any, Final

from ..protocol.json_text import moment
from ..services import add_personal_data
from .models import NotificationSettings, PushSubscription, RoomNotice

NAME: Final = "notifications"
CHOICES: Final = ("channels", "archived", "quiet_from", "quiet_until", "time_zone", "language")


def register() -> None:
    add_personal_data(NAME, personal_data)


def personal_data(user: Any) -> dict[str, Any]:
    """Return the person's choices, devices, and how far the person was told about each room.

    The addresses and keys of the devices are left out: with them, others could send to the device.
    """
    choices = NotificationSettings.objects.filter(user=user).values(*CHOICES).first()
    devices = PushSubscription.objects.filter(user=user).order_by("pk")
    notices = RoomNotice.objects.filter(user=user).order_by("pk")
    return {
        "choices": choices and {name: _as_text(value) for name, value in choices.items()},
        "devices": [
            {"name": device.label, "created_at": moment(device.created_at), "seen_at": moment(device.seen_at)}
            for device in devices
        ],
        "told": [
            {
                "room": notice.room_key,
                "channel": notice.channel,
                "up_to": notice.notified_seq,
                "told_at": moment(notice.told_at),
            }
            for notice in notices
        ],
    }


def _as_text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

"""Held messages: what their sender sees of them, and which files belong to them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from ..policy import get_policy, reviews
from ..protocol.json_text import moment
from .access import database
from .answer_size import fit_to_size

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..held.models import HeldMessage

APP: Final = "django_pairchat.held"
TEXTS_LIMIT_BYTES: Final = 16 * 1024
"""A page of rooms may have such texts in each of them."""


def all_held() -> QuerySet[HeldMessage]:
    """Return the held messages of all people. Raises ``ImproperlyConfigured`` without their app."""
    if not apps.is_installed(APP):
        raise ImproperlyConfigured(f'A message can only be held with "{APP}" in INSTALLED_APPS.')
    model: type[HeldMessage] = apps.get_model("pairchat_held", "HeldMessage")
    return model._default_manager.using(database())


def holds() -> bool:
    """Return whether a message may be held here: the app is installed, and the host's policy reviews texts."""
    return reviews(get_policy()) and apps.is_installed(APP)


def held_object(held: HeldMessage) -> dict[str, Any]:
    """Return the object of a held message, which only its sender sees."""
    info = held.fields.get("attachment_info")
    return {
        "client_id": str(held.client_id),
        "kind": held.kind,
        "content": held.content,
        "reply_to": held.reply_to,
        "attachment": None if info is None else {**info, "url": None, "thumbnail": None},
        "created_at": moment(held.created_at),
        "refused": held.refusal if held.is_refused else None,
    }


def held_ids(user: Any, room: Any) -> list[uuid.UUID]:
    """Return the ids of all that the user has written in this room and that waits or was refused."""
    if not apps.is_installed(APP):
        return []
    return list(all_held().filter(sender=user, room_key=str(room.pk)).values_list("client_id", flat=True))


def forget_held(user: Any, room: Any) -> None:
    """Delete all that the user has written in this room and that waits or was refused. Nobody is told."""
    if apps.is_installed(APP):
        all_held().filter(sender=user, room_key=str(room.pk)).delete()


def held_in(rooms: Iterable[Any], user: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the user's held messages in these rooms, by the room's key, in the order of their sending.

    Of one room they have 16 KiB of text at most, or are one: the newest.
    """
    if not holds():
        return {}
    found: defaultdict[str, list[HeldMessage]] = defaultdict(list)
    for held in all_held().filter(sender=user, room_key__in=[str(room.pk) for room in rooms]).order_by("-pk"):
        found[held.room_key].append(held)
    return {
        key: [held_object(held) for held in reversed(fit_to_size(newest_first, _text_bytes, TEXTS_LIMIT_BYTES))]
        for key, newest_first in found.items()
    }


def _text_bytes(held: HeldMessage) -> int:
    return len(held.content.encode())


def rooms_with_held(keys: Iterable[Any]) -> set[str]:
    """Return the keys of those of these rooms in which a message waits for a decision, as texts."""
    if not apps.is_installed(APP):
        return set()
    waiting = all_held().filter(refused_at=None, room_key__in=[str(key) for key in keys])
    return set(waiting.values_list("room_key", flat=True))


def held_files(names: Iterable[str]) -> set[str]:
    """Return those of these files that belong to a held message."""
    if not apps.is_installed(APP):
        return set()
    return set(all_held().filter(attachment__in=list(names)).values_list("attachment", flat=True))

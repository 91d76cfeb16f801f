"""When the accounts of both people of a room are gone, the room goes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import signals

from .. import get_room_model
from .access import database


def connect() -> None:
    """Hear of deleted accounts, from now on and in every kind of process."""
    # By name: where the model is missing, the system checks say so.
    signals.post_delete.connect(
        _after_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="django_pairchat.account_deleted"
    )


def _after_delete(sender: object, using: str, **kwargs: Any) -> None:
    # Two accounts that are deleted at the same time do not see each other go: whichever commits last sees both.
    transaction.on_commit(remove_abandoned_rooms, using=using, robust=True)


def remove_abandoned_rooms() -> None:
    """Delete the rooms in which nobody is left."""
    get_room_model()._default_manager.using(database()).filter(user1=None, user2=None).delete()

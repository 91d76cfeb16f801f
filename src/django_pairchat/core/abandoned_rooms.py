"""Deletion of rooms whose two accounts have both been deleted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import signals

from .. import get_room_model
from ..tenancy import in_this_tenant
from .access import database
from .transactions import retry_on_conflict


def connect() -> None:
    """Connect to ``post_delete`` of the user model, in every kind of process."""
    # By name: if the model is missing, the system checks report it.
    signals.post_delete.connect(
        _after_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="django_pairchat.account_deleted"
    )


def _after_delete(sender: object, using: str, **kwargs: Any) -> None:
    # Two concurrent transactions that delete one account each do not see each other. The last commit sees both.
    transaction.on_commit(in_this_tenant(remove_abandoned_rooms), using=using, robust=True)


@retry_on_conflict
def remove_abandoned_rooms() -> None:
    """Delete the rooms whose two accounts have both been deleted, but for those on legal hold."""
    rooms = get_room_model()._default_manager.using(database())
    rooms.filter(user1=None, user2=None, legal_hold=False).delete()

"""Held messages go with their room, and their files with them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import signals

from .. import get_room_model
from ..core.access import all_messages, database
from ..core.held import held_files
from ..core.uploads import delete_files
from ..model_parts.storage import attachment_storage
from ..tenancy import in_this_tenant
from .models import HeldMessage


def connect() -> None:
    # If the model is missing, the system checks report it.
    with suppress(ImproperlyConfigured):
        signals.post_delete.connect(_room_deleted, sender=get_room_model(), dispatch_uid="pairchat_held.room_deleted")
    signals.post_delete.connect(_deleted, sender=HeldMessage, dispatch_uid="pairchat_held.deleted")


def _room_deleted(instance: Any, using: str, **kwargs: Any) -> None:
    HeldMessage.objects.using(using).filter(room_key=str(instance.pk)).delete()


def _deleted(instance: HeldMessage, **kwargs: Any) -> None:
    if instance.attachment:
        delete = in_this_tenant(partial(delete_unused_file, instance.attachment))
        transaction.on_commit(delete, using=database(), robust=True)


def delete_unused_file(name: str) -> None:
    """Delete the file of a message that is held no more, unless a message has it."""
    if not all_messages().filter(attachment=name).exists() and not held_files([name]):
        delete_files(attachment_storage(), name)

"""One-to-one chat for any Django project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base_models import AbstractMessage, AbstractRoom

__version__ = "0.1.0"


def get_room_model() -> type[AbstractRoom]:
    """The model that ``PAIRCHAT_ROOM_MODEL`` names. Raises ``ImproperlyConfigured`` when there is none."""
    from .base_models import resolve_room_model

    return resolve_room_model()


def get_message_model() -> type[AbstractMessage]:
    """The model that ``PAIRCHAT_MESSAGE_MODEL`` names. Raises ``ImproperlyConfigured`` when there is none."""
    from .base_models import resolve_message_model

    return resolve_message_model()

"""One-to-one chat for any Django project.

Public are this module and those that the pages of the reference name; all else may change with any release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base_models import AbstractMessage, AbstractPreferences, AbstractQuickReply, AbstractRoom, AbstractStar

__version__ = "1.0.0rc1"


def get_room_model() -> type[AbstractRoom]:
    """Return the model that ``PAIRCHAT_ROOM_MODEL`` names. Raises ``ImproperlyConfigured`` if there is none."""
    from .base_models import resolve_room_model

    return resolve_room_model()


def get_message_model() -> type[AbstractMessage]:
    """Return the model that ``PAIRCHAT_MESSAGE_MODEL`` names. Raises ``ImproperlyConfigured`` if there is none."""
    from .base_models import resolve_message_model

    return resolve_message_model()


def get_star_model() -> type[AbstractStar] | None:
    """Return the model that ``PAIRCHAT_STAR_MODEL`` names, ``None`` for a host with own messages that names none.

    Raises ``ImproperlyConfigured`` if there is no such model.
    """
    from .base_models import resolve_star_model

    return resolve_star_model()


def get_preferences_model() -> type[AbstractPreferences] | None:
    """Return the model that ``PAIRCHAT_PREFERENCES_MODEL`` names.

    It is ``None`` for a host with own messages that names none. Raises ``ImproperlyConfigured`` if it is not there.
    """
    from .base_models import resolve_preferences_model

    return resolve_preferences_model()


def get_quick_reply_model() -> type[AbstractQuickReply] | None:
    """Return the model that ``PAIRCHAT_QUICK_REPLY_MODEL`` names.

    It is ``None`` for a host with own messages that names none. Raises ``ImproperlyConfigured`` if it is not there.
    """
    from .base_models import resolve_quick_reply_model

    return resolve_quick_reply_model()

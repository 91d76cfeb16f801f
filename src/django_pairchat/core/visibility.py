"""The visibility of a person to others: the host's policy decides, and the person can only reduce it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist

from .. import get_preferences_model
from ..policy import get_policy

if TYPE_CHECKING:
    from ..base_models import AbstractPreferences


def own_preferences(user: Any) -> AbstractPreferences | None:
    """Return the person's row, ``None`` for one who has switched nothing off.

    It takes a query, except for people of rooms that come from ``with_people()``.
    """
    model = get_preferences_model()
    if model is None:
        return None
    try:
        own: AbstractPreferences = getattr(user, model.accessor())
    except ObjectDoesNotExist:
        return None
    return own


def shows_read_marks(user: Any) -> bool:
    """Return whether others may see how far ``user`` has read."""
    if not get_policy().shows_read_marks(user):
        return False
    own = own_preferences(user)
    return own is None or own.shows_read_marks


def shows_presence(user: Any) -> bool:
    """Return whether others may see that ``user`` is online."""
    if not get_policy().shows_presence(user):
        return False
    own = own_preferences(user)
    return own is None or own.shows_presence

"""After a restore from a backup: positions that clients hold may name messages that no longer exist."""

from __future__ import annotations

from .. import get_room_model
from ..base_models import new_epoch
from .access import database


def renew_epochs() -> int:
    """Give every room a new epoch, so that clients drop what they hold and read again. Returns the number of rooms."""
    return get_room_model()._default_manager.using(database()).update(epoch=new_epoch())

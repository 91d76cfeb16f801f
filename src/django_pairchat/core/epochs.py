"""New epochs after a restore from a backup, when clients may hold positions of messages that no longer exist."""

from __future__ import annotations

from ..base_models import new_epoch
from .access import all_rooms
from .transactions import retry_on_conflict


@retry_on_conflict
def reset_epochs() -> int:
    """Give every room a new epoch, so that clients drop their copies and reload them. Returns the number of rooms."""
    return all_rooms().update(epoch=new_epoch())

"""Quick replies: texts that a person has saved to write them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .. import get_quick_reply_model
from ..core.access import database
from ..exceptions import Conflict, NotFound, TooLong, Unsupported
from ..protocol.content import clean_content
from ..querysets import parse_key

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..base_models import AbstractQuickReply

QUICK_REPLIES_LIMIT: Final = 50
LENGTH_LIMIT: Final = 1000


def _saved(user: Any) -> QuerySet[AbstractQuickReply]:
    model = get_quick_reply_model()
    if model is None:
        raise Unsupported
    return model._default_manager.using(database()).filter(user=user.pk)


def _clean(text: str) -> str:
    cleaned = clean_content(text)
    if len(cleaned) > LENGTH_LIMIT:
        raise TooLong(field="content")
    return cleaned


def _one(user: Any, key: str) -> QuerySet[AbstractQuickReply]:
    saved = _saved(user)
    return saved.filter(pk=parse_key(saved.model, key, "reply"))


def saved_quick_replies(user: Any) -> list[AbstractQuickReply]:
    """Return the texts that the person has saved, the oldest first. Raises ``Unsupported`` where there is no model."""
    return list(_saved(user).order_by("created_at", "pk")[:QUICK_REPLIES_LIMIT])


def save_quick_reply(user: Any, text: str) -> AbstractQuickReply:
    """Save a text of at most 1000 characters. Raises ``Conflict`` if there are 50, ``Empty`` or ``TooLong``."""
    cleaned = _clean(text)
    saved = _saved(user)
    if saved.count() >= QUICK_REPLIES_LIMIT:
        raise Conflict(field="quick_reply")
    created: AbstractQuickReply = saved.model._default_manager.using(database()).create(user_id=user.pk, text=cleaned)
    return created


def change_quick_reply(user: Any, quick_reply: str, text: str) -> None:
    """Change a saved text. Raises ``NotFound`` for one that is not there or not the person's, and as saving does."""
    if not _one(user, quick_reply).update(text=_clean(text)):
        raise NotFound


def delete_quick_reply(user: Any, quick_reply: str) -> None:
    """Delete a saved text. Repeating it changes nothing. Raises ``BadId`` for a malformed key."""
    _one(user, quick_reply).delete()

"""Topics: the object that a room is about, and the signed token by which a page names it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from ..exceptions import BadRequest
from ..model_parts.pair_key import topic_identity
from ..namespace import salt

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractRoom

SALT: Final = "django_pairchat.topic"


def sign_topic(topic: Model, peer: Any) -> str:
    """Return a signed token for a room with ``peer`` about ``topic``, so that a client cannot name any other object.

    It is valid for this peer only.
    """
    # Only for its ValueError: an object without a key cannot be named, and read_topic() would refuse the token.
    topic_identity(topic)
    return signing.dumps([[topic._meta.label_lower, str(topic.pk)], str(peer.pk)], salt=salt(SALT))


def read_topic(token: str, peer_key: str) -> Model:
    """Return the object of a token that was signed for this peer. Raises ``BadRequest`` for any other token."""
    try:
        (label, pk), signed_for = signing.loads(token, salt=salt(SALT))
        if signed_for != peer_key:
            raise BadRequest(field="topic")
        app_label, model_name = label.split(".")
        kind = ContentType.objects.get_by_natural_key(app_label, model_name)
        topic: Model = kind.get_object_for_this_type(pk=pk)
    except (signing.BadSignature, ObjectDoesNotExist, ValidationError, ValueError, TypeError):
        raise BadRequest(field="topic") from None
    return topic


def topic_type(topic: Model) -> ContentType:
    return ContentType.objects.get_for_model(topic, for_concrete_model=False)


def topic_of(room: AbstractRoom) -> Model | None:
    """Return the object that this room is about, ``None`` if it cannot be read any more."""
    kind = None if room.topic_type_id is None else ContentType.objects.get_for_id(room.topic_type_id)
    if kind is None or kind.model_class() is None:
        # Its app was removed.
        return None
    try:
        topic: Model | None = room.topic
    except (ValidationError, ValueError):
        # The model has keys of another type now.
        return None
    return topic

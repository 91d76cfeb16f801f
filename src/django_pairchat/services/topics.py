"""Topics: the thing a room is about, and the signed token by which a page names it."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model

from ..base_models import topic_address
from ..exceptions import BadRequest

SALT: Final = "django_pairchat.topic"


def sign_topic(topic: Model, peer: Any) -> str:
    """A token for a room with ``peer`` about ``topic``: worth nothing with another person, and no name of a table."""
    return signing.dumps([topic_address(topic), str(peer.pk)], salt=SALT)


def read_topic(token: str, peer_key: str) -> Model:
    """The object that the server signed for this peer. Raises ``BadRequest`` for anything else."""
    try:
        (label, pk), signed_for = signing.loads(token, salt=SALT)
        if signed_for != peer_key:
            raise BadRequest(field="topic")
        app_label, model_name = label.split(".")
        kind = ContentType.objects.get_by_natural_key(app_label, model_name)
        topic: Model = kind.get_object_for_this_type(pk=pk)
    except (signing.BadSignature, ObjectDoesNotExist, ValidationError, ValueError, TypeError):
        raise BadRequest(field="topic") from None
    return topic

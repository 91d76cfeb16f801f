"""Topics: the object that a room is about, its title and URL, and the signed token by which a page names it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from .. import get_room_model
from ..exceptions import BadRequest
from ..model_parts.pair_key import topic_identity
from ..namespace import salt
from ..policy import get_policy
from ..utils.db_connections import DATABASE_UNAVAILABLE
from .site_urls import in_reader_language, in_site_language, without_language

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractRoom

SALT: Final = "django_pairchat.topic"

logger = logging.getLogger("django_pairchat")


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


class TopicText(NamedTuple):
    """The title of a topic and the URL of its link, which is empty for no link."""

    title: str
    url: str


def topic_fields(topic: Model) -> dict[str, Any]:
    """Return the values of a new room's columns about its topic, in the language of the site, not of the opener."""
    with in_site_language():
        title, url = _described(topic)
        url = without_language(url)
    return {
        "topic_type": topic_type(topic),
        "topic_key": str(topic.pk),
        "topic_title": _cut("topic_title", title),
        "topic_url": _cut("topic_url", url),
    }


def topic_type(topic: Model) -> ContentType:
    return ContentType.objects.get_for_model(topic, for_concrete_model=False)


def _described(topic: Model) -> TopicText:
    policy = get_policy()
    return TopicText(str(policy.topic_title(topic)), str(policy.topic_url(topic)))


def _cut(name: str, text: str) -> str:
    field: Any = get_room_model()._meta.get_field(name)
    return text[: field.max_length]


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


def topic_texts(rooms: Iterable[AbstractRoom]) -> dict[Any, TopicText]:
    """Return what the topics of these rooms say now, in the active language, by the rooms' keys.

    They are read with one query for all topics of a model. A topic that is gone, or that the policy cannot read, keeps
    what the room has stored.
    """
    rooms = [room for room in rooms if room.topic_title or room.topic_type_id is not None]
    topics = _existing_topics(rooms)
    return {room.pk: _text_of(room, topics.get(_place(room))) for room in rooms}


def _place(room: AbstractRoom) -> tuple[Any, str]:
    return room.topic_type_id, room.topic_key


def _text_of(room: AbstractRoom, topic: Model | None) -> TopicText:
    if topic is not None:
        try:
            title, url = _described(topic)
        except Exception:
            logger.exception("The policy could not describe a topic, so the stored title and address are shown.")
        else:
            return TopicText(_cut("topic_title", title) or room.topic_title, _cut("topic_url", url))
    return TopicText(room.topic_title, in_reader_language(room.topic_url))


def _existing_topics(rooms: Iterable[AbstractRoom]) -> dict[tuple[Any, str], Model]:
    wanted: dict[Any, set[str]] = defaultdict(set)
    for room in rooms:
        if room.topic_type_id is not None:
            wanted[room.topic_type_id].add(room.topic_key)
    return {(kind, str(topic.pk)): topic for kind, keys in wanted.items() for topic in _objects(kind, keys)}


def _objects(kind: Any, keys: set[str]) -> list[Model]:
    model = ContentType.objects.get_for_id(kind).model_class()
    if model is None:
        # Its app was removed.
        return []
    valid = []
    for key in keys:
        try:
            valid.append(model._meta.pk.to_python(key))
        except ValidationError:
            continue
    try:
        return list(get_policy().topic_queryset(model).filter(pk__in=valid))
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        logger.exception("The policy could not read topics, so the stored titles and addresses are shown.")
        return []

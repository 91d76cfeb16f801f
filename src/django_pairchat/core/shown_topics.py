"""A topic as people see it: what the host's policy says of it now, and the copy that a room keeps of that."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError

from .. import get_room_model
from ..model_parts.descriptions import OWN_SITE_OR_WEB
from ..model_parts.pair_key import topmost_with_same_key
from ..policy import Topic, TopicState, get_policy
from ..utils.db_connections import DATABASE_UNAVAILABLE
from .site_urls import in_reader_language, in_site_language, without_language
from .topics import topic_type

if TYPE_CHECKING:
    from django.db.models import Model

    from ..base_models import AbstractRoom

IMAGE_LIMIT: Final = 2000
"""The longest address of a picture, in characters: signed addresses of storages are long."""
SUBTITLE_LIMIT: Final = 100
STATE_LIMIT: Final = 40
DETAILS: Final = ("image", "subtitle", "state")

logger = logging.getLogger("django_pairchat")

Place = tuple[Any, str]
"""The content type and the key by which a room names its topic."""


def topic_fields(topic: Model) -> dict[str, Any]:
    """Return the values of a new room's columns about its topic, in the language of the site, not of the opener."""
    with in_site_language():
        shown = get_policy().topics(None, [topic]).get(topic) or Topic(get_policy().topic_title(topic))
        return {"topic_type": topic_type(topic), "topic_key": str(topic.pk), **_columns(_cleaned(shown))}


def stored_anew(room: AbstractRoom) -> dict[str, Any] | None:
    """Return the columns with a new copy of what this room's topic says, ``None`` if that cannot be known any more."""
    with in_site_language():
        topic = _topic_now([room], None).get(place_of(room))
        return None if topic is None else _columns(topic)


def _columns(topic: Topic) -> dict[str, Any]:
    """Return what a room keeps. Called in the language of the site."""
    details = {name: value for name, value in asdict(topic).items() if name in DETAILS and value}
    return {"topic_title": topic.title, "topic_url": without_language(topic.url), "topic_details": details or None}


def stored_columns(room: AbstractRoom) -> list[Any]:
    """Return what the room keeps of its topic, the same in all languages."""
    return [room.topic_title, room.topic_url, room.topic_details]


def place_of(room: AbstractRoom) -> Place:
    return room.topic_type_id, room.topic_key


def shown_topics(rooms: Iterable[AbstractRoom], user: Any) -> dict[Any, Topic]:
    """Return what ``user`` sees of the topics of these rooms now, in the active language, by the rooms' keys.

    They are read with one query for all topics of a model. A topic that is gone, or that the policy does not show, is
    as the room has stored it, but without a link. One that the policy fails for is entirely as it is stored.
    """
    rooms = [room for room in rooms if room.topic_title or room.topic_type_id is not None]
    topics = _topic_now(rooms, user)
    return {room.pk: _shown(room, topics) for room in rooms}


def _shown(room: AbstractRoom, topics: Mapping[Place, Topic | None]) -> Topic:
    place = place_of(room)
    if place not in topics:
        return _stored(room, in_reader_language(room.topic_url))
    topic = topics[place]
    return _stored(room, "") if topic is None else replace(topic, title=topic.title or room.topic_title)


def _stored(room: AbstractRoom, url: str) -> Topic:
    details = room.topic_details or {}
    state = details.get("state")
    return Topic(
        room.topic_title,
        url,
        image=details.get("image"),
        subtitle=details.get("subtitle", ""),
        state=state and TopicState(**state),
    )


def _topic_now(rooms: Iterable[AbstractRoom], user: Any) -> dict[Place, Topic | None]:
    """Return what the policy says of the topics of these rooms, ``None`` for one that is gone or not shown.

    Those are left out of which nothing can be known, because the policy failed or because the room names none.
    """
    objects = _existing(rooms)
    described = _described(user, list(dict.fromkeys(topic for topic in objects.values() if topic is not None)))
    return {
        place: None if topic is None else described[topic]
        for place, topic in objects.items()
        if topic is None or topic in described
    }


def _described(user: Any, topics: Collection[Model]) -> dict[Model, Topic | None]:
    if not topics:
        return {}
    try:
        told = get_policy().topics(user, topics)
        return {topic: _cleaned(told[topic]) if topic in told else None for topic in topics}
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        if len(topics) == 1:
            logger.exception("The policy could not describe a topic, so the stored title and address are shown.")
            return {}
    # One that cannot be described does not cost the others.
    return {known: shown for topic in topics for known, shown in _described(user, [topic]).items()}


def _cleaned(topic: Topic) -> Topic:
    state = topic.state
    return Topic(
        _cut("topic_title", topic.title),
        _cut("topic_url", topic.url),
        image=_image(topic.image),
        subtitle=str(topic.subtitle)[:SUBTITLE_LIMIT],
        state=None if state is None else TopicState(str(state.key)[:STATE_LIMIT], str(state.label)[:STATE_LIMIT]),
    )


def _cut(name: str, text: Any) -> str:
    field: Any = get_room_model()._meta.get_field(name)
    return str(text)[: field.max_length]


def _image(address: Any) -> str | None:
    """Return the address of a picture, ``None`` if it is none: half of an address leads nowhere."""
    text = str(address or "")
    return text if len(text) <= IMAGE_LIMIT and OWN_SITE_OR_WEB.match(text) else None


def _existing(rooms: Iterable[AbstractRoom]) -> dict[Place, Model | None]:
    """Return the topics by their places, ``None`` for one that is gone. Those that could not be read are left out."""
    wanted: dict[Any, set[str]] = defaultdict(set)
    for room in rooms:
        if room.topic_type_id is not None:
            wanted[room.topic_type_id].add(room.topic_key)
    found: dict[Place, Model | None] = {}
    for kind, keys in wanted.items():
        objects = _objects(kind, keys)
        if objects is not None:
            found |= {(kind, key): objects.get(key) for key in keys}
    return found


def _objects(kind: Any, keys: Collection[str]) -> dict[str, Model] | None:
    """Return the topics of one model by their keys, ``None`` if the policy could not read them."""
    model = ContentType.objects.get_for_id(kind).model_class()
    if model is None:
        # Its app was removed.
        return {}
    valid = []
    for key in keys:
        try:
            valid.append(model._meta.pk.to_python(key))
        except ValidationError:
            continue
    try:
        return {str(topic.pk): topic for topic in get_policy().topic_queryset(model).filter(pk__in=valid)}
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        logger.exception("The policy could not read topics, so the stored titles and addresses are shown.")
        return None


def topic_object(room: AbstractRoom, topic: Topic | None) -> dict[str, Any] | None:
    """Return the ``topic`` of a room object, ``None`` for a room about nothing."""
    return {**_name_of(room), **asdict(topic)} if topic is not None and topic.title else None


def _name_of(room: AbstractRoom) -> dict[str, str | None]:
    """Return how clients tell topics apart: by the topmost of the models that share the topic's key."""
    if room.topic_type_id is None:
        return {"type": None, "key": None}
    kind = ContentType.objects.get_for_id(room.topic_type_id)
    model = kind.model_class()
    label = f"{kind.app_label}.{kind.model}" if model is None else topmost_with_same_key(model)._meta.label_lower
    return {"type": label, "key": room.topic_key}

"""The unique key of a room, made of its two people and its topic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import models

TopicClass = tuple[type[models.Model], str]
"""A model, and the key under which it has an object."""


def topic_identity(topic: models.Model | None) -> list[str] | None:
    """Return the model label and the key of the object that a room is about, ``None`` without a topic.

    An object that several models share, through multi-table inheritance or as a proxy, is one topic: it is named by the
    topmost of its concrete models. Raises ``ValueError`` for an object that is not saved.
    """
    if topic is None:
        return None
    if topic.pk is None:
        raise ValueError("The topic has no key yet: save it before a room about it is opened.")
    *_below, (model, key) = _ancestry(topic)
    return [model._meta.label_lower, key]


def _ancestry(topic: models.Model) -> Iterator[TopicClass]:
    """Yield the concrete models of this object, from its own up, each with the object's key there."""
    model = concrete_model(type(topic))
    key = topic.pk
    while True:
        yield model, str(key)
        parent, link = next(((parent, link) for parent, link in model._meta.parents.items() if link), (None, None))
        if parent is None or link is None:
            return
        model, key = concrete_model(parent), getattr(topic, link.attname)


def concrete_model(model: type[models.Model]) -> type[models.Model]:
    return model._meta.concrete_model or model


def topic_classes(topic: models.Model) -> list[TopicClass]:
    """Return all models under which a room may name this object, each with the object's key there."""
    keys = dict(_ancestry(topic))
    topmost, topmost_key = list(keys.items())[-1]
    family = [model for model in topmost._meta.apps.get_models() if issubclass(model, topmost)]
    for model in {concrete_model(model) for model in family} - keys.keys():
        keys[model] = topmost_key if _shares_key(model, topmost) else _key_below(model, topmost, topmost_key)
    return [(model, keys[concrete_model(model)]) for model in family]


def _shares_key(model: type[models.Model], ancestor: type[models.Model]) -> bool:
    return ancestor in _models_with_same_key(model)


def topmost_with_same_key(model: type[models.Model]) -> type[models.Model]:
    """Return the topmost concrete model in which an object of this one has the same key."""
    *_below, topmost = _models_with_same_key(model)
    return topmost


def _models_with_same_key(model: type[models.Model]) -> Iterator[type[models.Model]]:
    """Yield the model and those above it, as far as the primary key of each is its link to the next one."""
    model = concrete_model(model)
    while True:
        yield model
        link: Any = model._meta.pk
        if link.remote_field is None or not link.remote_field.parent_link:
            return
        model = concrete_model(link.remote_field.model)


def _key_below(model: type[models.Model], ancestor: type[models.Model], key: str) -> str:
    """Return the key of the ancestor's object in a model with a primary key of its own, empty if it is not there."""
    of_ancestor = {ancestor._meta.pk.name: key}
    found = model._base_manager.filter(**of_ancestor).values_list("pk", flat=True).first()
    return "" if found is None else str(found)


def make_pair_key(user: Any, peer: Any, topic: models.Model | None) -> str:
    """Return the SHA-256 of both users' keys, in any order, and the topic, in 64 hexadecimal digits."""
    identity = [sorted([str(user.pk), str(peer.pk)]), topic_identity(topic)]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()

"""The two models: which settings name them, and whether they fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.core import checks
from django.core.checks import CheckMessage
from django.db.models import Model

from .. import get_message_model, get_room_model
from ..base_models import AbstractMessage, AbstractPreferences, AbstractQuickReply, AbstractRoom, AbstractStar
from ..conf import (
    MESSAGE_MODEL_SETTING,
    PREFERENCES_MODEL_SETTING,
    QUICK_REPLY_MODEL_SETTING,
    ROOM_MODEL_SETTING,
    STAR_MODEL_SETTING,
    conf,
)

DEFAULT_APP: Final = "django_pairchat.default"
DEFAULT_MODELS: Final = {ROOM_MODEL_SETTING: "pairchat.room", MESSAGE_MODEL_SETTING: "pairchat.message"}


def check_models(**kwargs: Any) -> list[CheckMessage]:
    named = {ROOM_MODEL_SETTING: conf.room_model, MESSAGE_MODEL_SETTING: conf.message_model}
    own = [setting for setting, name in named.items() if name.lower() != DEFAULT_MODELS[setting]]
    bases = {ROOM_MODEL_SETTING: AbstractRoom, MESSAGE_MODEL_SETTING: AbstractMessage}
    mistakes = [
        mistake
        for setting, name in named.items()
        if setting in own or len(own) != 1
        for mistake in _check_model(setting, name, bases[setting])
    ]
    if len(own) == 1:
        mistakes.append(_missing_setting(own[0], next(setting for setting in named if setting not in own)))
    elif not mistakes:
        mistakes.extend(_check_belonging())
        mistakes.extend(_check_default_tables(bool(own)))
    optional: list[tuple[str, str | None, type[Model]]] = [
        (STAR_MODEL_SETTING, conf.star_model, AbstractStar),
        (PREFERENCES_MODEL_SETTING, conf.preferences_model, AbstractPreferences),
        (QUICK_REPLY_MODEL_SETTING, conf.quick_reply_model, AbstractQuickReply),
    ]
    for setting, name, base in optional:
        if setting in conf.named_models:
            mistakes.extend(_check_model(setting, str(name), base))
    return mistakes


def _check_model(setting: str, name: str, base: type[Model]) -> Iterator[CheckMessage]:
    app_label, _, model_name = name.partition(".")
    if not (app_label.isidentifier() and model_name.isidentifier()):
        hint = f'For example: {setting} = "shop.{base.__name__.removeprefix("Abstract")}"'
        yield checks.Error(f'{setting} is {name!r}, not "app_label.Model".', hint=hint, id="pairchat.E012")
        return
    try:
        model = apps.get_model(app_label, model_name)
    except LookupError:
        hint = _possible_models(setting, base)
        yield checks.Error(f'{setting} names "{name}", which is not an installed model.', hint=hint, id="pairchat.E013")
        return
    if not issubclass(model, base):
        path = f"{base.__module__}.{base.__name__}"
        yield checks.Error(
            f'{setting} names "{name}", which does not inherit from {base.__name__}.',
            hint=f"Let {model.__name__} inherit from {path}, and its Meta from {base.__name__}.Meta.",
            id="pairchat.E014",
        )


def _possible_models(setting: str, base: type[Model]) -> str:
    labels = [model._meta.label for model in apps.get_models() if issubclass(model, base)]
    if labels:
        return " or ".join(f'{setting} = "{label}"' for label in labels)
    return f'Add "{DEFAULT_APP}" to INSTALLED_APPS, or name a subclass of {base.__name__} of your own.'


def _missing_setting(present: str, absent: str) -> checks.Error:
    return checks.Error(
        f"{present} is set, but {absent} is not.",
        hint="Rooms and messages are replaced together: name your own models in both, or in neither.",
        id="pairchat.E015",
    )


def _check_belonging() -> Iterator[CheckMessage]:
    room_model, message_model = get_room_model(), get_message_model()
    target: Any = message_model._meta.get_field("room").related_model
    if not isinstance(target, str) and target._meta.concrete_model is not room_model._meta.concrete_model:
        yield checks.Error(
            f'The messages of {MESSAGE_MODEL_SETTING} belong to "{target._meta.label}", '
            f'but {ROOM_MODEL_SETTING} names "{conf.room_model}".',
            hint=f"Remove the field `room` from {message_model.__name__}: the one it inherits leads there.",
            obj=message_model,
            id="pairchat.E016",
        )


def _check_default_tables(has_own: bool) -> Iterator[CheckMessage]:
    if has_own and apps.is_installed(DEFAULT_APP):
        yield checks.Warning(
            f'"{DEFAULT_APP}" is in INSTALLED_APPS, but its tables are not used.',
            hint="Remove it, or silence this until its chats have been moved to your own models.",
            id="pairchat.W002",
        )

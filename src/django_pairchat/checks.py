"""System checks: what a host can set up wrong, said before the first person meets it.

An id stands for one kind of mistake and keeps its meaning for ever. Errors stop ``manage.py``; a warning
that does not apply is silenced with ``SILENCED_SYSTEM_CHECKS``. ``check --deploy`` alone asks the last group.

=============  =========================================================================================
pairchat.E001  ``PAIRCHAT`` is not a dictionary
pairchat.E002  ``PAIRCHAT`` has a name that does not exist
pairchat.E003  ``POLICY`` does not lead to a subclass of ``Policy``
pairchat.E004  ``CONSUMER`` does not lead to a subclass of ``ChatConsumer``
pairchat.E005  ``WEBSOCKET_PATH`` or ``SENDFILE_PREFIX`` is not a path with a slash on both ends
pairchat.E006  ``STORAGE`` is not an alias in ``STORAGES``
pairchat.E007  a number is not a whole number of 1 or more
pairchat.E008  ``SENDFILE_HEADER`` is not a header that a web server understands
pairchat.E010  the room model has lost unique constraints of ``AbstractRoom``
pairchat.E011  the message model has lost unique constraints of ``AbstractMessage``
pairchat.E012  ``PAIRCHAT_ROOM_MODEL`` or ``PAIRCHAT_MESSAGE_MODEL`` is not ``"app_label.Model"``
pairchat.E013  one of them names a model that is not installed
pairchat.E014  one of them names a model that does not inherit from the abstract one
pairchat.E015  only one of the two is set
pairchat.E016  the messages belong to another model than that of the rooms
pairchat.E017  a column of the host's own in one of them must be given, and what people write comes without it
pairchat.E020  ``django_pairchat.default`` is installed without ``django_pairchat``
pairchat.E021  an app that the chat builds on is not installed
pairchat.E022  the channel layer cannot be imported
pairchat.W001  a setting looks like one of the chat's, but is not read
pairchat.W002  ``django_pairchat.default`` is installed, but other models are in use
pairchat.W003  a middleware that the pages need is missing
pairchat.W004  the URLs are not included anywhere
pairchat.W005  database connections are kept open without health checks
pairchat.W010  deployment: no channel layer
pairchat.W011  deployment: the channel layer lives in the memory of one process
pairchat.W012  deployment: a channel layer for several processes, but a cache for one
pairchat.W013  deployment: the default cache keeps nothing
=============  =========================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import InMemoryChannelLayer
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import connections
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from . import get_message_model, get_room_model
from .base_models import AbstractMessage, AbstractRoom
from .conf import DEFAULTS, MESSAGE_MODEL_SETTING, ROOM_MODEL_SETTING, conf
from .consumers import ChatConsumer
from .policy import Policy
from .services.access import database

Check = Callable[..., list[CheckMessage]]

TAG: Final = "pairchat"
CORE_APP: Final = "django_pairchat"
DEFAULT_APP: Final = "django_pairchat.default"
DEFAULT_MODELS: Final = {ROOM_MODEL_SETTING: "pairchat.room", MESSAGE_MODEL_SETTING: "pairchat.message"}
REQUIRED_APPS: Final = ("django.contrib.auth", "django.contrib.contenttypes")
SESSION_TABLE_ENGINES: Final = (
    "django.contrib.sessions.backends.db",
    "django.contrib.sessions.backends.cached_db",
)
REQUIRED_MIDDLEWARE: Final = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
SENDFILE_HEADERS: Final = ("X-Accel-Redirect", "X-Sendfile")


def register() -> None:
    """Called by both apps: the second one finds out when the first is missing."""
    for check in ALWAYS:
        checks.register(check, TAG)
    for check in WHEN_DEPLOYED:
        checks.register(check, TAG, deploy=True)


# Settings


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    given = getattr(settings, "PAIRCHAT", {})
    if not isinstance(given, Mapping):
        hint = 'For example: PAIRCHAT = {"POLICY": "shop.chat.Policy"}'
        return [
            checks.Error("PAIRCHAT must be a dictionary.", hint=hint, id="pairchat.E001"),
            *_unread_settings(),
        ]
    unknown = [_unknown_name(str(name)) for name in given if name not in DEFAULTS]
    known = [name for name in DEFAULTS if name in given]
    mistyped = [mistake for name in known for mistake in VALUE_CHECKS[name](name, given[name])]
    return [*unknown, *mistyped, *_unread_settings()]


def _unknown_name(name: str) -> checks.Error:
    close = get_close_matches(name.upper(), DEFAULTS, n=1)
    hint = f'Did you mean "{close[0]}"?' if close else f"The names are {', '.join(DEFAULTS)}."
    return checks.Error(f'PAIRCHAT["{name}"] is not a setting.', hint=hint, id="pairchat.E002")


def _unread_settings() -> Iterator[CheckMessage]:
    """``PAIRCHAT_POLICY`` instead of ``PAIRCHAT["POLICY"]``, ``PAIRCHAT_ROM_MODEL`` with a letter missing."""
    meant = {f"PAIRCHAT_{name}": f'PAIRCHAT = {{"{name}": …}}' for name in DEFAULTS}
    meant |= {name: f"{name} = …" for name in (ROOM_MODEL_SETTING, MESSAGE_MODEL_SETTING)}
    for name in dir(settings):
        if not name.startswith("PAIRCHAT_") or name in (ROOM_MODEL_SETTING, MESSAGE_MODEL_SETTING):
            continue
        for close in get_close_matches(name, meant, n=1, cutoff=0.8):
            yield checks.Warning(
                f"The setting {name} is not read.", hint=f"Did you mean {meant[close]}?", id="pairchat.W001"
            )


def _subclass_of(base: type, check_id: str) -> Callable[[str, Any], Iterator[CheckMessage]]:
    def check(name: str, value: Any) -> Iterator[CheckMessage]:
        wrong = _wrong_class(value, base)
        if wrong:
            yield checks.Error(
                f'PAIRCHAT["{name}"] {wrong}.',
                hint=f"Give the dotted path of a subclass of {base.__module__}.{base.__name__}.",
                id=check_id,
            )

    return check


def _wrong_class(value: Any, base: type) -> str:
    if not isinstance(value, str):
        return f"is {value!r}, not a dotted path in quotes"
    try:
        found = import_string(value)
    except ImportError as error:
        return f"cannot be imported: {error}"
    return "" if _is_subclass(found, base) else f"leads to {value}, which is not a subclass of {base.__name__}"


def _is_subclass(found: Any, base: type) -> bool:
    return isinstance(found, type) and issubclass(found, base)


def _check_path(name: str, value: Any) -> Iterator[CheckMessage]:
    if not (isinstance(value, str) and value.startswith("/") and value.endswith("/")):
        hint = f'For example: PAIRCHAT = {{"{name}": "{DEFAULTS[name]}"}}'
        yield checks.Error(f'PAIRCHAT["{name}"] must start and end with a slash.', hint=hint, id="pairchat.E005")


def _check_storage(name: str, value: Any) -> Iterator[CheckMessage]:
    if value not in storages.backends:
        hint = f"The aliases are {', '.join(storages.backends)}."
        yield checks.Error(f'PAIRCHAT["{name}"] is {value!r}, which is not in STORAGES.', hint=hint, id="pairchat.E006")


def _check_number(name: str, value: Any) -> Iterator[CheckMessage]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield checks.Error(
            f'PAIRCHAT["{name}"] is {value!r}, not a whole number of 1 or more.',
            hint=f"Leave it out for the default, {DEFAULTS[name]}.",
            id="pairchat.E007",
        )


def _check_header(name: str, value: Any) -> Iterator[CheckMessage]:
    if value is not None and value not in SENDFILE_HEADERS:
        yield checks.Error(
            f'PAIRCHAT["{name}"] is {value!r}, not the name of a header that a web server understands.',
            hint=f"One of {', '.join(SENDFILE_HEADERS)}, or leave it out: then Django sends the files.",
            id="pairchat.E008",
        )


VALUE_CHECKS: Final[dict[str, Callable[[str, Any], Iterator[CheckMessage]]]] = {
    "POLICY": _subclass_of(Policy, "pairchat.E003"),
    "CONSUMER": _subclass_of(ChatConsumer, "pairchat.E004"),
    "WEBSOCKET_PATH": _check_path,
    "STORAGE": _check_storage,
    "SENDFILE_HEADER": _check_header,
    "SENDFILE_PREFIX": _check_path,
    "SENDS_PER_MINUTE": _check_number,
    "SEND_BURST": _check_number,
    "SOCKETS_PER_USER": _check_number,
}


# Models


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
        mistakes.append(_lonely(own[0], next(setting for setting in named if setting not in own)))
    elif not mistakes:
        mistakes.extend(_check_belonging())
        mistakes.extend(_check_default_tables(bool(own)))
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


def _lonely(present: str, absent: str) -> checks.Error:
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
            hint="Take it out, or silence this until their conversations have been moved to your own models.",
            id="pairchat.W002",
        )


# The project around it


def check_apps(**kwargs: Any) -> list[CheckMessage]:
    mistakes: list[CheckMessage] = []
    if not apps.is_installed(CORE_APP):
        hint = f'INSTALLED_APPS = [..., "{CORE_APP}", "{DEFAULT_APP}"]'
        mistakes.append(checks.Error(f'"{CORE_APP}" is not in INSTALLED_APPS.', hint=hint, id="pairchat.E020"))
    required = list(REQUIRED_APPS)
    if settings.SESSION_ENGINE in SESSION_TABLE_ENGINES:
        required.append("django.contrib.sessions")
    for name in required:
        if not apps.is_installed(name):
            hint = f'Add "{name}" to INSTALLED_APPS.'
            mistakes.append(checks.Error(f'The chat needs "{name}".', hint=hint, id="pairchat.E021"))
    return mistakes


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    present = list(_middleware())
    return [
        checks.Warning(
            f'The pages of the chat need "{path}".',
            hint="Add it to MIDDLEWARE, or silence this if another middleware sets request.user.",
            id="pairchat.W003",
        )
        for path in REQUIRED_MIDDLEWARE
        if not any(_is_subclass(found, import_string(path)) for found in present)
    ]


def _middleware() -> Iterator[Any]:
    for path in settings.MIDDLEWARE:
        try:
            yield import_string(path)
        except ImportError:
            # Django says so itself, with the first request at the latest.
            continue


def check_urls(**kwargs: Any) -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("pairchat:inbox")
    except NoReverseMatch:
        return [
            checks.Warning(
                "The URLs of the chat are not included.",
                hint='path("chat/", include("django_pairchat.urls")),',
                id="pairchat.W004",
            )
        ]
    return []


def check_connections(**kwargs: Any) -> list[CheckMessage]:
    try:
        alias = database()
    except ImproperlyConfigured:
        return []
    options = connections[alias].settings_dict
    # A file is never out of reach.
    if connections[alias].vendor == "sqlite" or options["CONN_MAX_AGE"] == 0 or options["CONN_HEALTH_CHECKS"]:
        return []
    return [
        checks.Warning(
            f'DATABASES["{alias}"] keeps connections open and does not notice when one breaks.',
            hint='Set "CONN_HEALTH_CHECKS": True beside "CONN_MAX_AGE", or leave out both.',
            id="pairchat.W005",
        )
    ]


def check_channel_layer(**kwargs: Any) -> list[CheckMessage]:
    try:
        _channel_layer_class()
    except (ImportError, LookupError, TypeError) as error:
        return [
            checks.Error(
                f'CHANNEL_LAYERS["{DEFAULT_CHANNEL_LAYER}"] cannot be used: {error!r}.',
                hint='"BACKEND" is the dotted path of a channel layer; its package has to be installed.',
                id="pairchat.E022",
            )
        ]
    return []


def _channel_layer_class() -> Any:
    """``None`` where the host has no channel layer."""
    layers: Mapping[str, Any] = getattr(settings, "CHANNEL_LAYERS", {})
    if DEFAULT_CHANNEL_LAYER not in layers:
        return None
    return import_string(layers[DEFAULT_CHANNEL_LAYER]["BACKEND"])


def check_several_processes(**kwargs: Any) -> list[CheckMessage]:
    if check_channel_layer():
        return []
    layer = _channel_layer_class()
    if layer is None:
        return [_alone("There is no channel layer", "pairchat.W010")]
    if layer is InMemoryChannelLayer:
        return [_alone("The in-memory channel layer ends with its process", "pairchat.W011")]
    if isinstance(caches[DEFAULT_CACHE_ALIAS], LocMemCache):
        return [
            checks.Warning(
                "The server processes share a channel layer, but not a cache: each one counts limits by itself, "
                "and people look absent who are connected elsewhere.",
                hint='Let CACHES meet in Redis, too: "django.core.cache.backends.redis.RedisCache".',
                id="pairchat.W012",
            )
        ]
    return []


def _alone(reason: str, check_id: str) -> CheckMessage:
    return checks.Warning(
        f"{reason}: a page that is open on another server process sees a message only after a while.",
        hint="This is fine with one process: then silence it. Several processes meet in Redis, with "
        '"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer".',
        id=check_id,
    )


def check_cache(**kwargs: Any) -> list[CheckMessage]:
    if not isinstance(caches[DEFAULT_CACHE_ALIAS], DummyCache):
        return []
    return [
        checks.Warning(
            "The default cache keeps nothing: no limit holds, and nobody is ever shown as being there.",
            hint='One process can use "django.core.cache.backends.locmem.LocMemCache", several meet in Redis.',
            id="pairchat.W013",
        )
    ]


ALWAYS: Final[Sequence[Check]] = (
    check_settings,
    check_models,
    check_apps,
    check_middleware,
    check_urls,
    check_connections,
    check_channel_layer,
)
WHEN_DEPLOYED: Final[Sequence[Check]] = (check_several_processes, check_cache)

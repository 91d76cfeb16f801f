"""The things that several server processes share: the channel layer and the cache."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import InMemoryChannelLayer
from django.conf import settings
from django.core import checks
from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ..realtime.relay import make_layer


def check_channel_layer(**kwargs: Any) -> list[CheckMessage]:
    try:
        layer = channel_layer_class()
    except (ImportError, LookupError, TypeError) as error:
        return [
            checks.Error(
                f'CHANNEL_LAYERS["{DEFAULT_CHANNEL_LAYER}"] cannot be used: {error!r}.',
                hint='"BACKEND" is the dotted path of a channel layer; its package has to be installed.',
                id="pairchat.E022",
            )
        ]
    return [] if layer is None else list(_check_making_a_layer())


def _check_making_a_layer() -> Iterator[CheckMessage]:
    """Create the layer in an event loop, as the relay does, and in a new thread, because this one may have a loop."""
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(asyncio.run, _make_layer()).result()
        except ImproperlyConfigured as error:
            yield checks.Error(
                f"{error}",
                hint='Look at "CONFIG": its names and values are passed to the channel layer when it is created.',
                id="pairchat.E023",
            )


async def _make_layer() -> None:
    make_layer()


def channel_layer_class() -> Any:
    """Return the class of the host's default channel layer, ``None`` if there is none."""
    layers: Mapping[str, Any] = getattr(settings, "CHANNEL_LAYERS", {})
    if DEFAULT_CHANNEL_LAYER not in layers:
        return None
    return import_string(layers[DEFAULT_CHANNEL_LAYER]["BACKEND"])


def check_several_processes(**kwargs: Any) -> list[CheckMessage]:
    if check_channel_layer():
        return []
    layer = channel_layer_class()
    if layer is None:
        return [_one_process_only("There is no channel layer", "pairchat.W010")]
    if layer is InMemoryChannelLayer:
        return [_one_process_only("The in-memory channel layer ends with its process", "pairchat.W011")]
    if not check_making_the_cache() and isinstance(caches[DEFAULT_CACHE_ALIAS], LocMemCache):
        return [
            checks.Warning(
                "The server processes share a channel layer, but not a cache: each one counts limits by itself, "
                "and people who are connected to another process look absent.",
                hint='Use a shared cache in CACHES, too: "django.core.cache.backends.redis.RedisCache".',
                id="pairchat.W012",
            )
        ]
    return []


def _one_process_only(reason: str, check_id: str) -> CheckMessage:
    return checks.Warning(
        f"{reason}: a page that is open on another server process shows a message only after a delay.",
        hint="This is fine with one process: then silence it. Several processes share a Redis, with "
        '"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer".',
        id=check_id,
    )


def check_making_the_cache(**kwargs: Any) -> list[CheckMessage]:
    try:
        caches[DEFAULT_CACHE_ALIAS]
    except Exception as error:  # noqa: BLE001 - it is the host's, and may raise anything
        hint = "Without it processes share no limits, and nobody is ever shown as online."
        return [
            checks.Error(
                f'CACHES["{DEFAULT_CACHE_ALIAS}"] cannot be created: {error!r}.', hint=hint, id="pairchat.E024"
            )
        ]
    return []


def check_cache(**kwargs: Any) -> list[CheckMessage]:
    if check_making_the_cache() or not isinstance(caches[DEFAULT_CACHE_ALIAS], DummyCache):
        return []
    return [
        checks.Warning(
            "The default cache stores nothing: limits are not shared, and nobody is ever shown as online.",
            hint='One process can use "django.core.cache.backends.locmem.LocMemCache", several processes a Redis.',
            id="pairchat.W013",
        )
    ]


def check_configured_processes(**kwargs: Any) -> list[CheckMessage]:
    count = configured_processes()
    if count < 2 or check_channel_layer() or channel_layer_class() not in (None, InMemoryChannelLayer):
        return []
    return [
        checks.Warning(
            f"WEB_CONCURRENCY asks for {count} server processes, but there is no channel layer that connects them.",
            hint="A page that is open on another process shows a message only after a delay. Share a Redis, with "
            '"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", or start one process.',
            id="pairchat.W015",
        )
    ]


def configured_processes() -> int:
    """Return for how many processes the environment asks, 0 if it does not say. A server's options are not known."""
    number = os.environ.get("WEB_CONCURRENCY", "")
    return int(number) if number.isdecimal() else 0

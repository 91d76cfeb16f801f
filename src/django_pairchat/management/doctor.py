"""The findings that ``pairchat_doctor`` prints of the project that it runs in, subject by subject."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.files.storage import storages
from django.db import connections
from django.shortcuts import resolve_url

from ..checks.addresses import login_page_exists
from ..checks.files import exposure
from ..checks.processes import channel_layer_class, configured_processes
from ..checks.project import frame_of_host
from ..conf import conf
from ..core import images
from ..core.access import database
from ..realtime import servers
from ..realtime.relay import make_layer
from .outcome import Outcome

LAYER_SECONDS: Final = 5.0


def findings() -> Iterator[tuple[str, Outcome]]:
    """Yield each subject with what was found, and whether it works.

    What a system check warns of counts as working here, because the check says so itself, and can be silenced.
    """
    for subject, look in SUBJECTS.items():
        try:
            yield subject, look()
        except Exception as error:  # noqa: BLE001 - what the host has set up may raise anything, and the rest is wanted
            yield subject, Outcome(f"cannot be used: {type(error).__name__}: {error}", works=False)


def _server() -> Outcome:
    installed = servers.installed()
    if not installed:
        return Outcome('no ASGI server is installed, so pages poll: pip install "django-pairchat[uvicorn]"')
    if servers.lacks_websockets():
        told = 'uvicorn without websockets, which has no sockets: pip install "django-pairchat[uvicorn]"'
        return Outcome(told, works=False)
    count = configured_processes()
    processes = f"WEB_CONCURRENCY is {count}" if count else "WEB_CONCURRENCY is not set, so one process is assumed"
    return Outcome(f"{', '.join(installed)}; {processes}")


def _layer() -> Outcome:
    layer = channel_layer_class()
    if layer is None:
        return Outcome("none: one process serves everybody")
    kind = f'{layer.__module__}.{layer.__qualname__} (CHANNEL_LAYERS["{DEFAULT_CHANNEL_LAYER}"])'
    try:
        async_to_sync(_send_to_itself)()
    except Exception as error:  # noqa: BLE001 - a channel layer may raise anything
        told = f"{kind}, where a message to a group does not arrive: {type(error).__name__}: {error}"
        return Outcome(told, works=False)
    return Outcome(f"{kind}, where a message to a group arrives")


async def _send_to_itself() -> None:
    """Send to a group of its own, as the relay does to the other processes, and wait until that arrives."""
    layer, group = make_layer(), f"pairchat.doctor.{uuid.uuid4().hex}"
    async with asyncio.timeout(LAYER_SECONDS):
        channel = await layer.new_channel("pairchat.doctor")
        await layer.group_add(group, channel)
        receiving = asyncio.create_task(layer.receive(channel))
        # Some layers listen from the first call of receive() on.
        while not receiving.done():
            await layer.group_send(group, {"type": "pairchat.doctor"})
            await asyncio.wait({receiving}, timeout=LAYER_SECONDS / 10)
        await receiving
        await layer.group_discard(group, channel)


def _cache() -> Outcome:
    cache = caches[DEFAULT_CACHE_ALIAS]
    kind = f"{type(cache).__module__}.{type(cache).__qualname__}"
    cache.set("pairchat.doctor", "well", 10)
    if cache.get("pairchat.doctor") == "well":
        return Outcome(kind)
    told = f"{kind}, which keeps nothing: limits have no effect, and nobody is shown as online"
    return Outcome(told, works=isinstance(cache, DummyCache))


def _database() -> Outcome:
    connection = connections[database()]
    connection.ensure_connection()
    missing = {model._meta.db_table for model in _models()} - set(connection.introspection.table_names())
    if missing:
        told = f"{connection.display_name}, without the tables {', '.join(sorted(missing))}: run manage.py migrate"
        return Outcome(told, works=False)
    return Outcome(f'{connection.display_name} (DATABASES["{connection.alias}"]), with its tables')


def _models() -> list[Any]:
    from .. import get_message_model, get_room_model

    return [get_room_model(), get_message_model()]


def _storage() -> Outcome:
    storage = storages[conf.storage]
    place = getattr(storage, "location", "") or type(storage).__qualname__
    exposed = exposure()
    told = f'{place} (STORAGES["{conf.storage}"])' + (f": {exposed}" if exposed else "")
    if conf.sendfile_header:
        told += f"; files are handed to the web server by {conf.sendfile_header}: without one, pictures are empty"
    return Outcome(told)


def _pictures() -> Outcome:
    if not images.is_available():
        return Outcome('no: pip install "django-pairchat[images]"')
    photos = "HEIC too" if images.reads("image/heic") else 'for HEIC: pip install "django-pairchat[heic]"'
    return Outcome(f"Pillow {version('pillow')}; {photos}")


def _origin() -> Outcome:
    trusted = ", ".join(settings.CSRF_TRUSTED_ORIGINS) or "none"
    hosts = ", ".join(settings.ALLOWED_HOSTS) or "localhost while DEBUG is on"
    return Outcome(f"the scheme and host of the request; hosts: {hosts}; further trusted origins: {trusted}")


def _base_template() -> Outcome:
    return Outcome(next(frame_of_host(), "none: the pages of the chat stand outside the frame of the site"))


def _login_page() -> Outcome:
    return Outcome(f"{resolve_url(settings.LOGIN_URL)}{'' if login_page_exists() else ', where nothing answers'}")


SUBJECTS: Final[dict[str, Callable[[], Outcome]]] = {
    "server": _server,
    "socket path": lambda: Outcome(conf.websocket_path),
    "channel layer": _layer,
    "cache": _cache,
    "database": _database,
    "storage": _storage,
    "pictures": _pictures,
    "origin": _origin,
    "base template": _base_template,
    "login page": _login_page,
}

"""The board's settings for the processes under test, with the channel layer that a test asks for."""

from __future__ import annotations

import os

from board_site.settings import *  # noqa: F403 - settings that extend others
from board_site.settings import INSTALLED_APPS, PAIRCHAT, REDIS_URL

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "huey.contrib.djhuey", "tests.faults.host"]
ROOT_URLCONF = "tests.faults.host.urls"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

HUEY = {"huey_class": "huey.RedisHuey", "name": "faults", "url": REDIS_URL, "immediate": False}

_PUBSUB = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
_OVER_REDIS = {"backend": _PUBSUB["BACKEND"], "config": _PUBSUB["CONFIG"]}
_LAYERS = {
    "pubsub": _PUBSUB,
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
    "lossy": {"BACKEND": "django_pairchat.testing.LossyChannelLayer", "CONFIG": _OVER_REDIS},
    "strict": {"BACKEND": "django_pairchat.testing.StrictChannelLayer", "CONFIG": _OVER_REDIS},
    "raising": {"BACKEND": "django_pairchat.testing.BrokenChannelLayer"},
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}
_layer = os.environ["FAULTS_LAYER"]
CHANNEL_LAYERS = {} if _layer == "none" else {"default": _LAYERS[_layer]}
if _layer in ("memory", "none"):
    # Two processes without anything between them but the database.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

if "FAULTS_SPOILT" in os.environ:
    _spoilt = "tests.faults.host.spoilt"
    PAIRCHAT = {**PAIRCHAT, "CONSUMER": f"{_spoilt}.SpoiltConsumer", "POLICY": f"{_spoilt}.SpoiltPolicy"}

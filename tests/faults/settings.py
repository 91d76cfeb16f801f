"""The board's settings for the processes under test, with the channel layer that a test asks for."""

from __future__ import annotations

import os

from board_site.settings import *  # noqa: F403 - settings that extend others
from board_site.settings import INSTALLED_APPS, PAIRCHAT, REDIS_URL

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.host"]
ROOT_URLCONF = "tests.faults.host.urls"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

_PUBSUB = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
_LAYERS = {
    "pubsub": _PUBSUB,
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
    # Over Redis; every third message is lost, every tenth comes twice, many are overtaken by later ones.
    "lossy": {
        "BACKEND": "django_pairchat.testing.LossyChannelLayer",
        "CONFIG": {"backend": _PUBSUB["BACKEND"], "config": _PUBSUB["CONFIG"]},
    },
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

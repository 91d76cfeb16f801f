"""The board's settings for the processes under test, with the channel layer that a test asks for."""

from __future__ import annotations

import json
import os

from board_site.settings import *  # noqa: F403 - settings that extend others
from board_site.settings import DATABASES, INSTALLED_APPS, PAIRCHAT, REDIS_URL

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "huey.contrib.djhuey", "tests.faults.host"]
ROOT_URLCONF = "tests.faults.host.urls"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

if "FAULTS_DATABASE_OPTIONS" in os.environ:
    DATABASES["default"]["OPTIONS"] = json.loads(os.environ["FAULTS_DATABASE_OPTIONS"])

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
    "valkey pubsub": {"BACKEND": "channels_valkey.pubsub.ValkeyPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
    "valkey core": {"BACKEND": "channels_valkey.core.ValkeyChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
    "postgres": {
        "BACKEND": "channels_postgres.core.PostgresChannelLayer",
        "CONFIG": {**DATABASES["default"], "TIME_ZONE": "UTC", "group_expiry": 86400},
    },
    "nats": {
        "BACKEND": "channels_nats.NatsChannelLayer",
        "CONFIG": {"servers": [os.environ.get("FAULTS_NATS_URL", "")]},
    },
    "lite": {"BACKEND": "channels_lite.layers.core.SQLiteChannelLayer", "CONFIG": {"database": "channels"}},
    "lite aio": {"BACKEND": "channels_lite.layers.aio.AIOSQLiteChannelLayer", "CONFIG": {"database": "channels"}},
}
_layer = os.environ["FAULTS_LAYER"]
if _layer == "postgres":
    INSTALLED_APPS += ["channels_postgres"]
    DATABASES["channels_postgres"] = DATABASES["default"]
if _layer.startswith("lite"):
    INSTALLED_APPS += ["channels_lite"]
    DATABASE_ROUTERS = ["channels_lite.router.ChannelsRouter"]
    DATABASES["channels"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["FAULTS_SQLITE"],
        # As the package's own guide has it.
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;",
        },
    }
CHANNEL_LAYERS = {} if _layer == "none" else {"default": _LAYERS[_layer]}
if _layer in ("memory", "none"):
    # Two processes without anything between them but the database.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

if "FAULTS_NAMESPACE" in os.environ:
    PAIRCHAT = {**PAIRCHAT, "NAMESPACE": os.environ["FAULTS_NAMESPACE"]}
if "FAULTS_SPOILT" in os.environ:
    _faulty = "tests.faults.host.faulty_hooks"
    PAIRCHAT = {**PAIRCHAT, "CONSUMER": f"{_faulty}.SpoiltConsumer", "POLICY": f"{_faulty}.SpoiltPolicy"}

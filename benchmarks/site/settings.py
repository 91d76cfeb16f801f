"""One project for everything that is compared: the same database, sessions, users and options for all of them."""

from __future__ import annotations

import importlib.util
import os

from django_pairchat.conf import DEFAULT_RATES

SECRET_KEY = "only for measuring, and as long as Django wants a key to be"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.site.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django_pairchat",
    "django_pairchat.default",
    "benchmarks.site.tutorial",
]
if os.environ.get("BENCH_METRICS"):
    INSTALLED_APPS += ["django_pairchat.metrics"]
if importlib.util.find_spec("django_private_chat2"):
    INSTALLED_APPS += ["django_private_chat2"]
MIDDLEWARE = [
    "benchmarks.site.counting.count_queries",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_URL = "static/"

if sqlite := os.environ.get("BENCH_SQLITE"):
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("BENCH_DATABASE", "pairchat_bench"),
            "USER": os.environ.get("BENCH_USER", "postgres"),
            "HOST": os.environ.get("BENCH_HOST", "127.0.0.1"),
            # The tutorial's consumer would open a connection per query without it.
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    }

if redis := os.environ.get("BENCH_REDIS"):
    LAYER = "channels_redis.pubsub.RedisPubSubChannelLayer"
    CHANNEL_LAYERS = {"default": {"BACKEND": LAYER, "CONFIG": {"hosts": [redis]}}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}
else:
    # Enough room for the tutorial: its layer drops what does not fit.
    CAPACITY = {"capacity": 100_000}
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": CAPACITY}}

# The limits stay on, so that their cost is in the figures; they are only too high to be reached.
PAIRCHAT = {
    "SENDS_PER_MINUTE": 60_000_000,
    "SEND_BURST": 1_000_000,
    "RATES": {kind: (1000 * per_minute, 1000 * burst) for kind, (per_minute, burst) in DEFAULT_RATES.items()},
    "SOCKETS_PER_USER": 50,
}

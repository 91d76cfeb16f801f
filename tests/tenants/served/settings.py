"""The tenants' project over Redis. Its people have tokens that say a key, and no word of a tenant."""

from __future__ import annotations

import os

from tests.tenants.settings import *
from tests.tenants.settings import PAIRCHAT

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.tenants.served.urls"
REDIS_URL = os.environ["REDIS_URL"]
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
PAIRCHAT = {**PAIRCHAT, "AUTHENTICATION": ["tests.tenants.served.tokens.KeyTokens"]}

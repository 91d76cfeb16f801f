"""A project that moves over: django-private-chat2 and a tutorial's app are still installed."""

from __future__ import annotations

from tests.settings.default import *
from tests.settings.default import DATABASES, INSTALLED_APPS

# Of another project, with people of its own. A migration of django-private-chat2 can read the default database only.
OLD = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "TEST": {"MIGRATE": False}}
DATABASES = {**DATABASES, "old": OLD}
INSTALLED_APPS = [*INSTALLED_APPS, "django_private_chat2", "tests.moving.chatapp"]
ROOT_URLCONF = "tests.moving.urls"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

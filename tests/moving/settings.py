"""A project that moves over: django-private-chat2 and a tutorial's app are still installed."""

from __future__ import annotations

from tests.settings.default import *
from tests.settings.default import DATABASES, INSTALLED_APPS

# Of a project of its own, with people of its own.
DATABASES = {**DATABASES, "old": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [*INSTALLED_APPS, "django_private_chat2", "tests.moving.chatapp"]
ROOT_URLCONF = "tests.moving.urls"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

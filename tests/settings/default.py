"""A project that takes the shipped tables and Django's own user model."""

from .base import *
from .base import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_pairchat.default"]

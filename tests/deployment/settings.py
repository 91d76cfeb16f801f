"""The settings of the processes behind nginx, with what the guide says of files and of a proxy that ends TLS."""

from __future__ import annotations

import os

from tests.faults.settings import *  # noqa: F403 - settings that extend others
from tests.faults.settings import DATABASES, PAIRCHAT

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "chat": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": os.environ.get("CHAT_FILES", "/nowhere"), "base_url": None},
    },
}
PAIRCHAT = {**PAIRCHAT, "STORAGE": "chat", "SENDFILE_HEADER": "X-Accel-Redirect"}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

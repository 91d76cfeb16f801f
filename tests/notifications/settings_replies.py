"""The test project with replies by mail, for commands in processes of their own."""

import os

from tests.settings.default import *  # noqa: F403 - the settings of the test project
from tests.settings.default import PAIRCHAT_NOTIFICATIONS

PAIRCHAT_NOTIFICATIONS = {**PAIRCHAT_NOTIFICATIONS, "REPLY_ADDRESS": os.environ.get("REPLY_ADDRESS", "")}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nowhere/there/is/none.sqlite3"}}

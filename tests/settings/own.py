"""A project with its own user model (e-mail login, UUID keys) and its own chat tables."""

from .base import *
from .base import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.own_accounts", "tests.own_chat"]
AUTH_USER_MODEL = "own_accounts.User"
PAIRCHAT_ROOM_MODEL = "own_chat.Room"
PAIRCHAT_MESSAGE_MODEL = "own_chat.Message"

"""A project with its own user model (e-mail login, UUID keys), its own chat tables, policy and consumer."""

from .base import *
from .base import INSTALLED_APPS, PAIRCHAT

INSTALLED_APPS = [*INSTALLED_APPS, "tests.own_accounts", "tests.own_chat"]
AUTH_USER_MODEL = "own_accounts.User"
PAIRCHAT_ROOM_MODEL = "own_chat.Room"
PAIRCHAT_MESSAGE_MODEL = "own_chat.Message"
PAIRCHAT_STAR_MODEL = "own_chat.Bookmark"
PAIRCHAT_PREFERENCES_MODEL = "own_chat.Wishes"
PAIRCHAT_QUICK_REPLY_MODEL = "own_chat.Phrase"
PAIRCHAT = {
    **PAIRCHAT,
    "POLICY": "tests.own_chat.policy.OwnPolicy",
    "CONSUMER": "tests.own_chat.consumers.OwnConsumer",
}

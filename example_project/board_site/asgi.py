"""The ASGI application: the board's pages, and the chat's socket beside them."""

import os

from django.core.asgi import get_asgi_application

from django_pairchat.asgi import with_chat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board_site.settings")

application = with_chat(get_asgi_application())

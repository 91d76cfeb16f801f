"""The ASGI application of the tenants' project."""

from __future__ import annotations

import django
from django.core.asgi import get_asgi_application

from django_pairchat.asgi import with_chat

django.setup(set_prefix=False)
application = with_chat(get_asgi_application())

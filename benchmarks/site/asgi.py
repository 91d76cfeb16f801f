"""One application for each contender that needs Django."""

from __future__ import annotations

import importlib.util
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.site.settings")

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

django_application = get_asgi_application()

from benchmarks.site.tutorial.consumers import TutorialConsumer  # noqa: E402 - its models need the apps
from django_pairchat.asgi import with_chat  # noqa: E402 - its settings need the apps

pairchat = with_chat(django_application)

tutorial = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/chat/<int:room_id>/", TutorialConsumer.as_asgi())])),
    }
)

if importlib.util.find_spec("django_private_chat2"):
    from django_private_chat2 import urls as private_chat2_urls

    private_chat2 = ProtocolTypeRouter(
        {
            "http": django_application,
            "websocket": AuthMiddlewareStack(URLRouter(private_chat2_urls.websocket_urlpatterns)),
        }
    )

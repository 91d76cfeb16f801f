"""What a host may name in its settings: classes that serve, and things that do not."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware

from django_pairchat.consumers import ChatConsumer
from django_pairchat.policy import Policy


class ShopPolicy(Policy):
    pass


class ShopConsumer(ChatConsumer):
    pass


class ShopAuthentication(AuthenticationMiddleware):
    pass


class Neither:
    pass


an_instance = ShopPolicy()


def plain_middleware(get_response: Any) -> Any:
    return get_response

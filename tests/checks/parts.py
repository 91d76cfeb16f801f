"""What a host may name in its settings: classes that serve, and things that do not."""

from __future__ import annotations

import asyncio
from typing import Any

from channels.layers import BaseChannelLayer
from django.contrib.auth.middleware import AuthenticationMiddleware

from django_pairchat.consumers import ChatConsumer
from django_pairchat.forms import ReportForm
from django_pairchat.policy import Policy


class ShopPolicy(Policy):
    pass


class ShopPolicyWithFiles(Policy):
    """A policy for a storage that signs in its own way."""

    def file_url(self, storage: Any, name: str, content_type: str, disposition: str) -> str:
        """Return an address elsewhere."""
        return f"https://files.example/{name}"


class ShopConsumer(ChatConsumer):
    pass


class ShopReportForm(ReportForm):
    pass


class ShopAuthentication(AuthenticationMiddleware):
    pass


class Neither:
    pass


an_instance = ShopPolicy()


def plain_middleware(get_response: Any) -> Any:
    return get_response


class UnmadePolicy(ShopPolicy):
    def __init__(self) -> None:
        raise KeyError("SHOP_ID")


class Unmade:
    def __init__(self, *arguments: Any) -> None:
        raise KeyError("TIME_ZONE")


class LayerInALoop(BaseChannelLayer):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()

"""This host's socket: one request type more, and events that it keeps back from those who do not want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from asgiref.sync import sync_to_async

from django_pairchat.consumers import ChatConsumer
from django_pairchat.protocol import requests
from django_pairchat.services import get_room


@dataclass(frozen=True, slots=True)
class Price(requests.Request):
    """Asks for the price that a room is about."""

    type: ClassVar[str] = "price"
    room: str = requests.required(requests.key)


class OwnConsumer(ChatConsumer):
    request_types = {**requests.REQUESTS, Price.type: Price}

    async def handle_price(self, request: Price) -> dict[str, Any]:
        room = await sync_to_async(get_room)(self.user, request.room)
        return {"price": room.price}

    def filter_event(self, frame: str) -> str | None:
        """A client that opens the socket with ``?quiet`` gets no typing events."""
        quiet = b"quiet" in self.scope.get("query_string", b"")
        return None if quiet and '"kind":"typing"' in frame else frame

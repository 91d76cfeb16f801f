"""Consumers that a host might write, well or badly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings

from django_pairchat.consumers import ChatConsumer
from django_pairchat.exceptions import Conflict, Rejected
from django_pairchat.protocol import requests


def routed(consumer: type[ChatConsumer]) -> dict[str, Any]:
    """Settings under which the socket's route leads to this consumer."""
    return {**settings.PAIRCHAT, "CONSUMER": f"{consumer.__module__}.{consumer.__name__}"}


@dataclass(frozen=True, slots=True)
class Offer(requests.Request):
    """Adds up what is offered."""

    type: ClassVar[str] = "offer"
    price: int = requests.required(requests.seq)


class Trader(ChatConsumer):
    """A request type of its own, which may answer, be silent, refuse or break; and no typing events."""

    request_types = {**requests.REQUESTS, Offer.type: Offer}
    log: ClassVar[list[str]] = []

    async def on_connect(self) -> None:
        self.log.append(f"connected {self.user_key}")

    async def on_disconnect(self) -> None:
        self.log.append(f"disconnected {self.user_key}")

    async def handle_offer(self, request: Offer) -> dict[str, Any] | None:
        if request.price == 0:
            return None
        if request.price == 1:
            raise Rejected(field="price")
        if request.price == 2:
            raise ZeroDivisionError("a detail")
        if request.price == 3:
            raise Conflict
        return {"doubled": request.price * 2, "user": str(self.user.pk)}

    def filter_event(self, frame: str) -> str | None:
        event = json.loads(frame)
        if event["kind"] == "typing":
            return None
        return json.dumps({**event, "seen by": self.user_key})


class Broken(ChatConsumer):
    """Fails wherever it is asked, as ``failing`` says."""

    failing: ClassVar[set[str]] = set()

    async def get_user(self) -> Any:
        self._fail("get_user")
        return await super().get_user()

    async def is_still_allowed(self) -> bool:
        self._fail("is_still_allowed")
        return await super().is_still_allowed()

    async def on_connect(self) -> None:
        self._fail("on_connect")

    async def on_disconnect(self) -> None:
        self._fail("on_disconnect")

    def filter_event(self, frame: str) -> str | None:
        self._fail("filter_event " + self.user_key)
        return frame

    def _fail(self, place: str) -> None:
        if place in self.failing:
            raise ZeroDivisionError(f"a mistake in {place}")

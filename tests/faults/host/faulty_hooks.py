"""A consumer, a policy and a receiver of a signal that raise for the people who are named after them."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from django_pairchat.consumers import ChatConsumer
from django_pairchat.policy import Policy
from django_pairchat.signals import message_sent


def raise_for(name: str, user: Any) -> None:
    if user is not None and user.username.startswith(name):
        raise ZeroDivisionError(f"in {name}")


class SpoiltConsumer(ChatConsumer):
    async def get_user(self) -> Any:
        user = await super().get_user()
        raise_for("get_user", user)
        return user

    async def is_still_allowed(self) -> bool:
        raise_for("is_still_allowed", self.user)
        return await super().is_still_allowed()

    async def on_connect(self) -> None:
        raise_for("on_connect", self.user)

    async def on_disconnect(self) -> None:
        raise_for("on_disconnect", self.user)

    def filter_event(self, frame: str) -> str | None:
        raise_for("filter_event", self.user)
        return frame


class SpoiltPolicy(Policy):
    def can_send(self, user: Any, peer: Any, room: Any) -> bool:
        raise_for("can_send", user)
        return True

    def check_content(self, user: Any, room: Any, content: str) -> None:
        raise_for("check_content", user)


@receiver(message_sent)
def hear_of_a_message(sender: object, message: Any, **kwargs: Any) -> None:
    raise_for("receiver", message.sender)

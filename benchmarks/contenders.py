"""What is compared: how each is started, spoken to, and understood."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TEXT = "Is the red wallet still with you? I could come by at six."


@dataclass(frozen=True)
class Place:
    """One socket of the load: whose it is, and in which room."""

    session: str
    user: str
    peer: str
    chat_room: str
    tutorial_room: str


@dataclass(frozen=True)
class Contender:
    """``frame(place, number)`` is what to send. A frame that comes back is an answer to one's own send if it begins
    with ``answer`` or has the sender's mark in it, and a delivery if it begins with ``delivery``."""

    name: str
    application: str
    path: Callable[[Place], str]
    frame: Callable[[Place, int], str]
    answer: str | None
    delivery: str
    subprotocol: str | None = None
    greeting: bool = False


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _send(place: Place, number: int) -> str:
    message_id = str(uuid.uuid4())
    return _dumps({"type": "send", "id": number, "room": place.chat_room, "client_id": message_id, "content": TEXT})


def mark(place: Place) -> str:
    """What a sender recognises its own message by where the server does not answer."""
    return f"from {place.user}."


def _tutorial_frame(place: Place, number: int) -> str:
    return json.dumps({"room_id": place.tutorial_room, "message": f"{TEXT} {mark(place)}"})


def _private_chat2_frame(place: Place, number: int) -> str:
    return json.dumps({"msg_type": 3, "text": f"{TEXT} {mark(place)}", "user_pk": place.peer, "random_id": -number - 1})


PAIRCHAT = Contender(
    name="django_pairchat",
    application="benchmarks.site.asgi:pairchat",
    path=lambda place: "/ws/pairchat/",
    frame=_send,
    answer='{"type":"ok"',
    delivery='{"type":"event","kind":"message"',
    subprotocol="pairchat.v1",
    greeting=True,
)
TUTORIAL = Contender(
    name="tutorial",
    application="benchmarks.site.asgi:tutorial",
    path=lambda place: f"/ws/chat/{place.tutorial_room}/",
    frame=_tutorial_frame,
    answer=None,
    delivery='{"message"',
)
RELAY = Contender(
    name="bare relay",
    application="benchmarks.relay:application",
    path=lambda place: f"/{place.tutorial_room}",
    frame=_tutorial_frame,
    answer=None,
    delivery='{"room_id"',
)
PRIVATE_CHAT2 = Contender(
    name="django-private-chat2",
    application="benchmarks.site.asgi:private_chat2",
    path=lambda place: "/chat_ws",
    frame=_private_chat2_frame,
    # It tells the sender the message's number in the database, and sends the message to the peer only.
    answer='{"msg_type": 8',
    delivery='{"msg_type": 3',
)

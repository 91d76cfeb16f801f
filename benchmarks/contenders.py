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
    """``frame(place, number)`` is what to send. A frame that comes back is a delivery if it begins with ``delivery``.
    It answers one's own send if it begins with ``answer`` (by default a delivery) and, unless the server answers the
    sender alone, has the sender's mark in it."""

    name: str
    application: str
    path: Callable[[Place], str]
    frame: Callable[[Place, int], str]
    answer: str | None
    delivery: str
    subprotocol: str | None = None
    greeting: bool = False
    answers_sender_alone: bool = False
    mark: Callable[[Place], str] = lambda place: f"from {place.user}."


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _send(place: Place, number: int) -> str:
    message_id = str(uuid.uuid4())
    return _dumps({"type": "send", "id": number, "room": place.chat_room, "client_id": message_id, "content": TEXT})


def _tutorial_frame(place: Place, number: int) -> str:
    return json.dumps({"room_id": place.tutorial_room, "message": f"{TEXT} from {place.user}."})


def _private_chat2_frame(place: Place, number: int) -> str:
    # The number comes back with the message's id, to both people.
    random_id = -int(f"{place.user}{number:06}")
    return json.dumps({"msg_type": 3, "text": TEXT, "user_pk": place.peer, "random_id": random_id})


PAIRCHAT = Contender(
    name="django_pairchat",
    application="benchmarks.site.asgi:pairchat",
    path=lambda place: "/ws/pairchat/",
    frame=_send,
    answer='{"type":"ok"',
    delivery='{"type":"event","kind":"message"',
    subprotocol="pairchat.v1",
    greeting=True,
    answers_sender_alone=True,
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
    # It sends the message to the peer, then its number in the database to both.
    answer='{"msg_type": 8',
    delivery='{"msg_type": 3',
    mark=lambda place: f'"random_id": -{place.user}',
)

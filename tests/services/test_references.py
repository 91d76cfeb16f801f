"""Every service takes a room or its key, and a message or its ``seq``."""

from __future__ import annotations

import copy
import inspect
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from django_pairchat import get_room_model, services
from django_pairchat.exceptions import NotFound
from django_pairchat.held.models import HeldMessage
from django_pairchat.services import StoredMessage, Upload, history, open_room, send
from tests.conftest import People
from tests.support.people import make_topic

FUNCTIONS = {
    name: function
    for name in services.__all__
    if not inspect.isclass(function := getattr(services, name)) and callable(function)
}
SYNC = sorted(name for name in FUNCTIONS if not iscoroutinefunction(FUNCTIONS[name]))


def file() -> SimpleUploadedFile:
    return SimpleUploadedFile("notes.txt", b"hello")


ID = uuid.UUID(int=7)


def hold(user: Any, room: Any) -> None:
    HeldMessage.objects.create(sender=user, room_key=room if isinstance(room, str) else str(room.pk), client_id=ID)


MOMENT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def room(people: People) -> Any:
    """A room about something."""
    return open_room(people.minji, people.juwon, make_topic())


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


# The call of each service with a room ``r`` and a message ``m``, by a user ``u`` who has sent the message.
CALLS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "change_settings": lambda call, u, r, m: call(u, r, cleared=m),
    "delete": lambda call, u, r, m: call(u, r, m),
    "edit": lambda call, u, r, m: call(u, r, m, "better"),
    "find_date": lambda call, u, r, m: call(u, r, MOMENT),
    "gallery": lambda call, u, r, m: call(u, r, "files"),
    "get_room": lambda call, u, r, m: call(u, r),
    "history": lambda call, u, r, m: [call(u, r, **{place: m}) for place in ("before", "after", "around")],
    "inbox": lambda call, u, r, m: [room.pk for room in call(u, about=r).rooms],
    "mark_delivered": lambda call, u, r, m: call(u, r, m),
    "mark_read": lambda call, u, r, m: call(u, r, m),
    "message_object": lambda call, u, r, m: call(m, r),
    "react": lambda call, u, r, m: call(u, r, m, "👍"),
    "report": lambda call, u, r, m: call(u, r, "rude", m),
    "room_object": lambda call, u, r, m: call(r, u),
    "room_objects": lambda call, u, r, m: call([r, r], u),
    "search": lambda call, u, r, m: call(u, "second", room=r),
    "send": lambda call, u, r, m: call(r, u, "hello", reply_to=m, client_id=ID),
    "send_card": lambda call, u, r, m: call(r, u, "offer", {}, content="hello", reply_to=m, client_id=ID),
    "send_once": lambda call, u, r, m: call(u, r, client_id=ID, content="hello", reply_to=m),
    "send_with_file": lambda call, u, r, m: call(u, r, client_id=ID, content="hello", reply_to=m, file=file()),
    "send_with_files": lambda call, u, r, m: call(u, r, client_id=ID, content="hello", reply_to=m, files=[file()]),
    "star": lambda call, u, r, m: call(u, r, m),
    "store_upload": lambda call, u, r, m: call(u, r, file()),
    "set_legal_hold": lambda call, u, r, m: call(r, True),
    "withdraw_held": lambda call, u, r, m: [hold(u, r), call(u, r, ID)],
}
WITHOUT_A_MESSAGE = {
    "find_date",
    "gallery",
    "get_room",
    "inbox",
    "room_object",
    "room_objects",
    "search",
    "set_legal_hold",
    "store_upload",
    "withdraw_held",
}
OF_AN_INSTANCE = {"update_card"}
"""The host's own code has the card that it has sent."""


def sync(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = FUNCTIONS[name]
    return async_to_sync(function) if iscoroutinefunction(function) else function


def names_a_room_or_message(name: str) -> bool:
    annotations = " ".join(str(each.annotation) for each in inspect.signature(FUNCTIONS[name]).parameters.values())
    return "Ref" in annotations


def comparable(value: Any) -> Any:
    """Return what a caller can see of a service's result, without times and random names."""
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, StoredMessage):
        return comparable(value.message)
    if isinstance(value, Upload):
        return value.info
    if isinstance(value, services.Page | services.SearchPage):
        return [message.seq for message in value.messages]
    if hasattr(value, "client_id"):
        return str(value.room_id), value.seq, value.content, value.reply_to, value.reactions, value.is_deleted
    if hasattr(value, "sides"):
        return str(value.pk), value.head, value.rev, [(side.read, side.cleared) for side in value.sides]
    return value


@pytest.mark.parametrize("name", SYNC)
def test_a_service_declares_rooms_and_messages_in_one_way(name: str) -> None:
    parameters = {} if name in OF_AN_INSTANCE else inspect.signature(FUNCTIONS[name]).parameters
    for parameter in parameters.values():
        annotation = str(parameter.annotation)
        assert parameter.name not in ("key", "room_key", "pk", "seq"), "a room or message is not named by a bare key"
        assert "Abstract" not in annotation, "an instance is not required"
        if parameter.name in ("room", "rooms"):
            assert "RoomRef" in annotation
        if parameter.name in ("message", "reply_to"):
            assert "MessageRef" in annotation
    if any("MessageRef" in str(parameter.annotation) for parameter in parameters.values()):
        assert "room" in parameters, "a seq says nothing without its room"
    assert names_a_room_or_message(name) == (name in CALLS), "each service that takes one is called in the test below"


@pytest.mark.parametrize("name", sorted(name for name in FUNCTIONS if names_a_room_or_message(name)))
@pytest.mark.parametrize("given", ["room and message", "room and seq", "key and message", "key and seq"])
@pytest.mark.usefixtures("media")
def test_a_service_takes_instances_and_keys(people: People, room: Any, name: str, given: str) -> None:
    for text in ("first", "second", "third"):
        send(room, people.minji, text)
    message = history(people.minji, room, around=2, limit=1).messages[0]
    room = message.room
    call = CALLS[name if name in CALLS else name.removeprefix("a")]

    def result(r: Any, m: Any) -> Any:
        with transaction.atomic():
            value = comparable(call(sync(name), people.minji, r, m))
            transaction.set_rollback(True)
        return value

    asked = result(str(room.pk) if "key" in given else room, message.seq if "seq" in given else message)
    assert asked == result(str(room.pk), message.seq)


@pytest.mark.parametrize("name", sorted(set(CALLS) - WITHOUT_A_MESSAGE))
def test_a_message_of_another_room_is_not_found(people: People, room: Any, name: str) -> None:
    send(room, people.minji, "here")
    elsewhere = send(open_room(people.minji, people.stranger), people.minji, "elsewhere")
    with pytest.raises(NotFound):
        CALLS[name](sync(name), people.minji, room, elsewhere)


@pytest.mark.parametrize("name", ["get_room", "search", "send", "send_once", "store_upload"])
def test_a_room_that_is_not_stored_is_named_as_the_mistake(people: People, room: Any, name: str) -> None:
    made, deleted = get_room_model()(user1=people.minji, user2=people.juwon), copy.copy(room)
    deleted.delete()
    for not_stored in (made, deleted):
        with pytest.raises(TypeError, match="use open_room"):
            CALLS[name](sync(name), people.minji, not_stored, None)

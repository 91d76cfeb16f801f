"""A suspended person reads, and writes nowhere, over any transport, until the suspension ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from django_pairchat import get_message_model, get_room_model
from django_pairchat.core.events import RestrictionChanged
from django_pairchat.core.restrictions import restrictions
from django_pairchat.core.uploads import store_upload
from django_pairchat.exceptions import NotFound, Suspended
from django_pairchat.moderation.models import Suspension
from django_pairchat.moderation.services import lift_suspension, suspend
from django_pairchat.node import Node
from django_pairchat.realtime import fan_out
from django_pairchat.realtime.relay import pack, unpack
from django_pairchat.services import (
    delete,
    edit,
    get_room,
    history,
    open_room,
    react,
    room_object,
    send,
    send_once,
)
from django_pairchat.services.typing_indicator import send_typing
from django_pairchat.testing import stop_live_threads
from tests.conftest import People
from tests.support.counting import counted
from tests.support.listening import committed
from tests.support.people import make_topic
from tests.support.sockets import Sockets

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


def suspend_now(user: Any, **length: int) -> Any:
    with committed():
        return suspend(user, timezone.now() + timedelta(**(length or {"days": 3})))


@pytest.fixture
def talk(people: People, room: Any) -> Any:
    send(room, people.minji, "hello")
    send(room, people.juwon, "hi")
    return room


WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "send": lambda user, room: send_once(user, room, client_id=uuid4(), content="more"),
    "the host's send": lambda user, room: send(room, user, "more"),
    "edit": lambda user, room: edit(user, room, 1, "other words"),
    "react": lambda user, room: react(user, room, 2, "👍"),
    "upload": lambda user, room: store_upload(user, room, SimpleUploadedFile("a.txt", b"a")),
    "typing": lambda user, room: send_typing(user, room, True),
    "open": lambda user, room: open_room(user, room.peer_of(user), make_topic()),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_suspended_person_can_do_none_of_it(people: People, talk: Any, write: Callable[[Any, Any], Any]) -> None:
    until = suspend_now(people.minji).until
    with pytest.raises(Suspended) as refused:
        write(people.minji, talk)
    assert refused.value.until == until
    assert get_message_model().objects.count() == 2
    assert get_room_model().objects.count() == 1


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_the_other_person_can_do_all_of_it(people: People, talk: Any, write: Callable[[Any, Any], Any]) -> None:
    suspend_now(people.juwon)
    write(people.minji, talk)


def test_a_suspended_person_reads_and_takes_back_what_was_said(people: People, talk: Any) -> None:
    suspend_now(people.minji)
    assert [message.content for message in history(people.minji, talk).messages] == ["hello", "hi"]
    assert open_room(people.minji, people.juwon) == talk
    assert delete(people.minji, talk, 1).is_deleted


def test_a_message_that_was_stored_before_is_answered_as_before(people: People, talk: Any) -> None:
    client_id = uuid4()
    first = send_once(people.minji, talk, client_id=client_id, content="more")
    suspend_now(people.minji)
    again = send_once(people.minji, talk, client_id=client_id, content="more")
    assert (again.duplicate, again.seq) == (True, first.seq)


def test_it_shows_in_the_own_room_and_not_in_the_others(people: People, talk: Any) -> None:
    before = {user: room_object(get_room(user, talk), user) for user in (people.minji, people.juwon)}
    suspend_now(people.minji)
    mine, theirs = (room_object(get_room(user, talk), user) for user in (people.minji, people.juwon))
    assert theirs == before[people.juwon]
    assert not mine["can_send"]
    assert mine["me"]["suspended_until"]
    assert mine["state"] != before[people.minji]["state"]


def test_it_ends_by_itself_and_by_a_moderator(people: People, talk: Any) -> None:
    suspension = suspend_now(people.minji)
    with committed():
        assert lift_suspension(people.minji)
    assert send(talk, people.minji, "thank you")
    assert not lift_suspension(people.minji)
    suspend_now(people.minji)
    Suspension.objects.exclude(pk=suspension.pk).update(until=timezone.now() - timedelta(seconds=1))
    restrictions().forget()
    assert send(talk, people.minji, "thank you")


def test_the_longer_of_two_holds(people: People, talk: Any) -> None:
    longer = suspend_now(people.minji, days=9)
    suspend_now(people.minji, days=1)
    with pytest.raises(Suspended) as refused:
        send(talk, people.minji, "more")
    assert refused.value.until == longer.until


def test_it_says_nothing_about_who_has_an_account(people: People, talk: Any) -> None:
    suspend_now(people.minji)
    with pytest.raises(Suspended):
        open_room(people.minji, None)
    with pytest.raises(NotFound):
        open_room(people.juwon, None)


def test_a_time_that_has_passed_is_no_suspension(people: People) -> None:
    with pytest.raises(ValueError, match="future"):
        suspend(people.minji, timezone.now())
    assert Suspension.objects.count() == 0


def test_to_know_it_costs_one_small_query_in_two_seconds(people: People, talk: Any, options: Any) -> None:
    options(restrictions_seconds=3600)
    restrictions().forget()
    with counted() as asked:
        send(talk, people.minji, "1")
    with counted() as asked_again:
        send(talk, people.minji, "2")
    assert asked.count == asked_again.count + 1


def test_another_process_knows_it_when_it_has_been_told_or_after_two_seconds(
    people: People, talk: Any, options: Any
) -> None:
    one, other = Node(), Node()
    with other.active():
        send(talk, people.minji, "1")
    with one.active():
        suspend_now(people.minji)
        with pytest.raises(Suspended):
            send(talk, people.minji, "2")
    with other.active():
        # Neither told nor two seconds later.
        assert send(talk, people.minji, "3")
        fan_out.apply([unpack(pack(RestrictionChanged(str(people.minji.pk))))])
        with pytest.raises(Suspended):
            send(talk, people.minji, "4")


def test_the_http_endpoint_says_until_when(people: People, talk: Any) -> None:
    until = suspend_now(people.minji).until
    client = Client()
    client.force_login(people.minji)
    body = {"client_id": str(uuid4()), "content": "more"}
    answer = client.post(f"/chat/api/rooms/{talk.pk}/messages/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "suspended")
    assert answer.json()["until"].startswith(f"{until:%Y-%m-%dT%H:%M}")
    assert "suspended your writing" in answer.json()["message"]


def test_the_page_says_it_in_place_of_the_form_to_write(people: People, talk: Any) -> None:
    suspend_now(people.minji)
    client = Client()
    client.force_login(people.minji)
    page = client.get(f"/chat/rooms/{talk.pk}/").content.decode()
    assert "The moderators of this site have suspended your writing until" in page
    assert 'data-pc-part="composer" enctype="multipart/form-data" hidden' in page
    refused = client.post(f"/chat/rooms/{talk.pk}/send/", {"client_id": str(uuid4()), "content": "a long text"})
    assert refused.status_code == 403
    # What was written comes back.
    assert "a long text" in refused.content.decode()


@pytest.mark.django_db(transaction=True)
async def test_open_sockets_learn_of_it_at_once_and_are_refused(people: People, room: Any, key: str) -> None:
    sockets = Sockets()
    mine = await sockets(people.minji)
    answer = await mine.request("send", room=key, client_id=str(uuid4()), content="hello")
    assert answer["type"] == "ok"
    await sync_to_async(suspend)(people.minji, timezone.now() + TOMORROW)
    assert await mine.event("resync")
    refused = await mine.request("send", room=key, client_id=str(uuid4()), content="more")
    assert (refused["type"], refused["code"]) == ("error", "suspended")
    assert refused["until"]
    shown = await mine.request("sync", rooms={key: {"epoch": room.epoch, "rev": 0}})
    assert shown["rooms"][0]["can_send"] is False
    await sync_to_async(lift_suspension)(people.minji)
    assert (await mine.request("send", room=key, client_id=str(uuid4()), content="more"))["type"] == "ok"
    await sockets.disconnect()
    await asyncio.to_thread(stop_live_threads)

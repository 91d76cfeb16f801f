"""Staff who act as another user with django-hijack see the chats, and leave no trace that looks like the user's."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from django.core.cache import cache
from django.test import Client, modify_settings, override_settings
from django.urls import include, path

from django_pairchat import services
from django_pairchat.routing import chat_socket
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.conftest import People
from tests.support.people import make_user
from tests.urls import urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)

urls = ModuleType("urls_with_hijack")
vars(urls)["urlpatterns"] = [path("hijack/", include("hijack.urls")), *urlpatterns]


@pytest.fixture(autouse=True)
def hijack(settings: Any) -> Iterator[None]:
    with (
        override_settings(ROOT_URLCONF=urls, LOGIN_REDIRECT_URL="/chat/"),
        modify_settings(
            INSTALLED_APPS={"append": "hijack"}, MIDDLEWARE={"append": "hijack.middleware.HijackUserMiddleware"}
        ),
    ):
        yield
    stop_live_threads()
    cache.clear()


def as_oneself(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def as_staff(user: Any) -> Client:
    """A member of staff who acts as the user."""
    staff = make_user("Staff")
    staff.is_superuser = True
    staff.save()
    client = as_oneself(staff)
    assert client.post("/hijack/acquire/", {"user_pk": user.pk}).status_code == 302
    assert str(user.pk) in client.get("/chat/").content.decode()
    return client


@pytest.fixture(params=[as_oneself, as_staff], ids=["oneself", "staff"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def unread_message(people: People, key: str) -> str:
    services.send(key, people.minji, "hello")
    return key


def page(client: Client, application: Any = chat_socket) -> ChatCommunicator:
    """The socket of somebody's page, with its cookies."""
    opened = ChatCommunicator(application=application)
    opened.client.cookies = client.cookies
    return opened


def unread(user: Any, key: str) -> int:
    return int(services.room_object(services.get_room(user, key), user)["unread"])


def test_nothing_is_marked_as_read_over_http(kind: Any, people: People, unread_message: str) -> None:
    client, key = kind(people.juwon), unread_message
    before = unread(people.juwon, key)
    answer = client.post(f"/chat/api/rooms/{key}/read/", {"seq": 1}, content_type="application/json")
    form = client.post(f"/chat/rooms/{key}/read/", {"seq": 1})
    assert (answer.status_code, form.status_code) == (200, 302)
    expected = before if kind is as_staff else 0
    assert before == 1
    assert (answer.json()["room"]["unread"], unread(people.juwon, key)) == (expected, expected)


@pytest.mark.parametrize("application", [chat_socket, AuthMiddlewareStack(chat_socket)], ids=["plain", "with layers"])
async def test_nothing_crosses_over_a_socket(kind: Any, people: People, unread_message: str, application: Any) -> None:
    key, client = unread_message, await sync_to_async(kind)(people.juwon)
    is_staff = kind is as_staff
    async with ChatCommunicator(people.minji) as peer:
        await peer.request("focus", room=key, active=True)
        await peer.event("presence")
        async with page(client, application) as acting:
            read = await acting.request("read", room=key, seq=1)
            assert read["room"]["unread"] == (1 if is_staff else 0)
            await acting.request("delivered", room=key, seq=1)
            focused = await acting.request("focus", room=key, active=True)
            assert focused["room"]["room"] == key
            await acting.send_text(f'{{"type": "typing", "id": 99, "room": "{key}", "on": true}}')
            await acting.request("ping")
        # Whatever was to be told has been told when a socket is closed.
        events = await peer.events()
    told = {event["kind"] for event in events if event.get("online") is not False}
    assert told == (set() if is_staff else {"presence", "room", "typing"})
    assert await sync_to_async(unread)(people.juwon, key) == (1 if is_staff else 0)

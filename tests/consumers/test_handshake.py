"""The handshake: who is let in, who is told why not, and what is said first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils import timezone

from django_pairchat.consumers import ChatConsumer
from django_pairchat.routing import websocket_urlpatterns
from tests.conftest import People
from tests.support.sockets import HOST, Sockets, session_of

through_channels = ProtocolTypeRouter({"websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))})
APPLICATIONS = {
    "with_chat": None,
    "URLRouter and AuthMiddlewareStack": through_channels,
    "bare": ChatConsumer.as_asgi(),
}
each_application = pytest.mark.parametrize("application", APPLICATIONS.values(), ids=APPLICATIONS)


@each_application
async def test_the_server_speaks_first(sockets: Sockets, people: People, application: Any) -> None:
    socket = await sockets.new(people.minji, application=application)
    hello = await socket.open()
    moment = datetime.fromisoformat(hello.pop("server_time"))
    assert abs((timezone.now() - moment).total_seconds()) < 60
    assert len(hello.pop("connection")) >= 8
    assert {"edit", "delete", "react", "reply", "read", "search", "report", "typing"} <= set(hello.pop("features"))
    assert hello == {
        "type": "hello",
        "protocol": 1,
        "user": str(people.minji.pk),
        "heartbeat": 25,
        "limits": {"frame": 65536, "content": 4000, "page": 100, "sync_rooms": 50, "sync_changes": 200},
    }
    assert await socket.is_alive()


FOREIGN_ORIGINS = [
    None,
    "null",
    "",
    "http://evil.example",
    f"https://{HOST}",
    f"http://{HOST}:8000",
    f"http://{HOST}.evil.example",
    f"http://evil.example/{HOST}",
    HOST,
    "http://[::1",
    "http://\xff\xfe",
    "javascript:alert(1)",
]


@each_application
async def test_another_sites_page_is_refused_before_the_upgrade(
    sockets: Sockets, people: People, application: Any
) -> None:
    cookie = await sync_to_async(session_of)(people.minji)
    for origin in FOREIGN_ORIGINS:
        socket = sockets.with_cookie(cookie, application=application, origin=origin)
        assert (await socket.handshake())["type"] == "websocket.close", origin


async def test_an_origin_that_the_host_trusts_is_let_in(sockets: Sockets, people: People, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.partner.example"]
    socket = await sockets(people.minji, origin="https://shop.partner.example")
    assert await socket.is_alive()
    stranger = await sockets.new(people.minji, origin="http://shop.partner.example")
    assert (await stranger.handshake())["type"] == "websocket.close"


async def refusal(socket: Any) -> tuple[int, bool]:
    """The close code and whether to come back, after an accepted handshake and no ``hello``."""
    assert (await socket.handshake())["type"] == "websocket.accept"
    closed = await socket.end()
    assert socket.events == []
    assert closed.bye is not None
    assert closed.bye["code"] == closed.code
    assert closed.bye["reason"]
    return closed.code, closed.bye["reconnect"]


@each_application
async def test_whoever_is_not_signed_in_is_told_so(sockets: Sockets, people: People, application: Any) -> None:
    assert await refusal(await sockets.new(None, application=application)) == (4401, False)


@each_application
async def test_a_tampered_session_is_none(sockets: Sockets, people: People, application: Any) -> None:
    cookie = await sync_to_async(session_of)(people.minji)
    for changed in (
        cookie[:-1],
        cookie[::-1],
        cookie + "x",
        "x" * 5000,
        "é".encode().decode("latin-1"),
        "\x01",
    ):
        assert await refusal(sockets.with_cookie(changed, application=application)) == (4401, False)


async def test_a_session_that_the_database_cannot_look_for_is_none(sockets: Sockets, people: People) -> None:
    """Where a host puts Channels' own middleware in front, that one fails on it, for this socket alone."""
    assert await refusal(sockets.with_cookie('"\\000abcdefgh"')) == (4401, False)


@each_application
async def test_an_expired_session_is_none(sockets: Sockets, people: People, application: Any) -> None:
    cookie = await sync_to_async(session_of)(people.minji)
    await Session.objects.filter(session_key=cookie).aupdate(expire_date=timezone.now())
    assert await refusal(sockets.with_cookie(cookie, application=application)) == (4401, False)


@each_application
async def test_an_inactive_account_is_not_let_in(sockets: Sockets, people: People, application: Any) -> None:
    socket = await sockets.new(people.minji, application=application)
    people.minji.is_active = False
    await people.minji.asave()
    assert await refusal(socket) == (4401, False)


@each_application
async def test_a_session_from_before_a_new_password_is_over(sockets: Sockets, people: People, application: Any) -> None:
    socket = await sockets.new(people.minji, application=application)
    people.minji.set_password("another")
    await people.minji.asave()
    assert await refusal(socket) == (4401, False)


async def test_sessions_in_cookies_work_too(sockets: Sockets, people: People, settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    assert await (await sockets(people.minji)).is_alive()
    forged = signing.dumps({"_auth_user_id": str(people.minji.pk)}, key="another key", salt="django.contrib.sessions")
    assert await refusal(sockets.with_cookie(forged)) == (4401, False)


async def test_the_subprotocol_is_echoed(sockets: Sockets, people: People) -> None:
    for offered, echoed in (
        ([], None),
        (["pairchat.v1"], "pairchat.v1"),
        (["graphql-ws", "pairchat.v1"], "pairchat.v1"),
    ):
        socket = await sockets(people.minji, subprotocols=offered)
        assert socket.subprotocol == echoed
        assert await socket.is_alive()


async def test_a_client_of_another_version_is_told_so(sockets: Sockets, people: People) -> None:
    socket = await sockets.new(people.minji, subprotocols=["pairchat.v9", "pairchat.v8"])
    assert await refusal(socket) == (4406, False)
    assert socket.subprotocol == "pairchat.v9"


async def test_a_version_is_looked_at_before_the_session(sockets: Sockets, people: People) -> None:
    assert await refusal(await sockets.new(None, subprotocols=["pairchat.v9"])) == (4406, False)


async def test_the_reason_is_in_the_readers_language(sockets: Sockets, people: People) -> None:
    socket = await sockets.new(None, language="ko")
    await socket.handshake()
    closed = await socket.end()
    assert closed.bye is not None
    assert any("가" <= letter <= "힣" for letter in closed.bye["reason"])


async def test_other_addresses_lead_nowhere(sockets: Sockets, people: People) -> None:
    for path in ("/", "/ws/", "/ws/pairchat", "/ws/pairchat/5/", "/chat/ws/pairchat/"):
        socket = await sockets.new(people.minji, path=path)
        assert (await socket.handshake())["type"] == "websocket.close"


async def test_the_path_and_a_mount_point_are_the_hosts(sockets: Sockets, people: People, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "WEBSOCKET_PATH": "/live/"}
    assert await (await sockets(people.minji, path="/live/")).is_alive()
    assert await (await sockets(people.minji, path="/shop/live/", root_path="/shop")).is_alive()
    elsewhere = await sockets.new(people.minji, path="/ws/pairchat/")
    assert (await elsewhere.handshake())["type"] == "websocket.close"

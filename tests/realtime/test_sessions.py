"""What of a session decides about a socket, and what a socket leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.db import DataError
from django.test import override_settings

from django_pairchat.asgi import with_chat
from django_pairchat.testing import ChatCommunicator
from django_pairchat.utils.data_loader import DataLoader
from tests.conftest import People
from tests.support.options import SetOptions

pytestmark = pytest.mark.usefixtures("threads")


async def page_of_somebody_signed_in(user: Any) -> ChatCommunicator:
    page = ChatCommunicator()
    await page.client.aforce_login(user)
    return page


@pytest.mark.parametrize("engine", ["db", "cached_db", "cache"])
async def test_a_socket_leaves_a_session_of_the_previous_secret_key_as_it_is(
    people: People, settings: Any, engine: str
) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    page = await page_of_somebody_signed_in(people.minji)
    with override_settings(SECRET_KEY="the next one", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert (await page.connect())["type"] == "hello"
        await page.disconnect()
        assert (await page.client.get("/chat/api/inbox/")).status_code == 200


async def test_a_hash_of_the_hosts_own_ends_the_socket_when_it_changes(
    people: People, monkeypatch: Any, options: SetOptions
) -> None:
    generation = ["1"]
    options(recheck_seconds=0.0)
    monkeypatch.setattr(get_user_model(), "get_session_auth_hash", lambda user: generation[0])
    page = ChatCommunicator(people.minji)
    assert (await page.connect())["type"] == "hello"
    assert (await page.request("ping"))["type"] == "pong"
    generation[0] = "2"
    await page.send_text('{"type": "ping", "id": 9}')
    assert (await page.bye())["code"] == 4401
    await page.disconnect()


async def test_a_question_that_fails_harms_nobody_who_asks_at_the_same_time() -> None:
    def look_up(keys: Collection[str]) -> dict[str, str]:
        if "bad" in keys:
            raise DataError("not a key")
        return {key: key.upper() for key in keys}

    asking: DataLoader[str, str] = DataLoader(look_up)
    asked = [asking.get(key) for key in ("one", "bad", "two")]
    one, bad, two = await asyncio.gather(*asked, return_exceptions=True)
    assert (one, two) == ("ONE", "TWO")
    assert isinstance(bad, DataError)


async def test_a_socket_below_a_prefix_is_served_whether_the_proxy_strips_it_or_not(
    people: People, settings: Any
) -> None:
    settings.FORCE_SCRIPT_NAME = "/shop"
    application = with_chat(get_asgi_application())
    for path in ("/shop/ws/pairchat/", "/ws/pairchat/"):
        async with ChatCommunicator(people.minji, path=path, application=application) as page:
            assert (await page.request("ping"))["type"] == "pong"


@pytest.mark.parametrize(
    ("scheme", "origin", "is_let_in"),
    [
        (None, "http://testserver", True),
        (None, "https://testserver", True),
        (None, "https://testserver:8443", False),
        (None, "ftp://testserver", False),
        (None, "https://elsewhere.example", False),
        (None, None, False),
        ("ws", "http://testserver", True),
        ("ws", "https://testserver", False),
        ("wss", "https://testserver", True),
        ("wss", "http://testserver", False),
    ],
)
async def test_the_origin_has_the_scheme_of_the_socket_where_the_server_tells_it(
    people: People, scheme: str | None, origin: str | None, is_let_in: bool
) -> None:
    page = ChatCommunicator(people.minji, origin=origin)
    page._server.scope |= {"scheme": scheme}
    if scheme is None:
        del page._server.scope["scheme"]
    if is_let_in:
        assert (await page.connect())["type"] == "hello"
        await page.disconnect()
    else:
        with pytest.raises(ConnectionRefusedError):
            await page.connect()


@pytest.mark.parametrize(("said", "is_let_in"), [("https", True), ("http", False)])
async def test_a_proxy_that_tells_the_scheme_is_believed_where_the_server_does_not(
    people: People, settings: Any, said: str, is_let_in: bool
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = [(b"x-forwarded-proto", said.encode())]
    page = ChatCommunicator(people.minji, origin="https://testserver", headers=headers)
    del page._server.scope["scheme"]
    if is_let_in:
        assert (await page.connect())["type"] == "hello"
        await page.disconnect()
    else:
        with pytest.raises(ConnectionRefusedError):
            await page.connect()


async def test_the_patrol_notices_what_no_signal_tells(people: People, options: SetOptions) -> None:
    options(sweep_seconds=0.05)
    page = ChatCommunicator(people.minji)
    assert (await page.connect())["type"] == "hello"
    await type(people.minji).objects.filter(pk=people.minji.pk).aupdate(is_active=False)
    assert (await page.bye())["code"] == 4401
    await page.disconnect()

"""Signing out ends the sockets of the session at once, wherever the host keeps its sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import alogin, alogout, get_user
from django.http import HttpRequest
from django.test import AsyncClient

from django_pairchat.realtime import revocation, sessions
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.options import SetOptions

pytestmark = pytest.mark.usefixtures("threads")

ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]
STORED = ENGINES[:-1]
PATH = "django.contrib.sessions.backends."


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    return use(request.param, settings, tmp_path, monkeypatch)


@pytest.fixture(params=STORED)
def stored(request: pytest.FixtureRequest, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    return use(request.param, settings, tmp_path, monkeypatch)


def use(name: str, settings: Any, folder: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    settings.SESSION_ENGINE = PATH + name
    settings.SESSION_FILE_PATH = str(folder)
    # What the backend knows of the folder of an earlier test.
    from django.contrib.sessions.backends.file import SessionStore

    monkeypatch.delattr(SessionStore, "_storage_path", raising=False)
    return name


@pytest.fixture(autouse=True)
def no_sweep(options: SetOptions) -> None:
    """Nothing but what is said at the logout ends a socket within a test."""
    options(sweep_seconds=3600.0)


def a_request(page: ChatCommunicator) -> HttpRequest:
    """One with the session that this page's browser has now."""
    request = HttpRequest()
    request.COOKIES = {name: cookie.value for name, cookie in page.client.cookies.items()}
    request.session = sessions._store(request.COOKIES.get("sessionid"))  # type: ignore[assignment] # it is a session store
    return request


async def renew(page: ChatCommunicator, *, new_key: bool = False) -> None:
    """A view writes into the session, and the browser gets what it is now."""
    request = a_request(page)
    if new_key:
        await request.session.acycle_key()
    await request.session.aset("seen", 1)
    await request.session.asave()
    page.client.cookies["sessionid"] = request.session.session_key or ""


async def sign_out(page: ChatCommunicator) -> None:
    request = a_request(page)
    request.user = await sync_to_async(get_user)(request)
    assert request.user.is_authenticated

    async def auser() -> Any:
        return request.user

    request.auser = auser  # type: ignore[method-assign] # as the middleware does
    await alogout(request)


@pytest.fixture
async def page(people: People) -> AsyncIterator[ChatCommunicator]:
    page = ChatCommunicator(people.minji)
    yield page
    await page.disconnect()


async def test_signing_out_ends_the_socket_although_the_session_was_renewed(
    engine: str, page: ChatCommunicator
) -> None:
    assert (await page.connect())["type"] == "hello"
    await renew(page)
    await sign_out(page)
    assert (await page.bye())["code"] == 4401


async def test_signing_out_leaves_the_sockets_of_other_sessions(stored: str, people: People) -> None:
    async with ChatCommunicator(people.minji) as elsewhere:
        async with ChatCommunicator(people.juwon) as other:
            page = ChatCommunicator(people.minji)
            assert (await page.connect())["type"] == "hello"
            await sign_out(page)
            assert (await page.bye())["code"] == 4401
            await page.disconnect()
            assert (await other.request("ping"))["type"] == "pong"
        assert (await elsewhere.request("ping"))["type"] == "pong"


async def test_a_socket_of_a_key_that_the_session_has_had_ends_when_it_is_signed_out(
    engine: str, page: ChatCommunicator
) -> None:
    assert (await page.connect())["type"] == "hello"
    await renew(page, new_key=True)
    await sign_out(page)
    assert (await page.bye())["code"] == 4401


async def test_a_socket_that_was_opened_while_its_user_signed_out_does_not_stay(
    people: People, page: ChatCommunicator, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("signed_cookies", settings, tmp_path, monkeypatch)
    really_look = sessions.session_users

    def look(session_keys: Any) -> Any:
        users = really_look(session_keys)
        revocation.apply([revocation.AccessRevoked(str(people.minji.pk), sessions.session_fingerprint(""))])
        return users

    monkeypatch.setattr(sessions, "session_users", look)
    await page.connect()
    assert (await page.bye())["code"] == 4401


async def test_somebody_who_signed_out_and_in_again_gets_a_socket(
    people: People, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("signed_cookies", settings, tmp_path, monkeypatch)
    page = ChatCommunicator(people.minji)
    assert (await page.connect())["type"] == "hello"
    await sign_out(page)
    assert (await page.bye())["code"] == 4401
    await page.disconnect()
    async with ChatCommunicator(people.minji) as again:
        assert (await again.request("ping"))["type"] == "pong"


async def test_somebody_elses_signing_in_ends_the_sockets_of_whoever_was_there_before(
    people: People, page: ChatCommunicator, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("signed_cookies", settings, tmp_path, monkeypatch)
    assert (await page.connect())["type"] == "hello"
    await alogin(a_request(page), people.juwon, backend="django.contrib.auth.backends.ModelBackend")
    assert (await page.bye())["code"] == 4401


async def test_a_new_password_ends_the_sockets_with_the_old_one(
    engine: str, people: People, page: ChatCommunicator
) -> None:
    assert (await page.connect())["type"] == "hello"
    people.minji.set_password("another")
    await people.minji.asave()
    assert (await page.bye())["code"] == 4401


async def test_signing_in_disturbs_nobody_whose_request_has_no_cookies(settings: Any, people: People) -> None:
    settings.SESSION_ENGINE = PATH + "signed_cookies"
    client = AsyncClient()
    await client.aforce_login(people.minji)
    assert (await client.get("/chat/api/inbox/")).status_code == 200

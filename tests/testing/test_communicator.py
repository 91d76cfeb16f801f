"""``ChatCommunicator``: an open page of somebody."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings

from django_pairchat.routing import chat_socket
from django_pairchat.services import asend
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")


async def test_somebody_who_is_signed_in_is_greeted(people: People) -> None:
    page = ChatCommunicator(people.minji)
    hello = await page.connect()
    await page.disconnect()
    assert (hello["type"], hello["user"]) == ("hello", str(people.minji.pk))


async def test_somebody_who_is_not_signed_in_is_sent_away() -> None:
    page = ChatCommunicator()
    bye = await page.connect()
    await page.disconnect()
    assert (bye["type"], bye["code"]) == ("bye", 4401)
    with pytest.raises(ConnectionRefusedError, match="4401"):
        async with ChatCommunicator():
            pass


@pytest.mark.parametrize("origin", [None, "http://elsewhere.example", "https://testserver"])
async def test_a_page_of_another_site_is_refused(people: People, origin: str | None) -> None:
    with pytest.raises(ConnectionRefusedError, match="before the upgrade"):
        await ChatCommunicator(people.minji, origin=origin).connect()


async def test_another_version_is_refused(people: People) -> None:
    page = ChatCommunicator(people.minji, subprotocols=["pairchat.v9"])
    assert (await page.connect())["code"] == 4406
    await page.disconnect()


async def test_headers_are_the_tests_to_choose(people: People) -> None:
    async def refusal(*headers: tuple[bytes, bytes]) -> str:
        async with ChatCommunicator(people.minji, headers=headers) as page:
            message: str = (await page.request("history", room="no such room"))["message"]
        return message

    assert await refusal((b"accept-language", b"ko")) != await refusal((b"accept-language", b"en"))


async def test_path_and_application_are_the_tests_to_choose(people: People) -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await chat_socket(scope, receive, send)

    async with ChatCommunicator(people.minji, application=application, path="/live/"):
        pass
    with override_settings(PAIRCHAT={"WEBSOCKET_PATH": "/else/where/"}):
        async with ChatCommunicator(people.minji, application=application):
            pass
    assert seen == ["/live/", "/else/where/"]


async def test_answers_and_events_are_told_apart_whatever_their_order(people: People, room: Any) -> None:
    async with ChatCommunicator(people.minji) as page:
        sent = [await page.send(room, text) for text in ("one", "two")]
        assert [answer["message"]["seq"] for answer in sent] == [1, 2]
        assert [(await page.event("message"))["message"]["content"] for _ in range(2)] == ["one", "two"]


async def test_events_are_those_that_came_and_each_comes_once(people: People, room: Any) -> None:
    async with ChatCommunicator(people.juwon) as page:
        assert await page.events() == []
        await asend(room, people.minji, "hello")
        await page.event("message")
        await page.event("room")
        assert await page.events() == []
        await asend(room, people.minji, "again")
        events = await page.events()
        assert [event["message"]["content"] for event in events if event["kind"] == "message"] == ["again"]
        assert [event for event in await page.events() if event["kind"] == "message"] == []


async def test_the_client_loads_pages_as_the_same_person_and_a_logout_ends_the_socket(people: People) -> None:
    async with ChatCommunicator(people.minji) as page:
        response = await page.client.get("/chat/api/inbox/")
        assert response.status_code == 200
        await sync_to_async(page.client.logout)()
        bye = await page.bye()
    assert (bye["code"], page.close_code) == (4401, 4401)


async def test_a_request_after_the_end_says_that_it_has_ended(people: People) -> None:
    async with ChatCommunicator(people.minji) as page:
        for _ in range(21):
            await page.send_text("{bad")
        assert (await page.bye())["code"] == 4400
        with pytest.raises(ConnectionAbortedError, match="4400"):
            await page.request("ping")


async def test_what_the_application_raises_is_raised_in_the_test(people: People) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("broken host")

    page = ChatCommunicator(people.minji, application=application)
    page.timeout_seconds = 0.1
    with pytest.raises(LookupError, match="broken host"):
        await page.connect()

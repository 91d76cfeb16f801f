"""A socket without a session: by a header, or by a ticket from a page of another origin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from json import JSONDecodeError
from typing import Any, ClassVar

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ObjectDoesNotExist
from django.test import AsyncClient

from django_pairchat.authentication import kept, tickets
from django_pairchat.testing import ChatCommunicator, stop_live_threads
from tests.conftest import People
from tests.support.options import SetOptions
from tests.support.tokens import TOKENS_AND_SESSIONS, Tokens, token_of

APP = "https://app.example"
OVER = 4401


@pytest.fixture(autouse=True)
def tokens(transactional_db: None, settings: Any) -> Iterator[None]:
    settings.PAIRCHAT = {**getattr(settings, "PAIRCHAT", {}), **TOKENS_AND_SESSIONS}
    yield
    Tokens.valid.clear()
    stop_live_threads()


def by_header(token: str, user: Any = None, origin: str | None = None) -> ChatCommunicator:
    return ChatCommunicator(user, origin=origin, headers=[(b"authorization", f"Bearer {token}".encode())])


def by_ticket(ticket: str, origin: str | None = APP) -> ChatCommunicator:
    return ChatCommunicator(origin=origin, subprotocols=["pairchat.v1", f"pairchat.ticket.{ticket}"])


async def ticket_for(user: Any, origin: str = APP) -> str:
    headers = {"Authorization": f"Bearer {token_of(user)}", "Origin": origin}
    given = await AsyncClient(enforce_csrf_checks=True).post("/chat/api/ticket/", headers=headers)
    ticket: str = given.json()["ticket"]
    return ticket


@asynccontextmanager
async def told_to_sign_in(socket: ChatCommunicator) -> AsyncIterator[None]:
    """What is opened is told why it is closed, and gets nothing else."""
    first = await socket.connect()
    assert (first["type"], first["code"]) == ("bye", OVER)
    yield
    await socket.disconnect()


@pytest.mark.parametrize("origin", [None, APP])
async def test_a_header_opens_a_socket_from_anywhere(people: People, origin: str | None) -> None:
    socket = by_header(token_of(people.minji), origin=origin)
    hello = await socket.connect()
    assert (hello["type"], hello["user"]) == ("hello", str(people.minji.pk))
    await socket.disconnect()


async def test_a_header_counts_more_than_the_cookie(people: People) -> None:
    socket = by_header(token_of(people.juwon), user=people.minji, origin="http://testserver")
    assert (await socket.connect())["user"] == str(people.juwon.pk)
    await socket.disconnect()


async def test_a_cookie_from_elsewhere_is_refused_and_the_log_says_why(
    people: People, caplog: pytest.LogCaptureFixture
) -> None:
    for _attempt in range(2):
        socket = ChatCommunicator(people.minji, origin=APP)
        with pytest.raises(ConnectionRefusedError):
            await socket.connect()
        await socket.disconnect()
    [line] = [record.getMessage() for record in caplog.records if "origin" in record.getMessage()]
    assert APP in line
    assert "http://testserver" in line


@pytest.mark.parametrize("token", ["nonsense", ""])
async def test_a_wrong_header_never_falls_back_to_the_cookie(people: People, token: str) -> None:
    async with told_to_sign_in(by_header(token, user=people.minji, origin="http://testserver")):
        pass


async def test_a_token_that_is_taken_back_ends_the_socket(people: People, options: SetOptions) -> None:
    options(recheck_seconds=0.0)
    socket = by_header(token_of(people.minji))
    await socket.connect()
    assert (await socket.request("ping"))["type"] == "pong"
    Tokens.valid.clear()
    await socket.send_text('{"type": "ping", "id": 9}')
    assert (await socket.bye())["code"] == OVER
    await socket.disconnect()


class Remote(Tokens):
    """Asks a service about each token, which is out of order at times."""

    error: ClassVar[Exception | None] = None

    def user_of(self, token: str) -> Any:
        if self.error is not None:
            raise self.error
        return super().user_of(token)


FAULTS = [
    JSONDecodeError("no JSON", "<html>", 0),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no UTF-8"),
    TypeError("no object"),
]


@pytest.fixture
def remote(settings: Any) -> Iterator[type[Remote]]:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "AUTHENTICATION": [f"{__name__}.Remote"]}
    yield Remote
    Remote.error = None


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
async def test_a_fault_that_passes_ends_no_socket(
    people: People, options: SetOptions, remote: type[Remote], error: Exception
) -> None:
    options(recheck_seconds=0.0)
    socket = by_header(token_of(people.minji))
    assert (await socket.connect())["type"] == "hello"
    remote.error = error
    assert (await socket.request("ping"))["code"] == "error"
    remote.error = None
    assert (await socket.request("ping"))["type"] == "pong"
    remote.error = ObjectDoesNotExist("a user who is read late, and was deleted")
    await socket.send_text('{"type": "ping", "id": 9}')
    assert (await socket.bye())["code"] == OVER
    await socket.disconnect()


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
async def test_a_new_token_is_refused_for_any_error_but_an_answer_that_is_no_json(
    people: People, remote: type[Remote], error: Exception
) -> None:
    """That is of a service which is asked about the token, and out of order."""
    remote.error = error
    client = AsyncClient(raise_request_exception=False)
    answer = await client.get("/chat/api/inbox/", headers={"Authorization": f"Bearer {token_of(people.minji)}"})
    assert answer.status_code == (500 if isinstance(error, JSONDecodeError) else 401)


async def test_a_deactivated_person_is_out(people: People) -> None:
    token = token_of(people.minji)
    async with by_header(token) as socket:
        people.minji.is_active = False
        await sync_to_async(people.minji.save)()
        assert (await socket.bye())["code"] == OVER
    async with told_to_sign_in(by_header(token)):
        pass


async def test_a_ticket_opens_one_socket_from_the_page_that_asked_for_it(people: People) -> None:
    ticket = await ticket_for(people.minji)
    socket = by_ticket(ticket)
    hello = await socket.connect()
    assert (hello["type"], hello["user"]) == ("hello", str(people.minji.pk))
    async with told_to_sign_in(by_ticket(ticket)):
        assert (await socket.request("ping"))["type"] == "pong"
    await socket.disconnect()


async def test_an_app_that_sends_no_origin_opens_its_socket_with_a_ticket(people: People) -> None:
    headers = {"Authorization": f"Bearer {token_of(people.minji)}"}
    given = await AsyncClient().post("/chat/api/ticket/", headers=headers)
    socket = by_ticket(given.json()["ticket"], origin=None)
    assert (await socket.connect())["user"] == str(people.minji.pk)
    await socket.disconnect()


async def test_the_cache_holds_no_token(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[Any] = []
    monkeypatch.setattr(kept.cache, "set", lambda key, value, seconds: held.append((key, value)))
    ticket = await ticket_for(people.minji)
    assert held
    assert token_of(people.minji) not in repr(held)
    assert ticket not in repr(held)


@pytest.mark.parametrize("origin", [None, "https://evil.example", "http://testserver"])
async def test_a_ticket_is_of_no_use_elsewhere(people: People, origin: str | None) -> None:
    async with told_to_sign_in(by_ticket(await ticket_for(people.minji), origin)):
        pass


async def test_a_ticket_that_nobody_has_issued_is_refused(people: People) -> None:
    async with told_to_sign_in(by_ticket("nonsense")):
        pass


async def test_a_ticket_is_too_old_after_its_time(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "LIFETIME_SECONDS", 0)
    async with told_to_sign_in(by_ticket(await ticket_for(people.minji))):
        pass


async def test_a_ticket_lasts_no_longer_than_what_it_was_given_for(people: People, options: SetOptions) -> None:
    options(recheck_seconds=0.0)
    ticket = await ticket_for(people.minji)
    late = await ticket_for(people.minji)
    socket = by_ticket(ticket)
    await socket.connect()
    Tokens.valid.clear()
    async with told_to_sign_in(by_ticket(late)):
        await socket.send_text('{"type": "ping", "id": 9}')
        assert (await socket.bye())["code"] == OVER
    await socket.disconnect()

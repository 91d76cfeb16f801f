"""How many conversations a person begins in a day: charged at the first message, once, by every way to send it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client

from django_pairchat import services
from django_pairchat.core import daily_limit
from django_pairchat.exceptions import DailyLimit
from django_pairchat.policy import Policy
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.options import SetOptions
from tests.support.people import make_user
from tests.support.policies import chosen


class FewForNewAccounts(Policy):
    """One new conversation for people of today, five for others."""

    def new_rooms_per_day(self, user: Any) -> int | None:
        return 1 if datetime.now(UTC) - user.date_joined < timedelta(days=1) else 5


class NobodyBegins(Policy):
    def new_rooms_per_day(self, user: Any) -> int | None:
        return 0


class TellsItsThread(Policy):
    """Remembers in which thread it was asked."""

    threads: set[str] = set()

    def new_rooms_per_day(self, user: Any) -> int | None:
        self.threads.add(threading.current_thread().name)
        return 1


@pytest.fixture
def rooms(people: People) -> list[Any]:
    """Three rooms that Minji has opened."""
    return [services.open_room(people.minji, make_user(f"Peer {number}")) for number in range(3)]


def message() -> dict[str, Any]:
    return {"client_id": uuid4(), "content": "Is it still there?"}


def per_day(settings: Any, number: int | None) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "NEW_ROOMS_PER_DAY": number}


def begun(user: Any, rooms: list[Any]) -> list[bool]:
    """Whether a first message into each of these rooms was stored."""
    results = []
    for room in rooms:
        try:
            services.send_once(user, room, **message())
        except DailyLimit as error:
            results.append(not 0 < (error.retry_after or 0) <= 25 * 3600)
        else:
            results.append(True)
    return results


def test_a_person_begins_so_many_conversations_a_day(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 2)
    assert begun(people.minji, rooms) == [True, True, False]


def test_opening_costs_nothing(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 1)
    for number in range(3):
        services.open_room(people.minji, make_user(f"Another {number}"))
    assert begun(people.minji, rooms[:1]) == [True]


def test_answers_and_further_messages_never_count(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 1)
    assert begun(people.minji, [rooms[0], rooms[0], rooms[0]]) == [True, True, True]
    theirs = [services.open_room(make_user(f"Buyer {number}"), people.minji) for number in range(3)]
    for room in theirs:
        services.send(room, room.user1, "Is it still there?")
    assert begun(people.minji, theirs) == [True, True, True]


def test_a_message_that_is_sent_again_is_charged_once(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 2)
    first = message()
    stored = [services.send_once(people.minji, rooms[0], **first).duplicate for _ in range(3)]
    assert stored == [False, True, True]
    assert begun(people.minji, rooms[1:]) == [True, False]


def test_a_try_that_failed_after_it_was_charged_is_not_charged_again(
    people: People, rooms: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_day(settings, 2)
    with monkeypatch.context() as broken:
        broken.setattr("django_pairchat.sending.store.store_locked", None)
        for _ in range(3):
            with pytest.raises(TypeError):
                services.send_once(people.minji, rooms[0], **message())
    assert begun(people.minji, rooms) == [True, True, False]


def test_the_limit_ends_with_the_day(
    people: People, rooms: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_day(settings, 1)
    assert begun(people.minji, rooms) == [True, False, False]
    monkeypatch.setattr(daily_limit, "_today", lambda: ("another day", 3600.0))
    assert begun(people.minji, rooms[1:]) == [True, False]


def test_the_policy_decides_by_the_age_of_the_account(people: People, rooms: list[Any], settings: Any) -> None:
    settings.PAIRCHAT = chosen(FewForNewAccounts)
    people.minji.date_joined = datetime.now(UTC)
    assert begun(people.minji, rooms) == [True, False, False]
    people.minji.date_joined = datetime.now(UTC) - timedelta(days=30)
    assert begun(people.minji, rooms[1:]) == [True, True]


def test_a_limit_of_none_lets_people_only_answer(people: People, rooms: list[Any], settings: Any) -> None:
    settings.PAIRCHAT = chosen(NobodyBegins)
    assert begun(people.minji, rooms[:1]) == [False]
    services.send(rooms[0], rooms[0].user2, "Yes?")
    assert begun(people.minji, rooms[:1]) == [True]


def test_without_a_limit_nobody_is_counted(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, None)
    assert begun(people.minji, rooms) == [True, True, True]


def test_the_hosts_own_code_is_not_limited(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 1)
    for room in rooms:
        services.send(room, people.minji, "hello")


def test_without_a_cache_this_process_counts(
    people: People, rooms: list[Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(LocMemCache, "incr", fail)
    per_day(settings, 2)
    assert begun(people.minji, rooms) == [True, True, False]


def test_a_form_tells_it_and_keeps_the_text(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 1)
    client = Client()
    client.force_login(people.minji)
    assert client.post(f"/chat/rooms/{rooms[0].pk}/send/", message()).status_code == 302
    refused = client.post(f"/chat/rooms/{rooms[1].pk}/send/", message())
    page = refused.content.decode()
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert "You have started as many new chats as you can today. Try again in " in page
    assert "Is it still there?</textarea>" in page


def text_message() -> dict[str, str]:
    return {"client_id": str(uuid4()), "content": "Is it still there?"}


async def ask(page: ChatCommunicator, number: int, **fields: str) -> None:
    await page.send_text(json.dumps({"type": "send", "id": number, **fields}))


async def answer_to(page: ChatCommunicator, number: int) -> dict[str, Any]:
    return await page._next(lambda frame: frame.get("id") == number)


@pytest.mark.usefixtures("threads")
async def test_sockets_and_endpoints_count_together(people: People, rooms: list[Any], settings: Any) -> None:
    per_day(settings, 2)
    keys = [str(room.pk) for room in rooms]
    async with ChatCommunicator(people.minji) as page:
        first = await page.request("send", room=keys[0], **text_message())
        url = f"/chat/api/rooms/{keys[1]}/messages/"
        second = await page.client.post(url, text_message(), content_type="application/json")
        third = await page.request("send", room=keys[2], **text_message())
        again = await page.request("send", room=keys[0], **text_message())
    assert [first["type"], second.status_code, again["type"]] == ["ok", 201, "ok"]
    assert (third["code"], third["retry_after"] > 0) == ("daily_limit", True)
    await sync_to_async(cache.clear)()


@pytest.mark.usefixtures("threads")
async def test_messages_that_follow_the_first_at_once_keep_their_order(
    people: People, rooms: list[Any], settings: Any
) -> None:
    per_day(settings, 1)
    key = str(rooms[0].pk)
    async with ChatCommunicator(people.minji) as page:
        for number in range(10):
            await ask(page, number, room=key, client_id=str(uuid4()), content=str(number))
        answers = [await answer_to(page, number) for number in range(10)]
        refused = await page.request("send", room=str(rooms[1].pk), **text_message())
    assert [(answer["message"]["content"], answer["message"]["seq"]) for answer in answers] == [
        (str(number), number + 1) for number in range(10)
    ]
    assert refused["code"] == "daily_limit"


@pytest.mark.usefixtures("threads")
async def test_the_thread_that_writes_for_everybody_never_waits_for_the_policy(
    people: People, rooms: list[Any], settings: Any
) -> None:
    settings.PAIRCHAT = chosen(TellsItsThread)
    TellsItsThread.threads.clear()
    async with ChatCommunicator(people.minji) as page:
        assert (await page.request("send", room=str(rooms[0].pk), **text_message()))["type"] == "ok"
    assert TellsItsThread.threads == {"pairchat-first-messages"}


@pytest.mark.usefixtures("threads")
async def test_a_policy_that_hangs_holds_up_nobody_else(
    people: People, rooms: list[Any], settings: Any, options: SetOptions
) -> None:
    options(locked_room_seconds=0.3)
    settings.PAIRCHAT = chosen(Hangs)
    Hangs.free.clear()
    begun_room = rooms[1]
    await services.asend(begun_room, people.minji, "hello")
    async with ChatCommunicator(people.minji) as page:
        await ask(page, 1000, room=str(rooms[0].pk), **text_message())
        assert (await page.request("send", room=str(begun_room.pk), **text_message()))["type"] == "ok"
        assert (await answer_to(page, 1000))["code"] == "busy"
        Hangs.free.set()
        later = text_message()
        while (answer := await page.request("send", room=str(rooms[0].pk), **later)).get("code") == "busy":
            pass
    assert answer["type"] == "ok"


class Hangs(Policy):
    free = threading.Event()

    def new_rooms_per_day(self, user: Any) -> int | None:
        self.free.wait(10)
        return 1

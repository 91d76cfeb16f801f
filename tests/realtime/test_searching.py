"""Searches that take their time: whatever else is asked meanwhile is answered."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from queue import SimpleQueue
from typing import Any

import pytest

from django_pairchat import dispatch
from django_pairchat.services import aopen_room
from django_pairchat.testing import ChatCommunicator
from django_pairchat.utils.thread_pool import THREADS
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")

SEARCH = json.dumps({"type": "search", "id": "slow", "query": "hello"})


class Library:
    """In it every search lasts until it is let go."""

    def __init__(self, really: Any) -> None:
        self._really = really
        self.let_go = threading.Event()
        self.begun: SimpleQueue[Any] = SimpleQueue()

    def search(self, user: Any, *arguments: Any, **options: Any) -> Any:
        self.begun.put(user.pk)
        assert self.let_go.wait(20)
        return self._really(user, *arguments, **options)


@pytest.fixture
def library(monkeypatch: Any) -> Iterator[Library]:
    library = Library(dispatch.services.search)
    monkeypatch.setattr(dispatch.services, "search", library.search)
    yield library
    library.let_go.set()


async def test_history_and_sends_do_not_wait_for_the_searches_of_ten_sockets(
    people: People, room: Any, library: Library
) -> None:
    elsewhere = await aopen_room(people.stranger, people.juwon)
    async with AsyncExitStack() as stack:
        searchers = [
            await stack.enter_async_context(ChatCommunicator(person))
            for person in (people.minji, people.juwon)
            for _ in range(THREADS + 1)
        ]
        for page in searchers:
            await page.send_text(SEARCH)
        stranger = await stack.enter_async_context(ChatCommunicator(people.stranger))
        assert (await stranger.request("history", room=str(elsewhere.pk)))["type"] == "ok"
        assert (await stranger.send(elsewhere, "hello"))["type"] == "ok"
        # Nor do those who search.
        assert (await searchers[0].request("history", room=str(room.pk)))["type"] == "ok"
        assert (await searchers[0].request("ping"))["type"] == "pong"
        assert (await searchers[0].send(room, "hello"))["type"] == "ok"
        library.let_go.set()
        answers = [await page._next(lambda frame: frame.get("id") == "slow") for page in searchers]
        assert {answer["type"] for answer in answers} == {"ok"}


async def test_one_person_holds_up_no_search_of_another(people: People, library: Library) -> None:
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(ChatCommunicator(people.minji)) for _ in range(4)]
        for page in pages:
            await page.send_text(SEARCH)
        other = await stack.enter_async_context(ChatCommunicator(people.stranger))
        await other.send_text(SEARCH)
        begun = {await asyncio.to_thread(library.begun.get, timeout=5) for _ in range(2)}
        assert begun == {people.minji.pk, people.stranger.pk}
        assert library.begun.empty()
        library.let_go.set()
        for page in (*pages, other):
            await page._next(lambda frame: frame.get("id") == "slow")

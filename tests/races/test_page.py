"""A page is loaded and connects while something happens: at whatever moment that is, the page comes to show it once."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.db.backends.utils import CursorWrapper

from django_pairchat.services import asend, edit, send
from django_pairchat.testing import ChatCommunicator
from tests.conformance.model import Replica
from tests.conftest import People
from tests.support.replica import messages_of

SOMEBODY = "somebody else"


class Moment:
    """Lets something happen, committed by somebody else, right after the query of this number."""

    def __init__(self, number: int, happen: Callable[[], Any]) -> None:
        self.came = False
        self._number = number
        self._happen = happen
        self._queries = itertools.count()

    @contextmanager
    def within(self) -> Iterator[None]:
        execute = CursorWrapper.execute

        def execute_and_look(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
            result = execute(cursor, sql, params)
            if threading.current_thread().name != SOMEBODY and next(self._queries) == self._number:
                self.came = True
                self.let_it_happen()
            return result

        with patch.object(CursorWrapper, "execute", execute_and_look):
            yield

    def let_it_happen(self) -> None:
        somebody = threading.Thread(target=self._do, name=SOMEBODY)
        somebody.start()
        somebody.join()

    def _do(self) -> None:
        try:
            self._happen()
        finally:
            connections.close_all()


def as_loaded(key: str, html: str) -> Replica:
    """What the script finds in the page that the server has made."""
    element = re.search(r"<pair-chat [^>]*>", html)
    assert element is not None
    shown = re.findall(r'<li class="pc-message"[^>]* data-seq="(\d+)" data-rev="(\d+)"', html)
    replica = Replica(key)
    replica.take_page(
        {
            "epoch": re.search(r'data-epoch="([^"]*)"', element[0])[1],  # type: ignore[index] # it is there
            "rev": int(re.search(r'data-rev="(\d+)"', element[0])[1]),  # type: ignore[index] # it is there
            "messages": [{"seq": int(seq), "rev": int(rev)} for seq, rev in shown],
        }
    )
    return replica


async def sync(page: ChatCommunicator, replica: Replica) -> None:
    answer = await page.request("sync", rooms={replica.key: replica.position})
    replica.take_entry(answer["rooms"][0])


async def open_the_page(user: Any, key: str, moment: Moment, hears: bool) -> Replica:
    page = ChatCommunicator(user)
    await page.client.aforce_login(user)
    async with AsyncExitStack() as stack:
        with moment.within():
            loaded = await page.client.get(f"/chat/rooms/{key}/")
            replica = as_loaded(key, loaded.content.decode())
            await stack.enter_async_context(page)
            await sync(page, replica)
        if not moment.came:
            moment.let_it_happen()
        events = await page.events()
        for event in events if hears else ():
            replica.take_event(event)
        if not hears and (await page.request("ping", rooms=replica.for_ping))["rooms"]:
            await sync(page, replica)
    return replica


@pytest.mark.parametrize("hears", [True, False], ids=["hears", "deaf"])
@pytest.mark.parametrize("what", ["message", "edit"])
async def test_page_and_subscription_and_new_message_in_every_interleaving(
    people: People, room: Any, key: str, what: str, hears: bool
) -> None:
    await asend(room, people.juwon, "first")
    for number in itertools.count():
        happen = (
            partial(send, room, people.juwon, "new")
            if what == "message"
            else partial(edit, people.juwon, key, 1, f"edition {number}")
        )
        moment = Moment(number, happen)
        replica = await open_the_page(people.minji, key, moment, hears)
        stored = await sync_to_async(messages_of)(people.minji, key)
        assert revs_of(replica.messages) == revs_of(stored), f"after query {number}"
        assert not replica.knows_of_a_gap
        if not moment.came:
            break
    # Of the session, the user, the room and its messages, over HTTP and over the socket.
    assert number >= 8


def revs_of(messages: dict[int, Any]) -> dict[int, int]:
    return {seq: message["rev"] for seq, message in messages.items()}

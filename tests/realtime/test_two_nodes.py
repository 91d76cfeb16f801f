"""Two nodes in one process are two processes: each has its own memory, and the channel layer is between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.node import Node, get_node
from django_pairchat.realtime.hub import hub
from django_pairchat.realtime.process import stop_node
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

SHARED = {"default": {"BACKEND": "django_pairchat.testing.ProxyChannelLayer"}}


@pytest.fixture
def other(threads: None) -> Iterator[Node]:
    node = Node()
    yield node
    with node.active():
        stop_node()


async def open_page(user: Any, node: Node) -> ChatCommunicator:
    """Return a page whose socket is served by this node."""
    with node.active():
        page = ChatCommunicator(user)
        assert (await page.connect())["type"] == "hello"
    return page


async def test_each_node_has_its_own_connections_and_the_layer_carries_the_events(
    people: People, room: Any, settings: Any, other: Node
) -> None:
    settings.CHANNEL_LAYERS = SHARED
    here, there = await open_page(people.minji, get_node()), await open_page(people.juwon, other)
    assert [connection.user_key for connection in hub().all()] == [str(people.minji.pk)]
    with other.active():
        assert [connection.user_key for connection in hub().all()] == [str(people.juwon.pk)]
    for writer, reader, text in ((here, there, "from here"), (there, here, "from there")):
        await writer.send(room, text)
        while (await reader.event("message"))["message"]["content"] != text:
            pass
    for page in (here, there):
        await page.disconnect()


async def test_without_a_layer_nothing_crosses(people: People, room: Any, other: Node) -> None:
    here, there = await open_page(people.minji, get_node()), await open_page(people.juwon, other)
    await here.send(room, "hello")
    assert "message" not in [event["kind"] for event in await there.events()]
    for page in (here, there):
        await page.disconnect()


def test_a_node_keeps_its_memory_apart_from_another(other: Node) -> None:
    assert rate_limiter() is rate_limiter()
    with other.active():
        theirs = rate_limiter()
    assert theirs is not rate_limiter()
    other.forget()
    with other.active():
        assert rate_limiter() is not theirs

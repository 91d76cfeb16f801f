"""What a host names in its settings and what cannot be made: the log says so, and nobody's connection just ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from channels.layers import BaseChannelLayer
from django.core.cache.backends.locmem import LocMemCache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from django_pairchat.consumers import ChatConsumer
from django_pairchat.policy import Policy
from django_pairchat.realtime import connection_limit
from django_pairchat.realtime.hub import hub
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People

pytestmark = pytest.mark.usefixtures("threads")

HERE = __name__


class Unmade:
    """What raises when it is made, as a constructor does that misses something in its configuration."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        raise KeyError("TIME_ZONE")


class UnmadeLayer(Unmade, BaseChannelLayer):
    pass


class UnmadeCache(Unmade, LocMemCache):
    pass


class UnmadePolicy(Unmade, Policy):
    pass


class UnmadeConsumer(Unmade, ChatConsumer):
    pass


class ConsumerWithoutAnApplication(ChatConsumer):
    @classmethod
    def as_asgi(cls, **options: Any) -> Any:
        raise KeyError("TIME_ZONE")


class ConsumerThatCannotRead(ChatConsumer):
    def __call__(self, *arguments: Any) -> Any:
        raise KeyError("TIME_ZONE")


LAYERS: list[Any] = [
    {"BACKEND": f"{HERE}.UnmadeLayer"},
    {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"no_such_option": 1}},
    {"BACKEND": "no_such_package.Layer"},
    {"BACKEND": "channels.layers.NoSuchLayer"},
    {"BACKEND": ["channels.layers.InMemoryChannelLayer"]},
    {},
    None,
]


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_channel_layer_that_cannot_be_made_fails_as_one_that_is_away(
    people: People, room: Any, caplog: pytest.LogCaptureFixture, layer: Any
) -> None:
    with override_settings(CHANNEL_LAYERS={"default": layer}):
        async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
            for text in ("one", "two"):
                assert (await page.send(room, text))["type"] == "ok"
                assert (await other.event("message"))["message"]["content"] == text
            await page.events()
    assert caplog.text.count('CHANNEL_LAYERS["default"] cannot be made') == 1
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("policy", ["no_such_package.Policy", f"{HERE}.NoSuchPolicy", f"{HERE}.UnmadePolicy"])
async def test_a_policy_that_cannot_be_made_is_an_error_with_a_reference(
    people: People, room: Any, caplog: pytest.LogCaptureFixture, settings: Any, policy: str
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "POLICY": policy}
    async with ChatCommunicator(people.minji) as page:
        answers = [
            await page.send(room, "hello"),
            await page.request("inbox"),
            await page.request("focus", room=str(room.pk), active=True),
        ]
        body = {"client_id": str(uuid4()), "content": "hello"}
        twin = await page.client.post(
            f"/chat/api/rooms/{room.pk}/messages/", json.dumps(body), content_type="application/json"
        )
        assert (await page.request("ping"))["type"] == "pong"
    answers.append(twin.json())
    assert [answer["code"] for answer in answers] == ["error"] * 4
    assert twin.status_code == 500
    assert [answer["ref"] for answer in answers if answer["ref"] not in caplog.text] == []


CONSUMERS = [
    "no_such_package.Consumer",
    f"{HERE}.NoSuchConsumer",
    f"{HERE}.UnmadeConsumer",
    f"{HERE}.ConsumerWithoutAnApplication",
    f"{HERE}.ConsumerThatCannotRead",
]


@pytest.mark.parametrize("consumer", CONSUMERS)
async def test_a_consumer_that_cannot_be_made_tells_the_page_to_come_back(
    people: People, caplog: pytest.LogCaptureFixture, settings: Any, consumer: str
) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "CONSUMER": consumer}
    page = ChatCommunicator(people.minji)
    first = await page.connect()
    assert (first["type"], first["code"], first["reconnect"]) == ("bye", 4500, True)
    with pytest.raises(ConnectionAbortedError, match="4500"):
        await page.event("anything")
    await page.disconnect()
    assert caplog.text.count("Unforeseen error, reference") == 1


async def test_a_connection_that_cannot_be_counted_is_told_to_come_back(
    people: People, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*arguments: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(connection_limit.cache_workers(), "submit_once", start)
    page = ChatCommunicator(people.minji)
    assert (await page.connect())["type"] == "hello"
    assert (await page.bye())["code"] == 4500
    await page.disconnect()
    assert hub().all() == []
    assert caplog.text.count("Unforeseen error, reference") == 1


CACHES = {
    "not there": {"default": {"BACKEND": "no_such_package.Cache"}},
    "not made": {"default": {"BACKEND": f"{HERE}.UnmadeCache"}},
}


@pytest.fixture(params=CACHES)
def cache_that_cannot_be_made(request: pytest.FixtureRequest) -> Iterator[None]:
    with override_settings(CACHES=CACHES[request.param]):
        yield


async def test_a_cache_that_cannot_be_made_costs_only_what_it_was_for(
    people: People, room: Any, caplog: pytest.LogCaptureFixture, cache_that_cannot_be_made: None
) -> None:
    async with ChatCommunicator(people.minji) as page, ChatCommunicator(people.juwon) as other:
        assert (await page.send(room, "hello"))["type"] == "ok"
        assert (await other.event("message"))["message"]["content"] == "hello"
        assert (await page.request("focus", room=str(room.pk), active=True))["type"] == "ok"
        assert (await page.request("ping"))["type"] == "pong"
    assert "The cache failed" in caplog.text


async def test_sessions_that_cannot_be_read_are_told_to_come_back(
    people: People, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    page = ChatCommunicator()
    await page.client.aforce_login(people.minji)
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    settings.CACHES = CACHES["not made"]
    assert (await page.connect())["code"] == 4500
    await page.disconnect()
    assert "Unforeseen error, reference" in caplog.text


@pytest.mark.parametrize(
    "storages",
    [
        {},
        {"default": {"BACKEND": "no_such_package.Storage"}},
        {"default": {"BACKEND": f"{HERE}.Unmade"}},
    ],
)
async def test_a_storage_that_cannot_be_made_is_an_error_with_a_reference(
    people: People, room: Any, caplog: pytest.LogCaptureFixture, settings: Any, storages: Any
) -> None:
    settings.STORAGES = {"staticfiles": settings.STORAGES["staticfiles"], **storages}
    async with ChatCommunicator(people.minji) as page:
        assert (await page.send(room, "hello"))["type"] == "ok"
        file = SimpleUploadedFile("notes.txt", b"hello", "text/plain")
        answer = await page.client.post("/chat/api/uploads/", {"room": str(room.pk), "file": file})
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert answer.json()["ref"] in caplog.text

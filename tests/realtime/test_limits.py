"""Everything that a person can ask for has a limit, the same one over sockets, HTTP and forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, reverse

from django_pairchat import get_room_model, services, urls
from django_pairchat.conf import DEFAULT_RATES, DOWNLOAD, PREFERENCES, REFUSED, SEND, TICKET, UPLOAD, UPLOAD_BYTES
from django_pairchat.core.rate_limit import rate_limiter
from django_pairchat.exceptions import ERROR_TEXTS, RateLimited, error_text
from django_pairchat.policy import Policy
from django_pairchat.protocol import requests
from django_pairchat.protocol.errors import ErrorCode
from django_pairchat.testing import ChatCommunicator
from tests.conftest import People
from tests.support.options import SetOptions
from tests.support.policies import RefusesSpam, chosen

pytestmark = pytest.mark.usefixtures("threads")

JSON = "application/json"


def missing_room() -> str:
    """A key of a room that is not there, of the kind that this project's rooms have."""
    is_uuid = get_room_model()._meta.pk.get_internal_type() == "UUIDField"
    return str(UUID(int=1)) if is_uuid else "999999999"


class Asking:
    """Minji, with a page and its socket. Each way to ask gives whether it was refused for coming too often."""

    def __init__(self, page: ChatCommunicator, key: str, peer: str) -> None:
        self.page = page
        self.key = key
        self.peer = peer
        self.seen: set[str] = set()

    async def frame(self, type: str, **fields: Any) -> bool:
        answer = await self.page.request(type, **fields)
        return answer.get("code") == "rate_limited" and answer["retry_after"] > 0

    async def http(self, method: str, name: str, *address: Any, body: Any = None, query: Any = None) -> bool:
        self.seen.add(name)
        data = b"" if body is None else json.dumps(body).encode()
        url = reverse(f"pairchat:{name}", args=address)
        answer = await self.page.client.generic(method, url, data, content_type=JSON, query_params=query)
        return answer.status_code == 429 and json.loads(answer.content)["retry_after"] > 0

    async def page_of(self, name: str, *address: Any, query: Any = None) -> bool:
        self.seen.add(name)
        answer = await self.page.client.get(reverse(f"pairchat:{name}", args=address), query_params=query)
        return answer.status_code == 429 and int(answer["Retry-After"]) > 0

    async def form(self, name: str, *address: Any, **fields: Any) -> bool:
        self.seen.add(name)
        answer = await self.page.client.post(reverse(f"pairchat:{name}", args=address), fields)
        return answer.status_code == 429 and int(answer["Retry-After"]) > 0


Way = Callable[[Asking], Awaitable[bool]]


def message() -> dict[str, str]:
    return {"client_id": str(uuid4()), "content": "hello"}


def file() -> SimpleUploadedFile:
    return SimpleUploadedFile("notes.txt", b"hello")


WAYS: dict[str, list[Way]] = {
    "send": [
        lambda me: me.frame("send", room=me.key, **message()),
        lambda me: me.http("POST", "api_messages", me.key, body=message()),
        lambda me: me.form("send", me.key, **message()),
        # An edit costs what a message costs.
        lambda me: me.frame("edit", room=me.key, seq=1, content="other"),
        lambda me: me.http("PATCH", "api_message", me.key, 1, body={"content": "another"}),
        lambda me: me.form("message", me.key, 1, act="edit", content="yet another"),
    ],
    REFUSED: [
        lambda me: me.frame("send", room=missing_room(), **message()),
        lambda me: me.frame("send", room=me.key, **message() | {"content": " "}),
        lambda me: me.http("POST", "api_messages", missing_room(), body=message()),
        lambda me: me.http("POST", "api_messages", me.key, body=message() | {"reply_to": 1000}),
        lambda me: me.form("send", me.key, **message() | {"content": " "}),
    ],
    "delete": [
        lambda me: me.frame("delete", room=me.key, seq=1),
        lambda me: me.http("DELETE", "api_message", me.key, 1),
        lambda me: me.form("message", me.key, 1, act="delete"),
        lambda me: me.form("withdraw", me.key, client_id=message()["client_id"]),
    ],
    "react": [
        lambda me: me.frame("react", room=me.key, seq=1, emoji="👍"),
        lambda me: me.http("PUT", "api_reaction", me.key, 1, body={"emoji": "👍"}),
        lambda me: me.http("DELETE", "api_reaction", me.key, 1),
        lambda me: me.form("message", me.key, 1, act="react", emoji="👍"),
    ],
    "read": [
        lambda me: me.frame("read", room=me.key, seq=1),
        lambda me: me.http("POST", "api_read", me.key, body={"seq": 1}),
        lambda me: me.form("read", me.key, seq="1"),
    ],
    "focus": [
        lambda me: me.frame("focus", room=me.key, active=True),
        lambda me: me.frame("focus", room=None, active=False),
    ],
    "ping": [lambda me: me.frame("ping")],
    "history": [
        lambda me: me.frame("history", room=me.key),
        lambda me: me.http("GET", "api_messages", me.key),
        lambda me: me.page_of("room", me.key),
        lambda me: me.page_of("dock_room", me.key),
        lambda me: me.page_of("message", me.key, 1),
        lambda me: me.page_of("report", me.key),
        # It is refused, and the room is shown again.
        lambda me: me.form("send", me.key, client_id="", content="hello"),
    ],
    "sync": [
        lambda me: me.frame("sync", rooms={}),
        lambda me: me.http("POST", "api_sync", body={"rooms": {}}),
    ],
    "inbox": [
        lambda me: me.frame("inbox"),
        lambda me: me.http("GET", "api_inbox"),
        lambda me: me.page_of("inbox"),
        lambda me: me.page_of("dock"),
        lambda me: me.page_of("preferences"),
        lambda me: me.page_of("quick_replies"),
    ],
    "settings": [
        lambda me: me.frame("settings", room=me.key, archived=True),
        lambda me: me.http("PATCH", "api_room", me.key, body={"blocked": True}),
        lambda me: me.form("settings", me.key, archived="0"),
    ],
    "search": [
        lambda me: me.frame("search", query="hello"),
        lambda me: me.http("GET", "api_search", query={"query": "hello"}),
        lambda me: me.page_of("search", query={"query": "hello"}),
        lambda me: me.page_of("search", query={"room": me.key}),
        lambda me: me.page_of("gallery", me.key),
    ],
    "delivered": [
        lambda me: me.frame("delivered", room=me.key, seq=1),
        lambda me: me.http("POST", "api_delivered", me.key, body={"seq": 1}),
    ],
    "star": [
        lambda me: me.frame("star", room=me.key, seq=1, on=True),
        lambda me: me.http("PUT", "api_star", me.key, 1),
        lambda me: me.http("DELETE", "api_star", me.key, 1),
        lambda me: me.form("message", me.key, 1, act="star"),
    ],
    "stars": [
        lambda me: me.frame("stars"),
        lambda me: me.http("GET", "api_stars"),
        lambda me: me.page_of("starred"),
    ],
    "report": [
        lambda me: me.frame("report", room=me.key, reason="spam"),
        lambda me: me.http("POST", "api_report", me.key, body={"reason": "spam"}),
        lambda me: me.form("report", me.key, reason="spam", category="spam"),
    ],
    "open": [
        lambda me: me.http("POST", "api_rooms", body={"user": me.peer}),
        lambda me: me.form("open", user=me.peer),
    ],
    TICKET: [
        lambda me: me.http("POST", "api_ticket"),
        lambda me: me.http("POST", "api_files", body={"files": []}),
    ],
    PREFERENCES: [
        lambda me: me.form("preferences", shows_read_marks="on", shows_presence="on"),
        lambda me: me.form("preferences"),
        lambda me: me.form("quick_replies", content="Yes, it is."),
    ],
    UPLOAD: [
        lambda me: me.form("api_uploads", room=me.key, file=file()),
        lambda me: me.form("send", me.key, **message(), file=file()),
    ],
    UPLOAD_BYTES: [
        lambda me: me.form("api_uploads", room=me.key, file=file()),
        lambda me: me.form("send", me.key, **message(), file=file()),
    ],
    DOWNLOAD: [
        lambda me: me.page_of("attachment", me.key, 1),
        lambda me: me.page_of("thumbnail", me.key, 1),
    ],
}


@pytest.fixture
async def asking(people: People, room: Any, settings: Any, options: SetOptions) -> Any:
    # On a busy machine a cache that takes its time would be left alone, and each process would count for itself.
    options(rate_cache_seconds=30.0)
    await sync_to_async(services.send)(room, people.minji, "hello")
    async with ChatCommunicator(people.minji) as page:
        yield Asking(page, str(room.pk), str(people.juwon.pk))
    await sync_to_async(cache.clear)()


async def begin_anew() -> None:
    await sync_to_async(cache.clear)()
    rate_limiter().reset()


def only(bucket: str, settings: Any) -> dict[str, Any]:
    """Settings under which one thing of this kind can be done, and anything else without end."""
    if bucket == SEND:
        return {**settings.PAIRCHAT, "SENDS_PER_MINUTE": 1, "SEND_BURST": 1}
    return {**settings.PAIRCHAT, "RATES": {**settings.PAIRCHAT["RATES"], bucket: (1, 1)}}


@pytest.mark.parametrize("bucket", WAYS)
async def test_each_way_to_ask_spends_the_same_limit(bucket: str, asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = only(bucket, settings)
    for number, first in enumerate(WAYS[bucket]):
        await begin_anew()
        assert not await first(asking), f"way {number} is refused at once"
        refused = [await way(asking) for way in WAYS[bucket]]
        assert refused == [True] * len(refused), f"after way {number}"


def test_every_request_has_a_limit_and_every_limit_is_tried() -> None:
    charged = {kind.bucket or kind.type for kind in requests.ALL_REQUESTS}
    assert {*WAYS, "typing"} == {SEND, *DEFAULT_RATES} >= charged


def test_a_request_is_charged_to_its_own_limit_or_to_the_one_of_sends() -> None:
    assert [kind for kind in requests.ALL_REQUESTS if kind.bucket] == [requests.Edit]


def _names(patterns: list[Any]) -> set[str]:
    names: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            names |= _names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            names.add(str(pattern.name))
    return names


async def test_every_address_has_a_limit(asking: Asking, settings: Any) -> None:
    for ways in WAYS.values():
        for way in ways:
            await way(asking)
    # The OpenAPI document is a file for everybody.
    assert asking.seen == _names(urls.urlpatterns) - {"api_schema"}


async def test_typing_too_often_is_dropped_without_a_word(people: People, asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"typing": (1, 2)}}
    async with ChatCommunicator(people.juwon) as peer:
        for number in range(5):
            await asking.page.send_text(
                json.dumps({"type": "typing", "id": number, "room": asking.key, "on": number % 2 == 0})
            )
        await asking.page.request("ping")
        shown = [event["on"] for event in await peer.events() if event["kind"] == "typing"]
    assert shown == [True, False]
    assert [frame for frame in asking.page._frames if frame["type"] == "error"] == []


async def test_looking_for_what_is_not_there_costs_as_much_and_is_refused_alike(
    people: People, asking: Asking, settings: Any
) -> None:
    elsewhere = await services.aopen_room(people.stranger, people.juwon)
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"history": (1, 2)}}
    answers = [
        [await asking.page.request("history", room=key) for key in (str(elsewhere.pk), missing_room())]
        for _ in range(2)
    ]
    assert [[answer["code"] for answer in pair] for pair in answers] == [["not_found"] * 2, ["rate_limited"] * 2]
    foreign, missing = ({**answer, "id": None, "retry_after": None} for answer in answers[1])
    assert foreign == missing


@pytest.mark.parametrize("policy", [Policy, RefusesSpam])
async def test_who_looks_for_rooms_by_sending_is_refused_alike_and_may_still_write(
    people: People, asking: Asking, settings: Any, policy: type[Policy]
) -> None:
    elsewhere = await services.aopen_room(people.stranger, people.juwon)
    settings.PAIRCHAT = {**settings.PAIRCHAT, **chosen(policy), "RATES": {REFUSED: (1, 2)}}
    await begin_anew()
    rooms = [str(elsewhere.pk), missing_room()] * 2
    codes = [(await asking.page.request("send", room=key, **message()))["code"] for key in rooms]
    assert codes == ["not_found"] * 2 + ["rate_limited"] * 2
    stored = message()
    first = await asking.page.request("send", room=asking.key, **stored)
    again = await asking.page.request("send", room=asking.key, **stored)
    assert [first["type"], again["type"], again["duplicate"]] == ["ok", "ok", True]


async def test_who_waits_as_told_is_served(asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"search": (120, 1)}}
    await begin_anew()
    await asking.page.request("search", query="hello")
    refused = await asking.page.request("search", query="hello")
    assert 0 < refused["retry_after"] <= 0.5
    await asyncio.sleep(refused["retry_after"])
    assert (await asking.page.request("search", query="hello"))["type"] == "ok"


async def test_a_limit_that_is_switched_off_refuses_nothing(asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = {**settings.PAIRCHAT, "RATES": {"search": None}}
    assert not any([await asking.frame("search", query="hello") for _ in range(DEFAULT_RATES["search"][1] + 5)])


async def test_only_writing_too_fast_is_called_so(asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = {**only(SEND, settings), "RATES": {"react": (1, 1)}}
    await begin_anew()
    said = [
        [(await asking.page.request(type, room=asking.key, seq=1, **fields)).get("message") for _ in range(2)][1]
        for type, fields in (("edit", {"content": "other"}), ("react", {"emoji": "👍"}))
    ]
    assert said == [
        "You are sending too quickly. Wait a moment.",
        "You are doing this too often. Wait a moment.",
    ]
    assert error_text(RateLimited()) == str(ERROR_TEXTS[ErrorCode.RATE_LIMITED])


async def test_a_form_that_comes_too_soon_keeps_what_was_written(asking: Asking, settings: Any) -> None:
    settings.PAIRCHAT = {**only(SEND, settings), "RATES": {"report": (1, 1)}}
    for url, fields in (
        (reverse("pairchat:message", args=[asking.key, 1]), {"act": "edit", "content": "a careful edit"}),
        (reverse("pairchat:report", args=[asking.key]), {"reason": "a careful report", "category": "spam"}),
    ):
        await asking.page.client.post(url, fields)
        again = await asking.page.client.post(url, fields)
        page = again.content.decode()
        assert (again.status_code, next(iter(reversed(fields.values()))) in page) == (429, True)
        assert "Wait a moment." in page


def test_the_hosts_own_code_pays_nothing(people: People, settings: Any) -> None:
    settings.PAIRCHAT = {"SENDS_PER_MINUTE": 1, "SEND_BURST": 1, "RATES": dict.fromkeys(DEFAULT_RATES, (1, 1))}
    minji = people.minji
    for number in range(3):
        room = services.open_room(minji, people.juwon)
        key = str(room.pk)
        seq = services.send(room, minji, f"number {number}").seq
        services.edit(minji, key, seq, "other")
        services.react(minji, key, seq, "👍")
        services.delete(minji, key, seq)
        services.mark_read(minji, key, seq)
        services.change_settings(minji, key, archived=True)
        services.search(minji, "other")
        services.history(minji, key)
        services.inbox(minji)


def test_the_services_that_do_what_a_person_does_on_a_page_cost_as_much(
    people: People, key: str, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    settings.PAIRCHAT = {"SENDS_PER_MINUTE": 1, "SEND_BURST": 1, "RATES": dict.fromkeys(DEFAULT_RATES, (1, 1))}
    minji = people.minji
    for act in (
        lambda: services.report(minji, key, "spam"),
        lambda: services.store_upload(minji, key, file()),
        lambda: services.send_once(minji, key, client_id=uuid4(), content="hello"),
    ):
        act()
        with pytest.raises(RateLimited):
            act()
